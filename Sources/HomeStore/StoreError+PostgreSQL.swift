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

    private init(_ error: PostgreSQLError) {
        switch error {
        case .server("23505", _, let constraint): self = .exists(constraint ?? "unique constraint")
        case .server(let state, let message, _): self = .unavailable("SQLSTATE \(state): \(message)")
        default: self = .unavailable("\(error)")
        }
    }
}
