import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

@Suite("The life of a card's key in the database")
struct CardKeyTableTests {
    private static func record(_ card: CardReference, _ version: UInt8, _ state: KeysetState) -> CardKeyRecord {
        CardKeyRecord(
            iccid: card.iccid.description,
            domain: .wpki,
            keyVersion: version,
            topKeyVersion: 1,
            keyCheckValue: [1, 2, version],
            sealed: state == .destroyed ? [] : Sample.randomOctets(60),
            state: state
        )
    }

    private static func step(_ from: CardKeyRecord, _ state: KeysetState) throws -> CardKeyStep {
        var to = from
        to.state = state
        to.sealed = state == .destroyed ? [] : Sample.randomOctets(60)
        return try #require(CardKeyStep(from: from, to: to))
    }

    @Test("goes from pending to destroyed, beside its successor, and a destroyed one keeps no octets")
    func life() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let database = try #require(storage.database)
        let table = CardKeyTable(pool: Pool(database.service, size: 2))
        let card = try await storage.newUser()
        let iccid = card.iccid.description
        func applets() async throws -> [CardKeyRecord] {
            try await table.records(card.iccid, until: HomeStorage.soon).filter { $0.domain == .wpki }
        }
        func living() async throws -> [UInt8: KeysetState] {
            let found = try await storage.directory.subscriber(card.msisdn, until: HomeStorage.soon)
            let records = (found?.card.security.records ?? []).filter { $0.domain == .wpki }
            return Dictionary(uniqueKeysWithValues: records.map { ($0.keyVersion, $0.state) })
        }
        let first = try #require(try await applets().first)
        #expect(first.state == .active)
        let second = Self.record(card, 2, .pending)
        try await table.add(second, by: "test", until: HomeStorage.soon)
        #expect(try await living() == [1: .active, 2: .pending])
        // One at a time, and no version twice.
        for version in [UInt8(3), 2, 1] {
            let error = try await storeError {
                try await table.add(Self.record(card, version, .pending), by: "test", until: HomeStorage.soon)
            }
            #expect(error == "exists")
        }
        let activate = try Self.step(second, .active)
        let accept = try Self.step(first, .accept)
        // Two active ones are refused by the index, whatever the order of the steps leaves.
        let error = try await storeError {
            _ = try await table.take([activate, accept], by: "test", until: HomeStorage.soon)
        }
        #expect(error == "exists")
        #expect(try await living() == [1: .active, 2: .pending])
        #expect(try await table.take([accept, activate], by: "test", until: HomeStorage.soon))
        #expect(try await living() == [1: .accept, 2: .active])
        // Who comes second with the same steps changes nothing.
        #expect(try await !table.take([accept, activate], by: "test", until: HomeStorage.soon))
        let retire = try Self.step(accept.to, .retired)
        #expect(try await table.take([retire], by: "test", until: HomeStorage.soon))
        #expect(try await living() == [2: .active])
        let destroy = try Self.step(retire.to, .destroyed)
        #expect(try await table.take([destroy], by: "test", until: HomeStorage.soon))
        let end = try await applets()
        #expect(end.map(\.state) == [.destroyed, .active] && end[0].sealed.isEmpty)
        #expect(end[0].keyCheckValue == first.keyCheckValue && end[1] == activate.to)
        let owner = try await Connection(database.owner)
        let audit = try await owner.execute(
            "SELECT act || ' ' || outcome FROM audit_log WHERE subject = $1 AND act LIKE 'card key%' ORDER BY id",
            [.text(iccid)]
        )
        #expect(
            try (0..<audit.count).map { try audit.text($0, 0) } == [
                "card key pending wpki 2", "card key accept wpki 1", "card key active wpki 2",
                "card key retired wpki 1", "card key destroyed wpki 1",
            ]
        )
    }

    @Test("has no step that it has not", arguments: KeysetState.allCases, KeysetState.allCases)
    func forbidden(_ from: KeysetState, _ to: KeysetState) {
        let card = Sample.card(1)
        let step = CardKeyStep(from: Self.record(card, 1, from), to: Self.record(card, 1, to))
        #expect((step != nil) == from.may(become: to))
        #expect(CardKeyStep(from: Self.record(card, 1, from), to: Self.record(card, 2, to)) == nil)
    }
}
