import MSSTestSupport
import PostgreSQL
import Testing

@Suite("A connection")
struct ConnectionTests {
    @Test("gives every value back as it was bound")
    func roundTrip() async throws {
        let connection = try await connection()
        let result = try await connection.execute(
            "SELECT $1::text, $2::bytea, $3::int4, $4::int8, $5::bool, $6::text, $7::bytea",
            [
                .text("ä€\u{1F600}"), .bytea([0, 0xFF, 7]), .int4(.min), .int8(.max), .bool(true), .text(nil),
                .bytea([]),
            ]
        )
        #expect(try result.text(0, 0) == "ä€\u{1F600}")
        #expect(try result.bytes(0, 1) == [0, 0xFF, 7])
        #expect(try result.int64(0, 2) == Int64(Int32.min))
        #expect(try result.int64(0, 3) == .max)
        #expect(try result.bool(0, 4))
        #expect(try result.optionalText(0, 5) == nil)
        #expect(try result.bytes(0, 6) == [])
    }

    @Test("binds arrays with holes, and empty ones")
    func arrays() async throws {
        let connection = try await connection()
        let sql = """
            SELECT a, b, c, d, e FROM unnest($1::text[], $2::bytea[], $3::int4[], $4::int8[], $5::bool[])
                AS x (a, b, c, d, e)
            """
        let result = try await connection.execute(
            sql,
            [
                .textArray(["a", nil, ""]), .byteaArray([nil, [], [1, 2]]), .int4Array([1, nil, -1]),
                .int8Array([nil, 5, .min]), .boolArray([true, nil, false]),
            ]
        )
        #expect(result.count == 3)
        #expect(try result.optionalText(1, 0) == nil)
        #expect(try result.text(2, 0) == "")
        #expect(try result.optionalBytes(0, 1) == nil)
        #expect(try result.bytes(2, 1) == [1, 2])
        #expect(try result.int64(2, 2) == -1)
        #expect(try result.int64(2, 3) == .min)
        let none = try await connection.execute(
            sql,
            [.textArray([]), .byteaArray([]), .int4Array([]), .int8Array([]), .boolArray([])]
        )
        #expect(none.count == 0)
    }

    @Test("holds a quarter of a million octets in one statement")
    func large() async throws {
        let connection = try await connection()
        let octets = Sample.randomOctets(1_000_000)
        let result = try await connection.execute("SELECT $1::bytea, length($1::bytea)", [.bytea(octets)])
        #expect(try result.bytes(0, 0) == octets)
        #expect(try result.int64(0, 1) == 1_000_000)
    }

    @Test("says which type a value is not, and never reads past the rows")
    func decoding() async throws {
        let connection = try await connection()
        let result = try await connection.execute("SELECT 'x'::text, NULL::int4, decode('ff', 'hex')")
        #expect(throws: PostgreSQLError.self) { try result.int64(0, 0) }
        #expect(throws: PostgreSQLError.self) { try result.int64(0, 1) }
        #expect(throws: PostgreSQLError.self) { try result.text(0, 2) }
        #expect(throws: PostgreSQLError.self) { try result.text(1, 0) }
        #expect(throws: PostgreSQLError.self) { try result.text(-1, 0) }
        #expect(throws: PostgreSQLError.self) { try result.text(0, 3) }
    }

    @Test("is usable after a statement was refused")
    func refused() async throws {
        let connection = try await connection()
        do {
            try await connection.execute("SELECT 1/$1::int4", [.int4(0)])
            Issue.record("a division by zero gave a result")
        } catch {
            guard case .server("22012", _, _) = error else { throw error }
        }
        await #expect(throws: PostgreSQLError.self) { try await connection.execute("SELECT nonsense") }
        #expect(try await connection.execute("SELECT 1").count == 1)
    }

    @Test("ends a statement that runs too long, and goes on")
    func statementTimeout() async throws {
        let limits = ConnectionLimits(connect: .seconds(3), statement: .milliseconds(50), lock: .seconds(1))
        let connection = try await connection(limits)
        do {
            try await connection.execute("SELECT pg_sleep(20)")
            Issue.record("the statement was not ended")
        } catch {
            guard case .server("57014", _, _) = error else { throw error }
        }
        #expect(try await connection.execute("SELECT 1").count == 1)
    }

    @Test("does not wait for a lock for ever")
    func lockTimeout() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let holder = try await Connection(database.owner)
        try await holder.run(script: "CREATE TABLE t (a int)")
        try await holder.run(script: "BEGIN; LOCK TABLE t")
        let limits = ConnectionLimits(connect: .seconds(3), statement: .seconds(20), lock: .milliseconds(50))
        let other = try await Connection(database.owner, limits: limits)
        do {
            try await other.execute("SELECT * FROM t")
            Issue.record("the lock was not waited for")
        } catch {
            guard case .server("55P03", _, _) = error else { throw error }
        }
    }

    @Test("gives up on a server that does not answer")
    func silence() async throws {
        // The server would answer after its own limit; the client's is made the shorter one.
        let limits = ConnectionLimits(connect: .seconds(3), statement: .seconds(-1), lock: .seconds(1))
        let connection = try await connection(limits)
        await #expect(throws: PostgreSQLError.connection("the server did not answer in time")) {
            try await connection.run(script: "SET statement_timeout = 0; SELECT pg_sleep(20)")
        }
        await #expect(throws: PostgreSQLError.connection("the connection was lost")) {
            try await connection.execute("SELECT 1")
        }
    }

    @Test("refuses to copy: it would wait for data that never comes")
    func copy() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let connection = try await Connection(database.owner)
        await #expect(throws: PostgreSQLError.self) {
            try await connection.run(script: "CREATE TABLE t (a int); COPY t FROM STDIN")
        }
    }

    @Test("says in one line that there is no server, without the parameters")
    func noServer() async throws {
        do {
            _ = try await Connection("host=/nowhere user=somebody password=verysecret")
            Issue.record("nobody answered")
        } catch {
            #expect(!error.reason.contains("\n"))
            #expect(!error.reason.contains("verysecret"))
        }
    }

    private func connection(_ limits: ConnectionLimits = .service) async throws -> Connection {
        let cluster = try await PostgreSQLCluster.shared()
        return try await Connection(cluster.parameters("postgres", "postgres"), limits: limits)
    }
}

@Suite("A session over the network")
struct KeepaliveTests {
    /// What the server says is what the kernel has for its side of the connection; over a Unix socket it says 0.
    @Test("has the server look for a client that is gone within twenty seconds")
    func serverSide() async throws {
        let cluster = try await PostgreSQLCluster.separate(port: try FreePort.next())
        let connection = try await Connection(cluster.networkParameters("mssp_home", "postgres"))
        var values: [Int] = []
        for name in ["tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"] {
            values.append(Int(try await connection.execute("SHOW \(name)").text(0, 0)) ?? -1)
        }
        #expect(values == [10, 3, 3])
        #expect(values[0] + values[1] * values[2] < 20)
        await cluster.stop()
    }
}
