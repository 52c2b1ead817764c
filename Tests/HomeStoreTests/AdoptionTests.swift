import HomeMSSP
import MSSCore
import MSSTestSupport
import PostgreSQL
import SIMLink
import Testing

@testable import HomeStore

@Suite("What homes ask the database about each other")
struct AdoptionTests {
    private let soon = HomeStorage.soon

    /// Every home asks this each second, whatever waits.
    @Test("adoption costs nothing with 50,000 transactions of a home that lives", .timeLimit(.minutes(1)))
    func cost() async throws {
        let database = try await PostgreSQLCluster.shared().database()
        let owner = try await Connection(database.owner, limits: .migration)
        let living: Int32 = 4711
        try await owner.run(script: Self.rows(50_000, of: living))
        try await owner.run(script: "SELECT pg_advisory_lock(\(CarryingOn.lockSpace), \(living))")
        let service = try await Connection(database.service)
        let before = try await time(Self.reading, service)
        let after = try await time(CarryingOn.adopt, service)
        print("adoption with 50,000 running: \(before) ms by reading all, \(after) ms by owners")
        #expect(after < 5, "\(after) ms")
        #expect(after < before)

        // It dies: its transactions go to another one, some at a time.
        try await owner.run(script: "SELECT pg_advisory_unlock_all()")
        let first = try await service.execute(CarryingOn.adopt, [.int4(4712)])
        let second = try await service.execute(CarryingOn.adopt, [.int4(4712)])
        #expect(first.count == 200 && second.count == 200)
        #expect(try first.text(0, 0) != second.text(0, 0))
    }

    /// As it was asked before there was an index of owners.
    private static let reading = """
        WITH alive AS (
            SELECT objid::int8::int4 AS home FROM pg_locks
            WHERE locktype = 'advisory' AND classid::int8 = \(CarryingOn.lockSpace) AND objsubid = 2 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
        SELECT id FROM transactions
        WHERE running AND deadline > now() AND home IS DISTINCT FROM $1
            AND coalesce(home, 0) NOT IN (SELECT home FROM alive)
        LIMIT 200 FOR UPDATE SKIP LOCKED
        """

    /// Milliseconds, the best of five.
    private func time(_ sql: String, _ connection: Connection) async throws -> Double {
        var best = Double.infinity
        for _ in 0..<5 {
            let start = ContinuousClock.now
            #expect(try await connection.execute(sql, [.int4(4712)]).count == 0)
            best = min(best, (ContinuousClock.now - start) / .milliseconds(1))
        }
        return best
    }

    private static func rows(_ count: Int, of home: Int32) -> String {
        """
        INSERT INTO cards (iccid, imsi, msisdn, tar, code)
        SELECT '89' || lpad(n::text, 17, '0'), lpad(n::text, 15, '0'), '+3584' || lpad(n::text, 8, '0'),
            '\\x000000', decode(repeat('00', 33), 'hex')
        FROM generate_series(1, \(count)) AS n;
        INSERT INTO transactions (id, kind, txn, iccid, trace, deadline, home)
        SELECT 'h1' || lpad(n::text, 26, 'a'), 1, '\\x00000000', '89' || lpad(n::text, 17, '0'), 't',
            now() + interval '1 hour', \(home)
        FROM generate_series(1, \(count)) AS n;
        """
    }

    @Test("a receipt goes to the other processes, and not back", .timeLimit(.minutes(1)))
    func receipts() async throws {
        let database = try await PostgreSQLCluster.shared().database()
        let pool = Pool(database.service, size: 2)
        let (here, there) = (ReceiptRelay(pool: pool), ReceiptRelay(pool: pool))
        func ledger() -> PostgreSQLLedger {
            PostgreSQLLedger(
                pool: pool,
                subscribers: SubscriberTable(pool: pool, authenticator: DigestAuthenticator()),
                authenticator: DigestAuthenticator()
            )
        }
        let ledgers = [ledger(), ledger()]
        let notices = [1, 2].compactMap { ReceiptNotice("5 3/\($0) +358401000001 7f one") }
        try #require(notices.count == 2)
        await withTaskGroup(of: Void.self) { group in
            for (ledger, relay) in zip(ledgers, [here, there]) {
                group.addTask {
                    await ledger.listen(database.service, channels: [ReceiptRelay.channel: { relay.hear($0) }])
                }
                var changes = ledger.changes.makeAsyncIterator()
                #expect(await changes.next() == .missed)
            }
            #expect(await here.tell(notices[0]))
            #expect(await there.tell(notices[1]))
            var heardThere = there.notices.makeAsyncIterator()
            var heardHere = here.notices.makeAsyncIterator()
            #expect(await heardThere.next() == notices[0])
            // Its own would have come first.
            #expect(await heardHere.next() == notices[1])
            for junk in ["", "x", "1", "1 2", "1 5 - +358401000001"] { there.hear(junk) }
            group.cancelAll()
        }
    }
}
