public import HomeMSSP
public import PostgreSQL

/// The schema that the statements of this module are written for.
public enum HomeSchema {
    /// The number of the last migration it needs (deploy/postgresql/migrations).
    public static let version = 22

    /// Whether a database has been migrated far enough; a service that finds it has not does not start.
    ///
    /// - Throws: ``StoreError/unavailable(_:)`` if the database cannot be asked.
    public static func isCurrent(
        _ pool: Pool,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try await StoreError.catching { try await Migrations.version(of: pool, deadline: deadline) } >= version
    }
}
