import Foundation
import Glibc
import PostgreSQL
import Synchronization

/// A private PostgreSQL server in a folder of its own, reached by a socket in that folder; it ends with the process.
///
/// PostgreSQL refuses to run as root, so the server of a root's tests runs as the user `postgres`. The folder's name
/// cannot be guessed or listed by others.
public final class PostgreSQLCluster: Sendable {
    /// A database of one suite, with the connection parameters of both roles.
    public struct Database: Sendable {
        /// For `mssp_owner`, who owns the schema.
        public var owner: String
        /// For `mssp_home`, the service.
        public var service: String
    }

    private struct Failure: Error {
        var reason: String
    }

    private let folder: String
    private let port: Int?
    private let server = Mutex<Server?>(nil)
    private let common = Once<Database>()

    /// The cluster that all suites of the process use.
    public static func shared() async throws -> PostgreSQLCluster {
        try await blocking { try started.get() }
    }

    /// Another one, for a test that stops it.
    ///
    /// - Parameter port: Of the loopback, for one that is reached by TCP, too.
    /// - Returns: The cluster, running.
    /// - Throws: What kept it from starting.
    public static func separate(port: Int? = nil) async throws -> PostgreSQLCluster {
        try await blocking { try PostgreSQLCluster(port: port) }
    }

    private static let started = Result { try PostgreSQLCluster() }

    private init(port: Int? = nil) throws {
        self.port = port
        folder = try Self.newFolder()
        Leftovers.add(folder: folder)
        let initdb = Process()
        (initdb.executableURL, initdb.arguments) = try Self.command(
            "initdb",
            ["-D", folder + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        )
        initdb.standardOutput = FileHandle.nullDevice
        initdb.currentDirectoryURL = URL(filePath: "/")
        try initdb.run()
        initdb.waitUntilExit()
        guard initdb.terminationStatus == 0 else { throw Failure(reason: "initdb failed") }
        try launch()
        let roles = "CREATE ROLE mssp_owner LOGIN; CREATE ROLE mssp_home LOGIN"
        guard try run("psql", ["-q", "-d", "postgres", "-c", roles]) == 0 else { throw Failure(reason: "no roles") }
    }

    /// A new database with the platform's schema, unless told otherwise.
    public func database(migrated: Bool = true) async throws -> Database {
        let name = "test_\(UInt64.random(in: 0...UInt64.max))"
        let administrator = try await Connection(parameters("postgres", "postgres"), limits: .migration)
        try await administrator.run(script: "CREATE DATABASE \(name) OWNER mssp_owner")
        let database = Database(owner: parameters("mssp_owner", name), service: parameters("mssp_home", name))
        if migrated { _ = try await Migrations.read(directory: Self.migrations).apply(connection: database.owner) }
        return database
    }

    /// The database, with the platform's schema, of tests that keep to records of their own.
    public func commonDatabase() async throws -> Database {
        try await common.value { try await self.database() }
    }

    /// The same by TCP, for a cluster that has a port.
    public func networkParameters(_ role: String, _ database: String) -> String {
        "host=127.0.0.1 port=\(port ?? Self.usualPort) user=\(role) dbname=\(database)"
    }

    private static let usualPort = 5432

    /// Where the platform's migrations stand.
    public static let migrations = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../deploy/postgresql/migrations").standardized.path

    /// Parameters for a role and a database of this cluster.
    public func parameters(_ role: String, _ database: String) -> String {
        "host=\(folder) port=\(port ?? Self.usualPort) user=\(role) dbname=\(database)"
    }

    /// Stops the server; its connections break.
    public func stop() async {
        try? await Self.blocking {
            self.server.withLock { server in
                server?.end(SIGINT)
                server = nil
            }
        }
    }

    /// Starts it again.
    public func start() async throws {
        try await Self.blocking { try self.launch() }
    }

    private func launch() throws {
        let (program, arguments) = try Self.command(
            "postgres",
            [
                "-D", folder + "/data", "-c", "listen_addresses=" + (port == nil ? "" : "127.0.0.1"),
                "-c", "port=\(port ?? Self.usualPort)", "-c", "unix_socket_directories=" + folder,
                "-c", "max_connections=200", "-c", "logging_collector=off",
            ],
            dyingWithParent: true
        )
        let new = try Server(program: program, arguments: arguments, folder: folder)
        server.withLock { $0 = new }
        for _ in 0..<500 {
            if try run("pg_isready", ["-q"]) == 0 { return }
            usleep(20_000)
        }
        throw Failure(reason: "the server does not come up; see \(folder)/log")
    }

    private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: try Self.binaries() + "/" + program)
        process.arguments = ["-h", folder, "-p", "\(port ?? Self.usualPort)", "-U", "postgres"] + arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    // MARK: Where and as whom

