import HomeStore
import PostgreSQL
import Synchronization

/// Looks at every new connection: a database that is not the one the home left gets no statement of its work.
///
/// Nobody exchanges a database without breaking its connections, so nothing is read or spent between the exchange and
/// this look.
final class DatabaseWatch: Sendable {
    private struct State {
        var expected: EpochRecord?
        var objection: String?
    }

    private let state = Mutex(State())

    /// Compares with this record from now on; before the first one nothing is known that could be compared.
    func expect(_ record: EpochRecord) {
        state.withLock { $0.expected = record }
    }

    /// Why a database that was found is another one; `nil` as long as none was.
    var objection: String? { state.withLock { $0.objection } }

    /// - Throws: `PostgreSQLError` if the database is another one, or cannot be asked.
    func admit(_ connection: Connection) async throws {
        guard let expected = state.withLock({ $0.expected }) else { return }
        let found = try await EpochTable.identity(on: connection)
        guard let objection = expected.objection(to: found) else { return }
        state.withLock { $0.objection = objection }
        throw PostgreSQLError.connection("the database is another one: \(objection)")
    }
}
