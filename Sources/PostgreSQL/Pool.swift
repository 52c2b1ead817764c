import Dispatch
import Synchronization

/// A bounded number of connections, made when they are needed and made anew when they broke.
public final class Pool: Sendable {
    private struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<Connection?, any Error>
    }

    private struct State {
        var idle: [Connection] = []
        var open = 0
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let parameters: String
    private let size: Int
    private let limits: ConnectionLimits
    private let admit: @Sendable (Connection) async throws -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - parameters: libpq's, as one string; passwords belong into a `passfile`.
    ///   - size: Connections at most.
    ///   - limits: How long each connection waits for what.
    ///   - admit: Looks at each new connection before it is used; one for which it throws is closed.
    public init(
        _ parameters: String,
        size: Int,
        limits: ConnectionLimits = .service,
        admit: @escaping @Sendable (Connection) async throws -> Void = { _ in }
    ) {
        self.parameters = parameters
        self.size = max(1, size)
        self.limits = limits
        self.admit = admit
    }

    /// Runs `work` with a connection that is nobody else's meanwhile.
    ///
    /// - Throws: ``PostgreSQLError/exhausted`` when none is free before the deadline; what `work` throws.
    public func withConnection<Value: Sendable>(
        deadline: ContinuousClock.Instant,
        _ work: (Connection) async throws -> Value
    ) async throws -> Value {
        let connection = try await take(deadline)
        do {
            let value = try await work(connection)
            give(back: connection)
            return value
        } catch {
            if await connection.isAlive { give(back: connection) } else { discard() }
            throw error
        }
    }

    /// Whether the server answers.
    public func check(deadline: ContinuousClock.Instant) async -> Bool {
        do {
            return try await withConnection(deadline: deadline) { try await $0.execute("SELECT 1").count == 1 }
        } catch { return false }
    }

    private enum Claim {
        case idle(Connection)
        case new
        case none
    }

    private func take(_ deadline: ContinuousClock.Instant) async throws -> Connection {
        let claim = state.withLock { state -> Claim in
            if let connection = state.idle.popLast() { return .idle(connection) }
            guard state.open < size else { return .none }
            state.open += 1
            return .new
        }
        switch claim {
        case .idle(let connection):
            // The server may have gone and come again since it was used last.
            return await connection.isAlive ? connection : try await connect()
        case .new: return try await connect()
        case .none:
            guard let connection = try await wait(deadline) else { return try await connect() }
            return connection
        }
    }

    private func connect() async throws -> Connection {
        do {
            let connection = try await Connection(parameters, limits: limits)
            try await admit(connection)
            return connection
        } catch {
            discard()
            throw error
        }
    }

    /// Waits for a connection, or for the right to open one (`nil`).
    ///
    /// The timer is not the task's: a caller that was cancelled may lead a batch that others wait for.
    private func wait(_ deadline: ContinuousClock.Instant) async throws -> Connection? {
        try await withCheckedThrowingContinuation { continuation in
            let id = state.withLock { state in
                state.nextID += 1
                state.waiters.append(Waiter(id: state.nextID, continuation: continuation))
                return state.nextID
            }
            let time = max(.zero, deadline - .now) / .milliseconds(1)
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(min(time, 3_600_000)))) {
                self.giveUp(id)
            }
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: PostgreSQLError.exhausted)
    }

    private func give(back connection: Connection) {
        let waiter = state.withLock { state -> Waiter? in
            if state.waiters.isEmpty {
                state.idle.append(connection)
                return nil
            }
            return state.waiters.removeFirst()
        }
        waiter?.continuation.resume(returning: connection)
    }

    private func discard() {
        let waiter = state.withLock { state -> Waiter? in
            if state.waiters.isEmpty {
                state.open -= 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        waiter?.continuation.resume(returning: nil)
    }
}
