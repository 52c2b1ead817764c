import Alauda
import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

@testable import HomeMSSPService

@Suite("The import of a batch")
struct CardImportTests {
    @Test("keeps every card of a good file, sealed, once, and notes who brought it", arguments: CardBatch.Mode.allCases)
    func good(_ mode: CardBatch.Mode) async throws {
        let fixture = try await ImportFixture()
        let file = BatchSample.file(
            try (1...20).map { try BatchSample($0, $0.isMultiple(of: 2) ? .aes256 : .aes128).row() }
        )
        let outcome = try await fixture.take(file, mode)
        #expect(outcome.progress == CardImport.Progress(rows: 20, kept: 20, refused: 0))
        #expect(outcome.refused.isEmpty && outcome.reports >= 1)
        #expect(try await fixture.count("cards") == 20)
        #expect(try await fixture.count("card_keys") == 40)
        #expect(try await fixture.count("card_counters") == 20)
        #expect(
            try await fixture.audit() == [
                "intent uid 0 pid 1 \(mode.rawValue)", "result uid 0 pid 1 kept 20, refused 0",
            ]
        )
        // A second time, in either mode, and nothing changes.
        for again in CardBatch.Mode.allCases {
            let error = await #expect(throws: StoreError.self) { try await fixture.take(file, again) }
            guard case .exists(let reason)? = error else { throw try #require(error) }
            #expect(reason == "this file was taken before")
        }
        #expect(try await fixture.count("cards") == 20)
        // No key in the clear, in hexadecimal digits or octets, is anywhere in the rows.
        let sample = BatchSample(7)
        let found = try await fixture.owner.execute(
            "SELECT count(*) FROM card_keys WHERE position($1 in sealed) > 0 OR position($2 in sealed) > 0",
            [.bytea(sample.kic), .bytea(sample.root)]
        )
        #expect(try found.int64(0, 0) == 0)
    }

    @Test("names each bad row and why; the rest is kept, or nothing, as chosen")
    func badRows() async throws {
        let fixture = try await ImportFixture()
        var wrongDigit = try BatchSample(3).values()
        wrongDigit[0] = String(wrongDigit[0].dropLast()) + (wrongDigit[0].hasSuffix("0") ? "1" : "0")
        var wrongKey = try BatchSample(4).values()
        wrongKey[6] = try BatchSample(5).values()[6]
        var sameNumber = try BatchSample(6).values()
        sameNumber[2] = BatchSample(1).msisdn
        let rows = [
            try BatchSample(1).row(), wrongDigit.joined(separator: ","), wrongKey.joined(separator: ","), "",
            try BatchSample(1).row(), sameNumber.joined(separator: ","), String(repeating: "x", count: 2_000),
            try BatchSample(8, .tripleDES2).row(), try BatchSample(2).row(),
        ]
        let reasons = [
            3: "iccid is not what this column holds", 4: "kic is not the key of its check value",
            5: "it has not 13 values", 6: "iccid: line 2 has the same", 7: "msisdn: line 2 has the same",
            8: "it is longer than 1000 octets", 9: "the card's batch has no permission for triple DES",
        ]
        let file = BatchSample.file(rows)
        let none = try await fixture.take(file, .allOrNone)
        #expect(none.refused == reasons)
        #expect(none.progress == CardImport.Progress(rows: 9, kept: 0, refused: 7))
        #expect(try await fixture.count("cards") == 0)
        // It was not taken: the same file may come again, to be kept as far as it is good.
        let some = try await fixture.take(file, .keepGood)
        #expect(some.refused == reasons)
        #expect(some.progress == CardImport.Progress(rows: 9, kept: 2, refused: 7))
        #expect(try await fixture.count("cards") == 2)
        #expect(try await fixture.audit().suffix(1) == ["result uid 0 pid 1 kept 2, refused 7"])
        let secrets = [Hexadecimal.text(BatchSample(4).kic), wrongKey[6], wrongDigit[0], BatchSample(1).msisdn]
        for reason in some.refused.values { #expect(!secrets.contains { reason.contains($0) }) }
    }

    @Test("tells which value another card of the home has already")
    func taken() async throws {
        let fixture = try await ImportFixture()
        _ = try await fixture.take(BatchSample.file([try BatchSample(1).row(), try BatchSample(2).row()]))
        var other = try BatchSample(9).values()
        other[1] = BatchSample(2).imsi
        var third = try BatchSample(10).values()
        third[2] = BatchSample(2).msisdn
        let rows = [
            try BatchSample(1).row(), other.joined(separator: ","), third.joined(separator: ","),
            try BatchSample(3).row(),
        ]
        let file = BatchSample.file(rows)
        let what = "the home has a card with it already"
        let reasons = [2: "iccid, imsi, msisdn: \(what)", 3: "imsi: \(what)", 4: "msisdn: \(what)"]
        let none = try await fixture.take(file, .allOrNone)
        #expect(none.refused == reasons && none.progress.kept == 0)
        #expect(try await fixture.count("cards") == 2)
        let some = try await fixture.take(file)
        #expect(some.refused == reasons && some.progress.kept == 1)
        #expect(try await fixture.count("cards") == 3)
    }

    @Test("takes no file without its header or a row, none that changed on its way, and leaves nothing of it")
    func noFile() async throws {
        let fixture = try await ImportFixture()
        let row = try BatchSample(1).row()
        for (file, expected) in [
            ([], CardImportError.empty), (BatchSample.file([]), .empty), (Array((row + "\n").utf8), .header),
            (Array("iccid\n".utf8), .header), ([0xFF, 0x00, 0x0A], .header),
        ] {
            await #expect(throws: expected) { try await fixture.take(file, .allOrNone) }
        }
        await #expect(throws: CardImportError.otherFile) {
            try await fixture.take(
                BatchSample.file([row]),
                .allOrNone,
                digest: [UInt8](repeating: 7, count: 32)
            )
        }
        #expect(try await fixture.count("cards") == 0)
        #expect(try await fixture.audit().last == "result uid 0 pid 1 broken off")
    }

