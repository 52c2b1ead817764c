public import HomeMSSP
public import PostgreSQL

/// The right to change KEKs and what opens them, which one home of a database has at a time, on whichever host.
///
/// It is an advisory lock of the database: it goes with the session that holds it, whatever happens to the home.
public struct CustodyLock: Sendable {
    /// The right, as it was when somebody looked last.
    public struct Hold: Sendable {
        fileprivate let connection: Connection

        /// Looks again: people may have taken long, and the session may be gone.
        ///
        /// - Throws: ``StoreError``; another home may be at the keys, and nothing may be changed.
        public func confirm() async throws(StoreError) {
            let isHeld = try await StoreError.catching { try await connection.execute(CustodyLock.held).count == 1 }
            guard isHeld else { throw .conflict("another session may hold it") }
        }
    }

    private let pool: Pool

    /// - Parameter pool: Of one connection, which is nobody else's while the right is held.
    public init(pool: Pool) {
        self.pool = pool
    }

    /// Does something while nobody else has the right.
    ///
    /// The server takes it back after thirty minutes in which nobody looked (``Hold/confirm()``).
    ///
    /// - Throws: ``StoreError/conflict(_:)`` while another home has it; what `work` throws.
    public func hold<Value: Sendable>(_ work: (Hold) async throws -> Value) async throws -> Value {
        try await pool.withConnection(deadline: .now + .seconds(5)) { connection in
            guard try await connection.execute(Self.take).bool(0, 0) else {
                throw StoreError.conflict("another home is at the vault's keys: wait until they are done there")
            }
            do {
                let value = try await work(Hold(connection: connection))
                _ = try? await connection.execute(Self.release)
                return value
            } catch {
                _ = try? await connection.execute(Self.release)
                throw error
            }
        }
    }

    private static let lock: Int64 = 0x6D73_7370_0000_0002

    private static let take = """
        SELECT pg_try_advisory_lock(\(lock)) FROM set_config('idle_session_timeout', '30min', false)
        """

    private static let release = "SELECT pg_advisory_unlock(\(lock))"

    private static let held = """
        SELECT 1 FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
            AND classid::int8 << 32 | objid::int8 = \(lock)
        """
}
