import Foundation
import MSSTestSupport
import Testing

/// A card for every number of the table, all of them asked at once, through AE, home and message centre.
@Suite("The numbers of docs/simulator.md")
struct SimulatorRowTests {
    /// Seconds; REPEAT comes after five.
    private static let timeOut = 12

    @Test("do each what its row promises, to the provider and to the person")
    func rows() async throws {
        let rows = try SimulatorRow.documented
        let platform = try await Platform.start(
            "rows",
            [
                // Four as usual, …9197 to …9200; those after them do as their number says.
                "MSISDN_FIRST": "358401009197", "CARDS": "\(4 + 65)", "REGISTER": "1", "CONTROL": "yes",
                "BEHAVIOURS": "sign,cancel,wrongPIN,silent",
            ]
        )
        let cards = try platform.cards.dropFirst(4).filter { $0.behaviour != "sign" }
        #expect(cards.map { $0.msisdn.suffix(4) + " " + $0.behaviour } == rows.map { $0.digits + " " + $0.behaviour })
        try await register(Array(cards), platform)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (row, card) in zip(rows, cards) {
                group.addTask { try await Self.check(row, card.msisdn, platform) }
            }
            try await group.waitForAll()
        }
        try await expectOneTransactionEach(rows, platform)
        let log = try String(contentsOfFile: platform.file("logs/home.log"), encoding: .utf8)
        #expect(log.contains("ALARM: an authentic answer does not verify"))
        #expect(log.contains("not_authentic"))
    }

    /// A card with a fault is as good as any before it is asked for a signature, but for a phone that is off.
    private func register(_ cards: [Platform.Card], _ platform: Platform) async throws {
        let off = cards.filter { $0.behaviour == "off" }
        #expect(off.count == 1)
        for card in off { try await platform.tell("on \(card.msisdn)") }
        try await platform.register(cards, atOnce: 4)
        for card in off { try await platform.tell("off \(card.msisdn)") }
    }

    private static func check(_ row: SimulatorRow, _ msisdn: String, _ platform: Platform) async throws {
        let text = "Row \(row.digits)"
        let answer = try await Provider(platform).sign(text, by: msisdn, timeOut: timeOut)
        switch row.promise {
        case .signature:
            #expect(answer.status == "500", "\(row): \(answer.body)")
            let signature = try #require(answer.signature, "\(row): \(answer.body)")
            #expect(try await Verdict.content(of: signature, on: platform) == text, "\(row)")
            #expect(try platform.prompts(msisdn) == 1, "\(row)")
        case .fault(let code, _, let told):
            #expect(answer.fault == code && answer.detail == told, "\(row): \(answer.body)")
            #expect(try platform.prompts(msisdn) <= 1, "\(row)")
        }
    }

    /// What the home keeps: one end each, with the finer code that AE does not tell.
    private func expectOneTransactionEach(_ rows: [SimulatorRow], _ platform: Platform) async throws {
        let kept = try await platform.rows(
            """
            SELECT right(msisdn_as_written, 4), coalesce(status, fault), fault_specifier FROM transactions
            WHERE kind = 1 AND right(msisdn_as_written, 4) > '9200' ORDER BY 1
            """
        )
        let promised = rows.map { row in
            switch row.promise {
            case .signature: "\(row.digits)|500|"
            case .fault(let code, let specifier, _): "\(row.digits)|\(code)|\(specifier)"
            }
        }
        #expect(kept == promised)
    }
}