    @Test("of triple DES is taken where the batch is named, and its people are found with its algorithm")
    func legacy() async throws {
        let permission = try #require(
            LegacyPermission(batch: "2014-07", algorithm: .tripleDES2, lastDay: "2099-06-30")
        )
        let fixture = try await ImportFixture(legacy: [permission])
        let sample = BatchSample(1, .tripleDES2)
        let outcome = try await fixture.take(BatchSample.file([try sample.row()]), name: "2014-07")
        #expect(outcome.progress.kept == 1 && outcome.refused.isEmpty)
        let msisdn = try #require(MSISDN(sample.msisdn))
        let registrations = RegistrationTable(
            pool: Pool(fixture.database.service, size: 1),
            authenticator: fixture.rowCodes
        )
        try await registrations.insertUser(
            MobileUserCreation(msisdn: msisdn, givenName: "Aino", surName: "Virtanen", language: "fi"),
            serialNumber: "MSSP1",
            by: Sample.act()
        )
        let soon = ContinuousClock.now + .seconds(10)
        let found = try #require(try await fixture.directory().subscriber(msisdn, until: soon))
        let records = found.card.security.records
        #expect(records.map(\.algorithm) == [.tripleDES2, .aes128] && records.map(\.batch) == ["2014-07", "2014-07"])
        let packet = try fixture.vault.seal(
            .status(.random()),
            records: records,
            iccid: found.card.iccid,
            tar: found.card.security.tar,
            counters: SpentCounters(packet: 1, frame: 1)
        ).packet
        #expect(packet[5] == 0x15)
    }

    /// `IMPORT_CARDS=100000` measures what is promised.
    @Test("takes 10,000 cards in a fraction of the two minutes that 100,000 may take, and says how far it is")
    func speed() async throws {
        let count = ProcessInfo.processInfo.environment["IMPORT_CARDS"].flatMap { Int($0) } ?? 10_000
        let fixture = try await ImportFixture()
        let file = BatchSample.file(try (1...count).map { try BatchSample($0).row() })
        let start = ContinuousClock.now
        let outcome = try await fixture.take(file, .allOrNone, part: 65_536)
        let time = start.duration(to: .now)
        print("\(count) cards imported in \(time)")
        #expect(outcome.progress.kept == count)
        #expect(time < .seconds(120))
        // Once a second, but for what the last statement takes.
        #expect(outcome.reports >= Int(time.components.seconds) / 2)
    }
}
