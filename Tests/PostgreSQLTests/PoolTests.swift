import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

@Suite("A pool")
struct PoolTests {
    private struct Refusal: Error {}

    @Test("opens no more connections than it may")
    func bounded() async throws {
        let pool = try await pool(size: 3)
        let pids = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<40 {
                group.addTask { try await pool.withConnection(deadline: .now + .seconds(20)) { try await pid($0) } }
            }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect((1...3).contains(pids.count))
    }

    @Test("tells who waits too long that there is none, and serves the next")
    func exhausted() async throws {
        let pool = try await pool(size: 1)
        try await pool.withConnection(deadline: .now + .seconds(20)) { _ in
            _ = await #expect(throws: PostgreSQLError.exhausted) {
                try await pool.withConnection(deadline: .now + .milliseconds(20)) { _ in }
            }
        }
        #expect(await pool.check(deadline: .now + .seconds(20)))
    }

    @Test("takes a connection back from work that threw or was cancelled")
    func givenBack() async throws {
        let pool = try await pool(size: 1)
        await #expect(throws: Refusal.self) {
            try await pool.withConnection(deadline: .now + .seconds(20)) { _ in throw Refusal() }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    _ = try? await pool.withConnection(deadline: .now + .seconds(20)) { try await pid($0) }
                }
            }
            group.cancelAll()
        }
        #expect(await pool.check(deadline: .now + .seconds(20)))
    }

    @Test("makes a broken connection anew")
    func broken() async throws {
        let pool = try await pool(size: 2)
        await #expect(throws: PostgreSQLError.self) {
            try await pool.withConnection(deadline: .now + .seconds(20)) { connection in
                _ = try await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(await pool.check(deadline: .now + .seconds(20)))
    }

    @Test("recovers when the server comes back, without a failing statement")
    func restart() async throws {
        let cluster = try await PostgreSQLCluster.separate()
        let pool = Pool(cluster.parameters("postgres", "postgres"), size: 4)
        let batcher = Batcher<Int, Int>(pool: pool, maximum: 8, lanes: 1) { items, connection in
            try await connection.execute("SELECT 1")
            return items
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 { group.addTask { _ = try await submit(number, batcher) } }
            try await group.waitForAll()
        }
        #expect(await pool.check(deadline: .now + .seconds(20)))
        await cluster.stop()
        #expect(await !pool.check(deadline: .now + .seconds(20)))
        await #expect(throws: PostgreSQLError.self) { try await submit(1, batcher) }
        try await cluster.start()
        // The idle connections of before are dead: nobody notices.
        for number in 0..<8 { #expect(try await submit(number, batcher) == number) }
        #expect(await pool.check(deadline: .now + .seconds(20)))
        await cluster.stop()
    }

    @Test("loses a statement that was under way when the server went, and says so")
    func lostInTheMiddle() async throws {
        let cluster = try await PostgreSQLCluster.separate()
        let pool = Pool(cluster.parameters("postgres", "postgres"), size: 2)
        let error = try await withThrowingTaskGroup(of: PostgreSQLError?.self) { group in
            group.addTask {
                do {
                    try await pool.withConnection(deadline: .now + .seconds(20)) { connection in
                        _ = try await connection.execute("SELECT pg_advisory_lock(1), pg_sleep(3)")
                    }
                    return nil
                } catch let error as PostgreSQLError { return error }
            }
            try await sleeperSeen(pool)
            await cluster.stop()
            return try await group.next() ?? nil
        }
        guard case .connection = error else { throw error ?? .exhausted }
        try await cluster.start()
        #expect(await pool.check(deadline: .now + .seconds(20)))
        await cluster.stop()
    }

    /// Returns when the server runs the statement that sleeps.
    private func sleeperSeen(_ pool: Pool) async throws {
        let sql = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
        for _ in 0..<1_000 {
            let count = try await pool.withConnection(deadline: .now + .seconds(20)) { try await $0.execute(sql).count }
            if count > 0 { return }
        }
        throw Refusal()
    }

    private func pool(size: Int) async throws -> Pool {
        Pool(try await PostgreSQLCluster.shared().parameters("postgres", "postgres"), size: size)
    }
}

private func pid(_ connection: Connection) async throws -> Int64 {
    try await connection.execute("SELECT pg_backend_pid()").int64(0, 0)
}

private func submit(_ number: Int, _ batcher: Batcher<Int, Int>) async throws -> Int {
    try await batcher.submit(number, deadline: .now + .seconds(20))
}
