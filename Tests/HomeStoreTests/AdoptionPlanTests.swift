import Foundation
import MSSTestSupport
import PostgreSQL
import Testing

@testable import HomeStore

/// Every process looks for orphans each second; nearly always there are none.
@Suite("The look for a dead home's transactions")
struct AdoptionPlanTests {
    private static let rows = 50_000
    /// Of the process that looks, of one that lives, and of one that is gone.
    private static let (own, living, gone): (Int32, Int32, Int32) = (7, 8, 9)

    @Test("reads a handful of pages with 50,000 transactions running, and finds the orphans among them")
    func cheap() async throws {
        let database = try await PostgreSQLCluster.shared().database()
        let owner = try await Connection(database.owner, limits: .migration)
        try await owner.run(script: Self.population)
        let alive = try await Connection(database.service)
        try await alive.run(script: "SELECT pg_advisory_lock(\(CarryingOn.lockSpace), \(Self.living))")

        let connection = try await Connection(database.service)
        try await connection.run(script: "PREPARE adopt AS " + CarryingOn.adopt)
        #expect(try await Self.pages(connection) < 40)

        try await owner.run(
            script: "UPDATE transactions SET home = \(Self.gone) WHERE id IN ('AP-t-17', 'AP-t-41234')"
        )
        let orphans = try await connection.execute("EXECUTE adopt (\(Self.own))")
        #expect(try Set((0..<orphans.count).map { try orphans.text($0, 0) }) == ["AP-t-17", "AP-t-41234"])
        #expect(try await connection.execute("EXECUTE adopt (\(Self.own))").count == 0)
    }

    /// Pages of tables and indexes that one look touches.
    private static func pages(_ connection: Connection) async throws -> Int {
        let plan = try await connection.execute("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE adopt (\(own))")
        for row in 0..<plan.count {
            let line = try plan.text(row, 0)
            guard let shared = line.range(of: "shared hit=") else { continue }
            return Int(line[shared.upperBound...].prefix { $0.isNumber }) ?? .max
        }
        return .max
    }

    private static let population = """
        INSERT INTO cards (iccid, imsi, msisdn, tar, code)
        SELECT '8935' || lpad(n::text, 14, '0'), '2440' || lpad(n::text, 11, '0'), '+35840' || lpad(n::text, 7, '0'),
            '\\xB00001', decode(repeat('00', 33), 'hex')
        FROM generate_series(1, \(rows)) n;
        INSERT INTO transactions (id, kind, txn, iccid, trace, deadline, home)
        SELECT 'AP-t-' || n, 1, '\\x00000001', '8935' || lpad(n::text, 14, '0'), 't', now() + interval '1 hour',
            CASE WHEN n % 2 = 0 THEN \(own) ELSE \(living) END
        FROM generate_series(1, \(rows)) n;
        ANALYZE transactions;
        """
}
