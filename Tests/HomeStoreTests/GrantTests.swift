import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import PostgreSQL
import Testing

/// The service's role may do what its statements need, and no more.
@Suite("The service's role")
struct GrantTests {
    @Test(
        "may not do what the service never does",
        arguments: [
            "DELETE FROM audit_log", "TRUNCATE audit_log", "UPDATE audit_log SET outcome = 'ok'",
            "SELECT * FROM audit_log", "INSERT INTO audit_log (id, act, phase, subject, trace) VALUES (1,'','','','')",
            "DELETE FROM transactions", "TRUNCATE transactions", "UPDATE transactions SET content = 'x'",
            "UPDATE transactions SET deadline = now()", "UPDATE transactions SET receipt_of = 'x'",
            "UPDATE transactions SET provider = 'x'",
            "DELETE FROM cards", "UPDATE cards SET msisdn = '+358400000000'", "DELETE FROM card_keys",
            "UPDATE card_keys SET iccid = 'x'", "UPDATE card_keys SET key_check_value = 'x'",
            "UPDATE card_keys SET algorithm = 'aes-128'", "DELETE FROM card_batches",
            "UPDATE card_batches SET digest = 'x'", "DELETE FROM card_counters", "DELETE FROM card_uplinks",
            "UPDATE card_uplinks SET key_version = 2", "UPDATE card_counters SET iccid = 'x'",
            "TRUNCATE answer_parts", "UPDATE answer_parts SET msisdn = '+358400000000'",
            "DELETE FROM prompt_counts", "UPDATE prompt_counts SET provider = 'x'", "DELETE FROM mobile_users",
            "UPDATE mobile_users SET sur_name = 'x'",
            "UPDATE mobile_users SET serial_number = 'x'", "DELETE FROM user_keys", "UPDATE user_keys SET iccid = 'x'",
            "DELETE FROM home_epoch", "INSERT INTO home_epoch (applied) VALUES (1)",
            "UPDATE home_epoch SET single = false", "DELETE FROM vault_keys", "UPDATE vault_keys SET wrapped = 'x'",
            "UPDATE cards SET code = 'x'", "DELETE FROM evidence", "UPDATE evidence SET keep_until = now()",
            "UPDATE evidence SET sealed = 'x'", "DELETE FROM evidence_proofs", "TRUNCATE evidence",
            "UPDATE evidence_proofs SET der = 'x'",
            "UPDATE mobile_users SET code = 'x'", "DELETE FROM identities", "UPDATE identities SET public_key = 'x'",
            "UPDATE identities SET number = 2", "TRUNCATE audit_checkpoints", "DELETE FROM audit_checkpoints",
            "UPDATE audit_checkpoints SET statement = 'x'", "BEGIN; LOCK TABLE audit_log IN SHARE MODE",
            "SELECT audit_field('x')",
            "CREATE OR REPLACE FUNCTION audit_head() RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
            "UPDATE schema_migrations SET version = 99", "DELETE FROM schema_migrations",
            "INSERT INTO schema_migrations (version, name, sha256) VALUES (99, 'x', 'x')",
            "CREATE TABLE mine (a int)", "CREATE TEMP TABLE mine (a int)", "CREATE SCHEMA mine",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP TABLE cards",
            "ALTER TABLE audit_log ADD COLUMN x int", "ALTER TABLE cards DISABLE TRIGGER ALL",
            "CREATE INDEX mine ON cards (msisdn)", "SET ROLE mssp_owner",
            "SET SESSION AUTHORIZATION mssp_owner", "CREATE ROLE mine", "ALTER ROLE mssp_home SUPERUSER",
            "COPY cards TO '/tmp/cards'", "COPY cards TO PROGRAM 'cat'", "SELECT pg_read_file('/etc/passwd')",
            "SELECT rolpassword FROM pg_authid", "SELECT setval('audit_log_id_seq', 1)",
            "SELECT lo_import('/etc/passwd')", "CREATE EXTENSION dblink",
        ]
    )
    func refused(_ sql: String) async throws {
        let database = try await Self.database()
        let connection = try await Connection(database.service)
        do {
            try await connection.run(script: sql)
            Issue.record("the service's role may: \(sql)")
        } catch {
            guard case .server(let sqlState, _, _) = error else { throw error }
            // Insufficient privilege, or a superuser's affair; never a mistake in the statement.
            #expect(["42501", "0LP01", "428C9"].contains(sqlState), "\(sql): \(error.reason)")
        }
    }

    @Test("cannot enter another database")
    func otherDatabase() async throws {
        let cluster = try await PostgreSQLCluster.shared()
        let other = try await cluster.database()
        let stranger = try await Connection(cluster.parameters("postgres", "postgres"))
        let name = "stranger_\(UInt64.random(in: 0...UInt64.max))"
        try await stranger.run(script: "CREATE ROLE \(name) LOGIN")
        let parameters = other.service.replacing("user=mssp_home", with: "user=" + name)
        await #expect(throws: PostgreSQLError.self) { try await Connection(parameters) }
    }

    @Test("finds out whether the schema is new enough")
    func schema() async throws {
        let cluster = try await PostgreSQLCluster.shared()
        let new = try await cluster.database(migrated: false)
        #expect(try await HomeSchema.isCurrent(Pool(new.service, size: 1), until: HomeStorage.soon) == false)
        let migrated = try await cluster.database()
        #expect(try await HomeSchema.isCurrent(Pool(migrated.service, size: 1), until: HomeStorage.soon))
        let nobody = Pool("host=/nowhere", size: 1)
        let error = try await storeError { _ = try await HomeSchema.isCurrent(nobody, until: HomeStorage.soon) }
        #expect(error == "unavailable")
        #expect(try Migrations.read(directory: PostgreSQLCluster.migrations).newest == HomeSchema.version)
    }

    // One database for the many cases: they change nothing.
    private static func database() async throws -> PostgreSQLCluster.Database {
        try await PostgreSQLCluster.shared().commonDatabase()
    }
}
