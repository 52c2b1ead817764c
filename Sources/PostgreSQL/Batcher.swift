import Synchronization

/// Group commit: what comes while a batch is under way goes together into the next one; a lone item goes at once.
///
/// There is no task behind it. The first who comes leads: it runs the batch in its own task, answers those who wait
/// with it, and hands the lead to the next who waits.
public final class Batcher<Item: Sendable, Answer: Sendable>: Sendable {
    /// Runs a batch on a connection, in one statement or transaction; as many answers as items, in their order.
    public typealias Work = @Sendable ([Item], Connection) async throws -> [Answer]

    private enum Turn {
        case answered(Answer)
        case leads
    }

    private struct Waiter {
        var item: Item
        var continuation: CheckedContinuation<Turn, any Error>
    }

    private struct State {
        var waiting: [Waiter] = []
        var leaders = 0
    }

    private let pool: Pool
    private let maximum: Int
    private let lanes: Int
    private let work: Work
    private let state = Mutex(State())

    /// - Parameters:
    ///   - pool: Lends a connection to each batch; it needs as many as there are lanes on it.
    ///   - maximum: Items to a batch.
    ///   - lanes: Batches at the same time.
    ///   - work: Runs a batch.
    public init(pool: Pool, maximum: Int, lanes: Int, work: @escaping Work) {
        self.pool = pool
        self.maximum = maximum
        self.lanes = lanes
        self.work = work
    }

    /// Waits until the item is committed.
    ///
    /// - Parameters:
    ///   - item: Goes into the next batch.
    ///   - deadline: Until when a connection may be waited for; the statement itself ends with the server's statement
    ///     timeout.
    /// - Returns: The answer to this item.
    /// - Throws: What the statement threw for this item alone, or why the server could not be asked.
    public func submit(_ item: Item, deadline: ContinuousClock.Instant) async throws -> Answer {
        let leadsAtOnce = state.withLock { state in
            guard state.leaders < lanes else { return false }
            state.leaders += 1
            return true
        }
        if leadsAtOnce { return try await lead(item, deadline) }
        let turn = try await withCheckedThrowingContinuation { continuation in
            let leads = state.withLock { state in
                guard state.leaders >= lanes else {
                    state.leaders += 1
                    return true
                }
                state.waiting.append(Waiter(item: item, continuation: continuation))
                return false
            }
            if leads { continuation.resume(returning: .leads) }
        }
        switch turn {
        case .answered(let answer): return answer
        case .leads: return try await lead(item, deadline)
        }
    }

    private func lead(_ item: Item, _ deadline: ContinuousClock.Instant) async throws -> Answer {
        // Whoever is about to come may come along: no time passes if nobody is.
        await Task.yield()
        let others = state.withLock { state in
            let others = Array(state.waiting.prefix(maximum - 1))
            state.waiting.removeFirst(others.count)
            return others
        }
        let results = await results([item] + others.map(\.item), deadline)
        for (waiter, result) in zip(others, results.dropFirst()) {
            waiter.continuation.resume(with: result.map { .answered($0) })
        }
        passOn()
        return try results[0].get()
    }

    private func passOn() {
        let next = state.withLock { state -> Waiter? in
            if state.waiting.isEmpty {
                state.leaders -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .leads)
    }

    private func results(_ items: [Item], _ deadline: ContinuousClock.Instant) async -> [Result<Answer, any Error>] {
        do {
            let answers = try await pool.withConnection(deadline: deadline) { try await self.work(items, $0) }
            guard answers.count == items.count else {
                throw PostgreSQLError.decoding("\(items.count) items, \(answers.count) answers")
            }
            return answers.map { .success($0) }
        } catch let error as PostgreSQLError where items.count > 1 && error.mayBeOfOneItem {
            // The statement left no trace: each item is tried alone, so that a bad one fails alone.
            var results: [Result<Answer, any Error>] = []
            for item in items { results += await self.results([item], deadline) }
            return results
        } catch {
            return items.map { _ in .failure(error) }
        }
    }
}

extension PostgreSQLError {
    /// Whether one item of a batch may be to blame.
    ///
    /// Its data (22), a constraint (23), or two batches that got in each other's way (40, 55P03). A server that is full,
    /// too slow or shutting down would refuse each one as well.
    fileprivate var mayBeOfOneItem: Bool {
        guard case .server(let sqlState, _, _) = self else { return false }
        return ["22", "23", "40"].contains(sqlState.prefix(2)) || sqlState == "55P03"
    }
}
