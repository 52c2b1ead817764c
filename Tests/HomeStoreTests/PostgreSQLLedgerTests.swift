import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

/// What only the real ledger shows: its audit, its batches, its server.
@Suite("The ledger in PostgreSQL")
struct PostgreSQLLedgerTests {
    private let soon = HomeStorage.soon

    @Test("writes an intent and a result for each transaction, and one result alone")
    func audit() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        _ = try await storage.ledger.begin(transaction, until: soon)
        _ = try await storage.ledger.end(transaction, with: .signature([1], .signature), counter: 1, until: soon)
        _ = try await storage.ledger.end(transaction, with: .signature([2], .signature), counter: 2, until: soon)
        let lines = try await audit(of: transaction.id.description, storage)
        #expect(lines == ["signature intent -", "signature result 500"])
        let left = Sample.transaction(card, for: -1)
        _ = try await storage.ledger.begin(left, until: soon)
        _ = try await storage.ledger.begin(Sample.transaction(card), until: soon)
        #expect(try await audit(of: left.id.description, storage) == ["signature intent -", "expiry result 208"])
        #expect(try await audit(of: card.iccid.description, storage).first == "import card result ok")
    }

    @Test("writes once why a card was blocked, and what ended with it")
    func blocked() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let card = try await storage.newSigner()
        let transaction = Sample.transaction(card)
        _ = try await storage.ledger.begin(transaction, until: soon)
        for _ in 0..<2 { _ = try await storage.ledger.judge(AnswerFrame(1, mark: 2), from: card.iccid, until: soon) }
        #expect(try await audit(of: card.iccid.description, storage).last == "card blocked result used counter")
        #expect(
            try await audit(of: card.iccid.description, storage).count { $0.hasPrefix("card blocked") } == 1
        )
        #expect(
            try await audit(of: transaction.id.description, storage) == ["signature intent -", "signature result 403"]
        )
    }

    @Test("commits many transactions at once when many wait", .timeLimit(.minutes(1)))
    func batches() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let cards = try await cards(64, storage)
        let before = try await commits(storage)
        let rounds = 4
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for card in cards {
                group.addTask {
                    for _ in 0..<rounds { try await exchange(card, storage) }
                }
            }
            try await group.waitForAll()
        }
        let time = start.duration(to: .now)
        let committed = try await commits(storage) - before
        let statements = Int64(2 * rounds * cards.count)
        #expect(committed < statements / 4, "\(statements) statements took \(committed) commits")
        // A figure for a person who looks, no condition: the machine may be busy.
        print("ledger: \(rounds * cards.count) transactions, \(committed) commits, \(time)")
    }

    @Test("lets one transaction that the database refuses fail alone")
    func oneBad() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let cards = try await cards(12, storage)
        let database = try #require(storage.database)
        let owner = try await Connection(database.owner)
        // The card's counter is at its end: the column's check refuses another step.
        try await owner.execute(
            "UPDATE card_counters SET packet = 1099511627774 WHERE iccid = $1",
            [.text(cards[0].iccid.description)]
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, card) in cards.enumerated() {
                group.addTask {
                    let error = try await storeError {
                        _ = try await storage.ledger.begin(Sample.transaction(card), until: HomeStorage.soon).frame
                    }
                    #expect(error == (number == 0 ? "unavailable" : nil))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("does not let one damaged person hide the others")
    func damaged() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let cards = try await cards(10, storage)
        let database = try #require(storage.database)
        let owner = try await Connection(database.owner)
        try await owner.execute(
            "INSERT INTO user_keys (iccid, reference, algorithm, public_key) VALUES ($1, 1, 77, 'x')",
            [.text(cards[0].iccid.description)]
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, card) in cards.enumerated() {
                group.addTask {
                    let error = try await storeError {
                        _ = try await storage.directory.subscriber(card.msisdn, until: HomeStorage.soon)
                    }
                    #expect(error == (number == 0 ? "conflict" : nil))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("says that storage is unavailable while the server is gone, and goes on after it came back")
    func serverGone() async throws {
        let cluster = try await PostgreSQLCluster.separate()
        let database = try await cluster.database()
        let storage = HomeStorage.on(Pool(database.service, size: 4), database)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        _ = try await storage.ledger.begin(transaction, until: soon)
        await cluster.stop()
        let lost = try await storeError {
            _ = try await storage.ledger.end(transaction, with: .signature([1], .signature), counter: 1, until: soon)
        }
        #expect(lost == "unavailable")
        try await cluster.start()
        #expect(try await storage.ledger.end(transaction, with: .signature([1], .signature), counter: 1, until: soon))
        #expect(try await storage.result(transaction) == "500 [1]")
        await cluster.stop()
    }

    private func cards(_ count: Int, _ storage: HomeStorage) async throws -> [CardReference] {
        var cards: [CardReference] = []
        for _ in 0..<count { cards.append(try await storage.newUser()) }
        return cards
    }

    private func audit(of subject: String, _ storage: HomeStorage) async throws -> [String] {
        let database = try #require(storage.database)
        let connection = try await Connection(database.owner)
        let result = try await connection.execute(
            "SELECT act || ' ' || phase || ' ' || coalesce(outcome, '-') FROM audit_log WHERE subject = $1 ORDER BY id",
            [.text(subject)]
        )
        return try (0..<result.count).map { try result.text($0, 0) }
    }

    private func commits(_ storage: HomeStorage) async throws -> Int64 {
        let database = try #require(storage.database)
        let connection = try await Connection(database.owner)
        // Each statement's own transaction has one id; only writing ones are given any.
        return try await connection.execute("SELECT pg_current_xact_id()::text::int8").int64(0, 0)
    }
}

private func exchange(_ card: CardReference, _ storage: HomeStorage) async throws {
    let transaction = Sample.transaction(card)
    let counter = try await storage.ledger.begin(transaction, until: HomeStorage.soon).frame
    let result = TransactionResult.signature([UInt8](repeating: 1, count: 1_200), .signature)
    let isDone = try await storage.ledger.end(transaction, with: result, counter: counter, until: HomeStorage.soon)
    #expect(isDone)
}
