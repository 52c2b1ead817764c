import Foundation
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import PostgreSQL
import Testing

@Suite("The outbox of notifications")
struct NotificationTableTests {
    private let storage: HomeStorage
    private let table: NotificationTable
    private let owner: Connection
    private let soon = HomeStorage.soon
    private let other = PeerIdentity(uri: "urn:mssp:test:other-ae")

    init() async throws {
        let database = try await PostgreSQLCluster.shared().database()
        let pool = Pool(database.service, size: 4)
        storage = HomeStorage.on(pool, database)
        table = NotificationTable(pool: pool)
        owner = try await Connection(database.owner)
    }

    private func begun(
        notifies url: String? = "https://ap.example/signed",
        by provider: String? = nil
    ) async throws -> CardTransaction {
        var transaction = Sample.transaction(try await storage.newUser())
        guard case .signature(var task) = transaction.task else { return transaction }
        task.notifies = url
        if let provider { task.provider = provider }
        transaction.task = .signature(task)
        _ = try await storage.ledger.begin(transaction, until: soon)
        return transaction
    }

    private func ended(by provider: String? = nil) async throws -> CardTransaction {
        let transaction = try await begun(by: provider)
        _ = try await storage.ledger.end(transaction, with: .signature([1], .signature), counter: 1, until: soon)
        return transaction
    }

    private func lease(_ most: Int = 10) async throws -> [DueNotification] {
        try await table.lease(through: Sample.ae, most: most, until: soon)
    }

    private func pass(_ seconds: Int) async throws {
        try await owner.execute("UPDATE notifications SET due = due - \(seconds) * interval '1 second'", [])
    }

    private func audit(_ transaction: CardTransaction) async throws -> [String] {
        let result = try await owner.execute(
            "SELECT act || '|' || phase || '|' || coalesce(outcome, '-') FROM audit_log WHERE subject = $1 ORDER BY id",
            [.text(transaction.id.description)]
        )
        return try (0..<result.count).map { try result.text($0, 0) }
    }

    @Test("hands out what has ended, with its result, and audits that before it does")
    func handsOut() async throws {
        let transaction = try await begun()
        #expect(try await lease().isEmpty)
        _ = try await storage.ledger.end(transaction, with: .signature([7], .signature), counter: 1, until: soon)
        let due = try await lease()
        #expect(due.map(\.entry.transaction.id) == [transaction.id])
        #expect(due.map(\.url) == ["https://ap.example/signed"] && due.map(\.attempt) == [1])
        guard case .signature([7], _)? = due.first?.entry.result else {
            Issue.record("\(due)")
            return
        }
        #expect(try await audit(transaction) == ["signature|intent|-", "signature|result|500", "delivery|result|500"])
    }

    @Test("has no line for a request that wanted none")
    func none() async throws {
        let transaction = try await begun(notifies: nil)
        _ = try await storage.ledger.end(transaction, with: .signature([7], .signature), counter: 1, until: soon)
        #expect(try await lease().isEmpty)
    }

    @Test("hands one out again after a while that doubles, until it is acknowledged")
    func again() async throws {
        let transaction = try await ended()
        for attempt in 1...4 {
            #expect(try await lease().map(\.attempt) == [attempt])
            #expect(try await lease().isEmpty)
            try await pass(15 << (attempt - 1) - 1)
            #expect(try await lease().isEmpty)
            try await pass(1)
        }
        #expect(try await table.acknowledge([transaction.id], through: Sample.ae, until: soon) == 1)
        try await pass(4_000)
        #expect(try await lease().isEmpty)
        #expect(try await table.acknowledge([transaction.id], through: Sample.ae, until: soon) == 0)
        #expect(try await audit(transaction).suffix(2) == ["delivery|result|500", "notification|result|acknowledged"])
    }

    @Test("is another acquiring entity's to nobody")
    func foreign() async throws {
        let transaction = try await ended()
        #expect(try await table.lease(through: other, most: 10, until: soon).isEmpty)
        #expect(try await table.acknowledge([transaction.id], through: other, until: soon) == 0)
        #expect(try await lease().count == 1)
    }

    @Test("hands out no more than is asked for, each to one alone")
    func shared() async throws {
        var begun: [TransactionID] = []
        for _ in 0..<6 { begun.append(try await ended().id) }
        #expect(try await lease(2).map(\.entry.transaction.id) == Array(begun[..<2]))
        let table = table
        let soon = soon
        var leased: [DueNotification] = []
        // Who looks while others take the first ones may go away with nothing: the rest stays due.
        for _ in 0..<8 where leased.count < 4 {
            leased += try await withThrowingTaskGroup(of: [DueNotification].self) { group in
                for _ in 0..<4 { group.addTask { try await table.lease(through: Sample.ae, most: 2, until: soon) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        #expect(Set(leased.map(\.entry.transaction.id)) == Set(begun[2...]) && leased.count == 4)
    }

    @Test("lets providers take turns: who has many waiting holds up nobody else")
    func turns() async throws {
        for _ in 0..<5 { _ = try await ended(by: "https://busy.example") }
        let other = try await ended(by: "https://other.example")
        let first = try await lease(2).map(\.entry.transaction)
        #expect(first.map(\.id).contains(other.id) && first.count == 2)
        #expect(try await lease(10).count == 4)
    }

    @Test("gives up what nobody has acknowledged for a day")
    func givenUp() async throws {
        let transaction = try await ended()
        #expect(try await table.giveUp(through: Sample.ae, until: soon).isEmpty)
        try await owner.execute(
            "UPDATE transactions SET ended = now() - interval '25 hours' WHERE id = $1",
            [.text(transaction.id.description)]
        )
        #expect(try await table.giveUp(through: other, until: soon).isEmpty)
        #expect(try await table.giveUp(through: Sample.ae, until: soon) == [transaction.id.description])
        #expect(try await lease().isEmpty)
        #expect(try await audit(transaction).last == "notification|result|given up")
    }
}
