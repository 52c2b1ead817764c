import Foundation
import MSSCore
import PostgreSQL

/// Compares the home's clock with the database's: deadlines of transactions are kept by the one and ended by the other.
struct DatabaseClock: Sendable {
    private static let interval: Duration = .seconds(10)

    let pool: Pool
    let clock: ClockOffset

    /// Looks until it is cancelled; a database that does not answer is told of elsewhere.
    func run() async {
        repeat {
            let asked = Date()
            if let time = try? await time() { clock.note(time, resolution: 0, asked: asked, answered: Date()) }
        } while (try? await Task.sleep(for: Self.interval)) != nil
    }

    private func time() async throws -> Date {
        let microseconds = try await pool.withConnection(deadline: .now + .seconds(1)) { connection in
            try await connection.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8").int64(0, 0)
        }
        return Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}
