import CLibPQ
import Dispatch
import Glibc
import Synchronization

/// A session that only listens (LISTEN, NOTIFY): it has a thread of its own, and is made anew when it broke.
public final class Listener: Sendable {
    public enum Event: Sendable, Equatable {
        /// The session stands; what was notified before it did may have been missed.
        case listening
        case notified(channel: String, payload: String)
        /// The session broke, or could not be made; it is tried again.
        case lost(String)
    }

    private let parameters: String
    private let statements: [String]
    private let limits: ConnectionLimits
    private let isStopped = Mutex(false)
    /// How long the thread may not notice that it shall stop.
    private static let tick: Duration = .milliseconds(200)

    /// - Parameters:
    ///   - parameters: libpq's, as one string; passwords belong into a `passfile`.
    ///   - statements: Constants of the program, run when the session is made: `LISTEN …`, and what the session holds.
    ///   - limits: How long the server is waited for.
    public init(_ parameters: String, statements: [String], limits: ConnectionLimits = .service) {
        self.parameters = parameters
        self.statements = statements
        self.limits = limits
    }

    /// Listens until it is cancelled; `take` is called on the listener's thread, one event at a time.
    public func run(_ take: @escaping @Sendable (Event) -> Void) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "postgresql.listener").async {
                    self.listen(take)
                    continuation.resume()
                }
            }
        } onCancel: {
            isStopped.withLock { $0 = true }
        }
    }

    private var goesOn: Bool { !isStopped.withLock { $0 } }

    private func listen(_ take: (Event) -> Void) {
        var pause: UInt32 = 1
        while goesOn {
            do throws(PostgreSQLError) {
                let connection = try ConnectionHandle(parameters, limits)
                for statement in statements { try run(statement, connection) }
                take(.listening)
                pause = 1
                try hear(connection, take)
            } catch {
                take(.lost(error.reason))
            }
            for _ in 0..<pause where goesOn { usleep(200_000) }
            pause = min(pause * 2, 25)
        }
    }

    private func run(_ statement: String, _ connection: ConnectionHandle) throws(PostgreSQLError) {
        guard PQsendQuery(connection.raw, statement) == 1 else { throw .connection(connection.reason) }
        let deadline = ContinuousClock.now + limits.answer
        while let result = try connection.nextResult(until: deadline) { _ = try connection.checked(result) }
    }

    private func hear(_ connection: ConnectionHandle, _ take: (Event) -> Void) throws(PostgreSQLError) {
        while goesOn {
            guard connection.isAlive() else { throw .connection("the connection was lost") }
            while let notification = PQnotifies(connection.raw) {
                defer { PQfreemem(notification) }
                take(
                    .notified(
                        channel: String(cString: notification.pointee.relname),
                        payload: String(cString: notification.pointee.extra)
                    )
                )
            }
            connection.awaitInput(Self.tick)
        }
    }
}
