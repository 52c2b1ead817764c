import MSSTestSupport
import PostgreSQL
import Testing

@testable import HomeStore

/// A plan is made once a connection, perhaps on empty tables, and stays.
@Suite("The plans of the statements of a signature")
struct PlanTests {
    @Test(
        "find every row by an index, also when they were made on empty tables",
        arguments: [
            ("begin", BeginStatement.sql, 34), ("end", EndStatement.sql, 14), ("judge", UplinkStatement.sql, 6),
            ("look up", SubscriberTable.sql, 1), ("evidence", EvidenceTable.row, 1),
            ("proofs", EvidenceTable.proofs, 1), ("adopt", CarryingOn.adopt, 1), ("lease", NotificationTable.lease, 2),
            ("acknowledge", NotificationTable.acknowledge, 2), ("give up", NotificationTable.giveUp, 1),
        ]
    )
    func indexes(_ name: String, _ sql: String, _ parameters: Int) async throws {
        let database = try await PostgreSQLCluster.shared().commonDatabase()
        let connection = try await Connection(database.service)
        try await connection.run(script: "PREPARE statement AS " + sql)
        let values = [String](repeating: "NULL", count: parameters).joined(separator: ", ")
        let plan = try await connection.execute("EXPLAIN EXECUTE statement (\(values))")
        let lines = try (0..<plan.count).map { try plan.text($0, 0) }
        let scans = lines.indices.filter { lines[$0].contains("Index Scan using") }
        #expect(!scans.isEmpty)
        // An index read from end to end is no better than its table.
        #expect(scans.filter { !lines[$0 + 1].contains("Index Cond") }.map { lines[$0] } == [], "\(name)")
        #expect(lines.filter { $0.contains("Seq Scan") || $0.contains("Hash Join") } == [], "\(name)")
    }
}
