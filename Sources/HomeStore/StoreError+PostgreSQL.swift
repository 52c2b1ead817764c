import HomeMSSP
import PostgreSQL

extension StoreError {
    /// Runs storage work and says in the home's words why it failed.
    static func catching<Value: Sendable>(
        _ work: () async throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await work()
        } catch let error as StoreError {
            throw error
        } catch let error as PostgreSQLError {
            throw StoreError(error)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// A row that somebody changed is told to nobody: 900, and the alarm.
    init(_ refusal: RowRefusal) {
        self = refusal.isForged ? .conflict(refusal.reason) : .unavailable(refusal.reason)
    }

    private init(_ error: PostgreSQLError) {
        switch error {
        case .server("23505", _, let constraint): self = .exists(constraint ?? "unique constraint")
        // Messages about data (22) and constraints (23) may quote a value.
        case .server(let state, _, let constraint) where state.hasPrefix("22") || state.hasPrefix("23"):
            self = .unavailable("SQLSTATE \(state) \(constraint ?? "")")
        default: self = .unavailable(error.reason)
        }
    }
}
