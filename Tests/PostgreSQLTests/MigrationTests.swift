import Foundation
import MSSTestSupport
import PostgreSQL
import Testing

@Suite("Migrations")
struct MigrationTests {
    @Test("are applied once, in order, and named")
    func appliedOnce() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let migrations = try Migrations.read(directory: PostgreSQLCluster.migrations)
        #expect(try await version(database) == 0)
        let first = try await migrations.apply(connection: database.owner)
        #expect(first.count == migrations.newest)
        #expect(first.first == "001_cards_and_people")
        #expect(try await migrations.apply(connection: database.owner) == [])
        #expect(try await version(database) == migrations.newest)
    }

    @Test("are applied by one of two runs at once")
    func twoRuns() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let migrations = try Migrations.read(directory: PostgreSQLCluster.migrations)
        async let first = migrations.apply(connection: database.owner)
        async let second = migrations.apply(connection: database.owner)
        let counts = try await [first.count, second.count]
        #expect(counts.sorted() == [0, migrations.newest])
    }

    @Test("go on where an earlier set ended")
    func continued() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let folder = try Folder(["001_one.sql": "CREATE TABLE one (a int)"])
        #expect(try await folder.apply(database) == ["001_one"])
        try folder.write("002_two.sql", "CREATE TABLE two (a int); CREATE TABLE three (a int);")
        #expect(try await folder.apply(database) == ["002_two"])
    }

    @Test("are refused when an applied file was changed")
    func changed() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let folder = try Folder(["001_one.sql": "CREATE TABLE one (a int)"])
        _ = try await folder.apply(database)
        try folder.write("001_one.sql", "CREATE TABLE one (a bigint)")
        await #expect(throws: MigrationError.changed("001_one")) { try await folder.apply(database) }
    }

    @Test("are refused when the database is further than the files")
    func older() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let folder = try Folder(["001_one.sql": "SELECT 1", "002_two.sql": "SELECT 2"])
        _ = try await folder.apply(database)
        let earlier = try Folder(["001_one.sql": "SELECT 1"])
        await #expect(throws: MigrationError.unknownVersion(2)) { try await earlier.apply(database) }
    }

    @Test("leave no trace of a file that fails, and keep those before it")
    func failing() async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let folder = try Folder([
            "001_one.sql": "CREATE TABLE one (a int)", "002_two.sql": "CREATE TABLE two (a int); SELECT nonsense",
        ])
        await #expect(throws: MigrationError.self) { try await folder.apply(database) }
        #expect(try await version(database, as: database.owner) == 1)
        try folder.write("002_two.sql", "CREATE TABLE two (a int)")
        #expect(try await folder.apply(database) == ["002_two"])
    }

    @Test("may not end their own transaction", arguments: ["COMMIT", "COMMIT; SELECT 1", "ROLLBACK"])
    func ownCommit(_ script: String) async throws {
        let database = try await PostgreSQLCluster.shared().database(migrated: false)
        let folder = try Folder(["001_one.sql": script])
        await #expect(throws: MigrationError.self) { try await folder.apply(database) }
    }

    @Test("stand in one line when the files are wrong")
    func wrongFiles() throws {
        let cases: [([String: String], MigrationError)] = [
            (["001_a.sql": "", "003_c.sql": ""], .outOfOrder("003_c.sql", expected: 2)),
            (["001_a.sql": "", "001_b.sql": ""], .outOfOrder("001_b.sql", expected: 2)),
            (["002_a.sql": ""], .outOfOrder("002_a.sql", expected: 1)),
            (["1_a.sql": ""], .misnamed("1_a.sql")),
        ]
        for (files, error) in cases {
            let folder = try Folder(files)
            #expect(throws: error) { try Migrations.read(directory: folder.path) }
            #expect(!error.description.contains("\n"))
        }
        #expect(throws: MigrationError.unreadable("/nowhere")) { try Migrations.read(directory: "/nowhere") }
    }

    @Test("say in one line that there is no database")
    func noDatabase() async throws {
        let migrations = try Migrations.read(directory: PostgreSQLCluster.migrations)
        do {
            _ = try await migrations.apply(connection: "host=/nowhere user=nobody dbname=none")
            Issue.record("it was applied to nothing")
        } catch {
            #expect(error.description.hasPrefix("migrations: database: "))
            #expect(!error.description.contains("\n"))
        }
    }

    private func version(_ database: PostgreSQLCluster.Database, as role: String? = nil) async throws -> Int {
        let pool = Pool(role ?? database.service, size: 1)
        return try await Migrations.version(of: pool, deadline: .now + .seconds(10))
    }
}

/// A folder of migrations that goes with the test.
private final class Folder {
    let path: String

    init(_ files: [String: String]) throws {
        path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }

    func apply(_ database: PostgreSQLCluster.Database) async throws -> [String] {
        try await Migrations.read(directory: path).apply(connection: database.owner)
    }
}
