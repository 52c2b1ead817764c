import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

@Suite("A batcher")
struct BatcherTests {
    private struct Refusal: Error, Equatable {
        var batch: Int
    }

    @Test("commits together what came while a commit was under way, and answers each with its own")
    func batches() async throws {
        let sizes = Mutex<[Int]>([])
        let batcher = Batcher<Int, Int>(pool: try await pool(), maximum: 16, lanes: 1) { items, connection in
            sizes.withLock { $0.append(items.count) }
            try await connection.execute("SELECT pg_sleep(0.002)")
            return items.map { $0 * 2 }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let answer = try await batcher.submit(number, deadline: soon)
                    #expect(answer == number * 2)
                }
            }
            try await group.waitForAll()
        }
        let all = sizes.withLock { $0 }
        #expect(all.reduce(0, +) == 200)
        #expect(all.count < 100)
        #expect(all.max().map { $0 <= 16 } ?? false)
    }

    @Test("lets a bad item fail alone")
    func badItem() async throws {
        let batcher = Batcher<Int, Int64>(pool: try await pool(), maximum: 64, lanes: 1) { items, connection in
            let result = try await connection.execute(
                "SELECT (10 / a)::int8 FROM unnest($1::int4[]) AS x (a)",
                [.int4Array(items.map { Int32($0) })]
            )
            return try items.indices.map { try result.int64($0, 0) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<30 {
                group.addTask {
                    if number == 0 {
                        _ = await #expect(throws: PostgreSQLError.self) { try await batcher.submit(0, deadline: soon) }
                    } else {
                        let answer = try await batcher.submit(number, deadline: soon)
                        #expect(answer == Int64(10 / number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("fails a whole batch with its leader, and no batch after it")
    func failingLeader() async throws {
        let count = Mutex(0)
        let batcher = Batcher<Int, Int>(pool: try await pool(), maximum: 16, lanes: 1) { items, connection in
            let batch = count.withLock { count in
                count += 1
                return count
            }
            try await connection.execute("SELECT pg_sleep(0.01)")
            guard batch != 2 else { throw Refusal(batch: 2) }
            return items
        }
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask { (try? await batcher.submit(number, deadline: soon)) == nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures > 0)
        #expect(try await batcher.submit(1, deadline: soon) == 1)
    }

    @Test("answers everybody although some of those who asked were cancelled")
    func cancelled() async throws {
        let batcher = Batcher<Int, Int>(pool: try await pool(), maximum: 8, lanes: 2) { items, connection in
            try await connection.execute("SELECT pg_sleep(0.002)")
            return items
        }
        let answered = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<60 {
                group.addTask {
                    await withTaskGroup(of: Bool.self) { inner in
                        inner.addTask { (try? await batcher.submit(number, deadline: soon)) == number }
                        if number.isMultiple(of: 3) { inner.cancelAll() }
                        return await inner.next() ?? false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answered == 60)
    }

    @Test("refuses answers that are not as many as the items")
    func miscounted() async throws {
        let batcher = Batcher<Int, Int>(pool: try await pool(), maximum: 8, lanes: 1) { _, _ in [] }
        await #expect(throws: PostgreSQLError.self) { try await batcher.submit(1, deadline: soon) }
    }

    private func pool() async throws -> Pool {
        Pool(try await PostgreSQLCluster.shared().parameters("postgres", "postgres"), size: 4)
    }
}

private var soon: ContinuousClock.Instant { .now + .seconds(20) }
