import Foundation
import MSSTestSupport
import Testing

/// Every metric stands in the table of docs/operations.md: nobody watches what nobody knows.
@Suite("The law of metrics")
struct MetricsLawTests {
    @Test("has every name of the code in the document")
    func documented() throws {
        let names = Set(try SourceText.all(in: "Sources").flatMap(\.lines).flatMap(Self.names))
        try #require(names.count > 50, "a scan that finds nothing proves nothing")
        let document = try String(
            contentsOf: BuiltProducts.packageRoot.appending(path: "docs/operations.md"),
            encoding: .utf8
        )
        let lines = document.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { String($0) }
        #expect(names.sorted().filter { name in !lines.contains { Self.holds($0, name) } } == [])
    }

    @Test("finds names as they are counted and as they are written")
    func scan() {
        let source = "tally.count(\"home_busy\", 1); x.measure(\"b_c\", gauge(\"d_e\""
        #expect(Self.names(source) == ["home_busy", "b_c", "d_e"])
        #expect(Self.names("let x = dictionary(\"home_busy\")") == [])
        let line = "| **`home_commands_sent{smsc}`**, `_not_sent`, `_lost{x}`, `home_ends` | why |"
        for name in ["home_commands_sent", "home_commands_not_sent", "home_commands_lost", "home_ends_lost"] {
            #expect(Self.holds(line, name), "\(name)")
        }
        for name in ["home_commands", "home_commands_gone", "home_sent", "sent"] {
            #expect(!Self.holds(line, name), "\(name)")
        }
    }

    /// What a line counts, measures or shows.
    private static func names(_ line: String) -> [String] {
        ["count(\"", "measure(\"", "gauge(\""].flatMap { call in
            line.components(separatedBy: call).dropFirst().compactMap { rest in
                let name = rest.prefix { $0 != "\"" }
                return name.contains("_") && name.allSatisfy { $0.isLetter || $0 == "_" } ? String(name) : nil
            }
        }
    }

    /// Whether a row has the name whole, or its end behind a name with the same beginning.
    private static func holds(_ line: String, _ name: String) -> Bool {
        let words = line.split(separator: "`").map { $0.prefix { $0 != "{" } }
        if words.contains(where: { $0 == name }) { return true }
        return name.indices.filter { name[$0] == "_" }.contains { index in
            let beginning = name[..<index]
            return words.contains { $0 == name[index...] }
                && words.contains { $0 == beginning || $0.hasPrefix(beginning + "_") }
        }
    }
}
