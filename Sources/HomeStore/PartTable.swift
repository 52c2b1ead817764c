import HomeMSSP
import MSSCore
public import PostgreSQL
public import SIMLink

/// Parts of answers in PostgreSQL, for all processes of the home.
///
/// What is waiting when a commit ends goes together into the next one.
public final class PartTable: PartStore {
    private let pool: Pool
    private let puts: Batcher<AnswerPart, [AnswerPart]>

    public init(pool: Pool) {
        self.pool = pool
        puts = Batcher(pool: pool, maximum: 256, lanes: 2) { parts, connection in
            try await PartStatement.run(parts, on: connection)
        }
    }

    public func put(_ part: AnswerPart) async throws(PartStoreError) -> [AnswerPart] {
        try await Self.catching { try await self.puts.submit(part, deadline: .now + .seconds(5)) }
    }

    public func forgetOld() async {
        // What is not let go of now is so by the next call.
        _ = try? await Self.catching {
            try await self.pool.withConnection(deadline: .now + .seconds(5)) { connection in
                try await connection.execute(PartStatement.delete, [.int4(PartStatement.seconds)])
            }
        }
    }

    private static func catching<Value: Sendable>(
        _ work: () async throws -> Value
    ) async throws(PartStoreError) -> Value {
        do throws(StoreError) { return try await StoreError.catching(work) } catch {
            switch error {
            case .unavailable(let reason), .conflict(let reason), .exists(let reason):
                throw PartStoreError(reason: reason)
            default: throw PartStoreError(reason: "busy")
            }
        }
    }
}
