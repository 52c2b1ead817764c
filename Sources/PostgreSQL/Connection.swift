import CLibPQ
import Dispatch

/// One session with the server. libpq blocks, so each connection has a thread of its own to block.
public actor Connection {
    private let executor = QueueExecutor(label: "postgresql")
    private let limits: ConnectionLimits
    private var handle: ConnectionHandle?
    private var prepared: [String: String] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Connects; the parameters are libpq's, passwords belong into a `passfile`.
    ///
    /// - Throws: ``PostgreSQLError/connection(_:)`` if the server is not reached within the limits.
    public init(_ parameters: String, limits: ConnectionLimits = .service) async throws(PostgreSQLError) {
        self.limits = limits
        handle = nil
        try await open(parameters)
    }

    // A method of its own, for the connecting blocks too: here it blocks this actor's thread.
    private func open(_ parameters: String) async throws(PostgreSQLError) {
        handle = try ConnectionHandle(parameters, limits)
    }

    /// Whether the session is still usable, as far as can be seen without asking the server.
    var isAlive: Bool { handle?.isAlive() ?? false }

    /// Whether a transaction block is open and has not failed.
    var isInTransaction: Bool { handle.map { PQtransactionStatus($0.raw) == PQTRANS_INTRANS } ?? false }

    /// Runs a statement with bound values; its plan is prepared once a connection.
    ///
    /// - Parameters:
    ///   - sql: A constant of the program: values are always bound.
    ///   - parameters: The values, in the order of `$1`, `$2` and so on.
    /// - Returns: The rows, if the statement returns any.
    /// - Throws: ``PostgreSQLError/server(sqlState:message:constraint:)`` if the server refused it;
    ///   ``PostgreSQLError/connection(_:)`` if no answer came: nothing is known of it then.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [Parameter] = []) async throws(PostgreSQLError) -> ResultSet {
        let name = try prepare(sql, parameters)
        let values = BoundValues(parameters)
        return try asked { connection in
            values.withPointers { pointers, lengths, formats in
                PQsendQueryPrepared(connection, name, Int32(parameters.count), pointers, lengths, formats, 1)
            }
        }
    }

    /// Runs a text of several statements, without values: a migration.
    public func run(script: String) async throws(PostgreSQLError) {
        _ = try asked { PQsendQuery($0, script) }
    }

    private func prepare(_ sql: String, _ parameters: [Parameter]) throws(PostgreSQLError) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        let types = parameters.map(\.type)
        _ = try asked { PQsendPrepare($0, name, sql, Int32(types.count), types) }
        prepared[sql] = name
        return name
    }

    /// Sends, waits for all that comes back, and returns the last result or the first error.
    private func asked(_ send: (OpaquePointer) -> Int32) throws(PostgreSQLError) -> ResultSet {
        guard let handle, handle.isAlive() else { throw .connection("the connection was lost") }
        guard send(handle.raw) == 1 else { throw .connection(handle.reason) }
        let deadline = ContinuousClock.now + limits.answer
        var last: ResultSet?
        var failure: PostgreSQLError?
        do throws(PostgreSQLError) {
            while let result = try handle.nextResult(until: deadline) {
                do throws(PostgreSQLError) {
                    last = try handle.checked(result)
                } catch .server(let sqlState, let message, let constraint) {
                    failure = failure ?? .server(sqlState: sqlState, message: message, constraint: constraint)
                }
            }
        } catch {
            // Nobody knows what the server still sends: a session that lost step is not used again.
            self.handle = nil
            throw error
        }
        if let failure { throw failure }
        guard let last else { throw .connection(handle.reason) }
        return last
    }
}

/// Runs an actor's jobs on a queue of their own.
private final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
