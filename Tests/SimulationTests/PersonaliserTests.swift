import Foundation
import Simulation
import Testing

struct PersonaliserTests {
    private static func written(
        _ count: Int,
        _ behaviours: [Behaviour],
        _ body: (URL) throws -> Void
    ) throws {
        let folder = URL.temporaryDirectory.appending(path: "personaliser-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try Personaliser(count: count, firstMSISDN: 358_401_000_001, behaviours: behaviours).write(to: folder.path())
        try body(folder)
    }

    @Test("the first cards get the behaviours, all others sign; the index says the same as the cards")
    func behaviours() throws {
        try Self.written(6, [.cancel, .wrongPIN, .delay(20)]) { folder in
            let cards = try CardRecord.read(folder.appending(path: "cards.jsonl").path())
            #expect(cards.map(\.behaviour) == [.cancel, .wrongPIN, .delay(20), .sign, .sign, .sign])
            let index = try String(contentsOf: folder.appending(path: "index.tsv"), encoding: .utf8)
            let lines = cards.map {
                [$0.iccid, $0.imsi, "+" + $0.msisdn, $0.behaviour.name, $0.verifyCode].joined(separator: "\t") + "\n"
            }
            #expect(index == lines.joined())
        }
    }

    @Test("numbers are valid, and nothing is used twice")
    func numbers() throws {
        try Self.written(50, []) { folder in
            let cards = try CardRecord.read(folder.appending(path: "cards.jsonl").path())
            for card in cards {
                #expect(card.iccid.count == 19 && card.iccid.hasPrefix("89") && Self.isLuhn(card.iccid))
                #expect(card.imsi.count == 15 && card.imsi.hasPrefix("00101"))
                #expect((6...8).contains(card.verifyCode.count))
            }
            #expect(cards.map(\.msisdn) == (1...50).map { String(358_401_000_000 + $0) })
            let keys = cards.flatMap { [$0.ssd.kic, $0.ssd.kid, $0.wpki.root] }
            #expect(Set(keys).count == 150 && keys.allSatisfy { $0.count == 32 })
            #expect(Set(cards.map(\.iccid)).count == 50 && Set(cards.map(\.imsi)).count == 50)
            _ = try Phones(cards)
        }
    }

    @Test("the key file has the members that the home reads, and every file is its owner's alone")
    func keyFile() throws {
        struct KeyFile: Decodable {
            var iccid: String
            var ssd: CardRecord.SecurityDomain
            var wpki: CardRecord.Applet
        }
        try Self.written(2, []) { folder in
            let card = try #require(try CardRecord.read(folder.appending(path: "cards.jsonl").path()).last)
            let path = folder.appending(path: "keys/\(card.iccid).json")
            let file = try JSONDecoder().decode(KeyFile.self, from: try Data(contentsOf: path))
            #expect(file.iccid == card.iccid && file.ssd.kic == card.ssd.kic && file.wpki.root == card.wpki.root)
            for name in ["cards.jsonl", "index.tsv", "keys/\(card.iccid).json"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path())
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test("a file that is none, or holds no card, is told in one line without its content")
    func unreadable() throws {
        #expect(throws: SimulationError("/nowhere/cards.jsonl cannot be read")) {
            _ = try CardRecord.read("/nowhere/cards.jsonl")
        }
        try Self.written(1, []) { folder in
            let path = folder.appending(path: "cards.jsonl").path()
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data("{\"iccid\":\"secret\"}\n".utf8))
            try file.close()
            #expect(throws: SimulationError("\(path): line 2 is no card")) { _ = try CardRecord.read(path) }
        }
        #expect("\(HomeSide.record)" == "‹card›" && String(reflecting: HomeSide.record) == "‹card›")
    }

    @Test(
        "a behaviour reads as it is written",
        arguments: ["sign", "cancel", "notMe", "wrongPIN", "silent", "off", "delay:250"]
    )
    func names(_ name: String) {
        #expect(Behaviour(name)?.name == name)
        #expect(Behaviour(name + " ") == nil)
    }

    private static func isLuhn(_ digits: String) -> Bool {
        let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, entry in
            let digit = Int(entry.element) - 0x30
            guard !entry.offset.isMultiple(of: 2) else { return sum + digit }
            return sum + digit * 2 / 10 + digit * 2 % 10
        }
        return sum.isMultiple(of: 10)
    }
}
