extension Migrations {
    /// Applies what is missing, each file in a transaction of its own; of two runs at once the second waits.
    ///
    /// - Parameters:
    ///   - parameters: libpq's, for the role that owns the schema.
    ///   - limits: How long the server and its locks are waited for.
    /// - Returns: The names of the files that were applied now.
    /// - Throws: ``MigrationError``; files before the one that failed stay applied.
    public func apply(
        connection parameters: String,
        limits: ConnectionLimits = .migration
    ) async throws(MigrationError) -> [String] {
        let connection: Connection
        let applied: [String]
        do throws(PostgreSQLError) {
            connection = try await Connection(parameters, limits: limits)
            // Held until the session ends.
            _ = try await connection.execute("SELECT pg_advisory_lock(hashtext('schema_migrations'))")
            try await connection.run(script: Self.table)
            applied = try await Self.applied(connection)
        } catch {
            throw .database(error.reason)
        }
        try await check(applied, on: connection)
        let missing = migrations.dropFirst(applied.count)
        for migration in missing { try await apply(migration, on: connection) }
        return missing.map(\.name)
    }

    /// The number of the last migration that was applied to a database; 0 before the first.
    public static func version(of pool: Pool, deadline: ContinuousClock.Instant) async throws -> Int {
        do {
            return try await pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute("SELECT max(version) FROM schema_migrations")
                return Int(try result.optionalInt64(0, 0) ?? 0)
            }
        } catch PostgreSQLError.server("42P01", _, _) {
            return 0
        }
    }

    private static let table = """
        SET client_min_messages = warning;
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    integer PRIMARY KEY,
            name       text NOT NULL,
            sha256     bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """

    private static func applied(_ connection: Connection) async throws(PostgreSQLError) -> [String] {
        let result = try await connection.execute(
            "SELECT encode(sha256, 'hex') FROM schema_migrations ORDER BY version"
        )
        var digests: [String] = []
        for row in 0..<result.count { digests.append(try result.text(row, 0)) }
        return digests
    }

    private func check(_ applied: [String], on connection: Connection) async throws(MigrationError) {
        guard applied.count <= migrations.count else { throw .unknownVersion(applied.count) }
        for (migration, digest) in zip(migrations, applied) {
            let isSame: Bool
            do throws(PostgreSQLError) {
                let result = try await connection.execute(
                    "SELECT encode(sha256($1), 'hex')",
                    [.bytea(Array(migration.script.utf8))]
                )
                isSame = try result.text(0, 0) == digest
            } catch {
                throw .database(error.reason)
            }
            guard isSame else { throw .changed(migration.name) }
        }
    }

    private func apply(_ migration: Migration, on connection: Connection) async throws(MigrationError) {
        do throws(PostgreSQLError) {
            try await connection.run(script: "BEGIN")
            try await connection.run(script: migration.script)
            guard await connection.isInTransaction else {
                throw .decoding("a migration may not end its own transaction")
            }
            try await connection.execute(
                "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, sha256($3))",
                [.int4(Int32(migration.version)), .text(migration.name), .bytea(Array(migration.script.utf8))]
            )
            try await connection.run(script: "COMMIT")
        } catch {
            // The session ends now, and with it the transaction.
            throw .refused(migration.name, reason: error.reason)
        }
    }
}