    private static func binaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newest = versions.compactMap { Int($0) }.max()
        guard let newest else { throw Failure(reason: "PostgreSQL is not installed") }
        return "\(root)/\(newest)/bin"
    }

    private static func command(
        _ program: String,
        _ arguments: [String],
        dyingWithParent: Bool = false
    ) throws -> (URL, [String]) {
        let path = try binaries() + "/" + program
        var options = dyingWithParent ? ["--pdeathsig", "INT"] : []
        if getuid() == 0 { options += ["--reuid=postgres", "--regid=postgres", "--clear-groups"] }
        return (URL(filePath: "/usr/bin/setpriv"), options + ["--", path] + arguments)
    }

    private static func newFolder() throws -> String {
        // A short path: a socket's is limited to 107 octets.
        var template = Array("/tmp/mssp-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(reason: "no folder for a cluster in /tmp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if getuid() == 0 {
            guard let user = getpwnam("postgres") else { throw Failure(reason: "there is no user postgres") }
            chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
            chmod(folder, 0o711)
        }
        return folder
    }

    /// Work that blocks runs on a thread that may.
    private static func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
        }
    }
}

/// A value that the first who asks makes, and that all others wait for.
private actor Once<Value: Sendable> {
    private var made: Result<Value, any Error>?
    private var isBeingMade = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func value(_ make: @Sendable () async throws -> Value) async throws -> Value {
        if isBeingMade { await withCheckedContinuation { waiters.append($0) } }
        if let made { return try made.get() }
        isBeingMade = true
        let result: Result<Value, any Error>
        do { result = .success(try await make()) } catch { result = .failure(error) }
        made = result
        isBeingMade = false
        for waiter in waiters { waiter.resume() }
        waiters = []
        return try result.get()
    }
}

/// A running server process.
private final class Server: Sendable {
    private let process: pid_t
    private let ended = DispatchSemaphore(value: 0)

    /// The kernel sends the signal of `--pdeathsig` when the *thread* that started the process ends, so that thread
    /// stays until the server is gone.
    init(program: URL, arguments: [String], folder: String) throws {
        let started = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<pid_t, any Error>?>(nil)
        let ended = ended
        Thread.detachNewThread {
            let process = Process()
            process.executableURL = program
            process.arguments = arguments
            process.currentDirectoryURL = URL(filePath: "/")
            _ = FileManager.default.createFile(atPath: folder + "/log", contents: nil)
            process.standardError = FileHandle(forWritingAtPath: folder + "/log") ?? .nullDevice
            process.standardOutput = FileHandle.nullDevice
            let result = Result {
                try process.run()
                return process.processIdentifier
            }
            outcome.withLock { $0 = result }
            started.signal()
            if case .success = result { process.waitUntilExit() }
            ended.signal()
        }
        started.wait()
        process = try outcome.withLock { try $0?.get() } ?? 0
        Leftovers.add(process: process)
    }

    func end(_ signal: Int32) {
        kill(process, signal)
        _ = ended.wait(timeout: .now() + 30)
        Leftovers.remove(process: process)
    }
}

/// What is left to do when the test process exits.
private enum Leftovers {
    private struct State {
        var folders: Set<String> = []
        var processes: Set<pid_t> = []
    }

    private static let state = Mutex(State())
    private static let atExit: Void = {
        atexit { Leftovers.clear() }
    }()

    static func add(folder: String) {
        _ = atExit
        state.withLock { _ = $0.folders.insert(folder) }
    }

    static func add(process: pid_t) {
        state.withLock { _ = $0.processes.insert(process) }
    }

    static func remove(process: pid_t) {
        state.withLock { _ = $0.processes.remove(process) }
    }

    private static func clear() {
        let left = state.withLock { $0 }
        for process in left.processes {
            kill(process, SIGQUIT)
            for _ in 0..<250 where kill(process, 0) == 0 { usleep(20_000) }
        }
        for folder in left.folders { try? FileManager.default.removeItem(atPath: folder) }
    }
}
