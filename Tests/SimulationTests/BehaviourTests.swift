import Foundation
import Testing

@testable import Simulation

struct BehaviourTests {
    @Test("every code of the number pattern stands once, and reads as it is written")
    func patterns() {
        let codes = NumberPattern.codes
        #expect(Set(codes.map(\.code)).count == codes.count && codes.allSatisfy { (1...99).contains($0.code) })
        for (code, behaviour) in codes {
            #expect(Behaviour(behaviour.name) == behaviour)
            let digits = (code < 10 ? "0" : "") + String(code)
            #expect(NumberPattern.behaviour(of: "35840100" + "92" + digits) == behaviour)
            #expect(NumberPattern.behaviour(of: "35840100" + "91" + digits) == nil)
        }
    }

    @Test("docs/simulator.md has a row for every code, with its behaviour")
    func documented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/simulator.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| …92") }
        let expected = NumberPattern.codes.map { code, behaviour in
            ("| …92" + (code < 10 ? "0" : "") + String(code) + " |", "| `" + behaviour.name + "` |")
        }
        #expect(rows.count == expected.count)
        for (row, (number, name)) in zip(rows, expected) { #expect(row.hasPrefix(number) && row.contains(name)) }
    }

    @Test("a number that ends otherwise says nothing", arguments: ["", "92", "9200", "358401009299", "35840100920"])
    func others(_ number: String) {
        #expect(NumberPattern.behaviour(of: number) == nil)
    }

    @Test(
        "what is no behaviour is none",
        arguments: [
            "", "Sign", "status:", "status:00", "status:1", "status:011", "por:", "por:00", "por:zz", "late:",
            "late:-1", "late:600001", "delay:x", "doubled:1", "sign ",
        ]
    )
    func nonsense(_ text: String) {
        #expect(Behaviour(text) == nil)
    }

    @Test("the latest rule whose range holds the number counts")
    func rules() throws {
        var rules = try BehaviourRules("100-199=cancel,150=status:05,+200-+299=por:09")
        #expect(rules.behaviour(of: "120") == .cancel && rules.behaviour(of: "150") == .status(5))
        #expect(rules.behaviour(of: "299") == .fault(.receipt(9)) && rules.behaviour(of: "300") == nil)
        rules.add(100...199, .sign)
        #expect(rules.behaviour(of: "150") == .sign && rules.behaviour(of: "x") == nil)
    }

    @Test("what is no rule is quoted", arguments: ["x", "1-2", "2-1=sign", "1=never", "1-2-3=sign", "-1=sign"])
    func noRule(_ text: String) {
        #expect(throws: SimulationError("\(text) is no rule: FROM-TO=BEHAVIOUR")) { _ = try BehaviourRules(text) }
    }
}
