import Foundation
import MSSTestSupport
import Synchronization
import Testing

/// The real executables, PostgreSQL, certificates and simulated cards, laid out by the script that users run.
///
/// One for all tests of the process. It lives as long as the pipe to its standard input: it stops when the tests end,
/// however they end.
struct Platform: Sendable {
    let folder: URL
    private(set) var environment: [String: String]
    private let ports: [String: Int]

    private static let shared = Task { try await start("shared") }

    /// The one that tests share.
    static var running: Platform {
        get async throws { try await shared.value }
    }

    func variable(_ name: String) throws -> String {
        try #require(environment[name], "\(name) is missing in demo.env")
    }

    func file(_ path: String) -> String { folder.appending(path: path).path }

    /// The process id of a part, as the script noted it.
    func process(_ name: String) throws -> Int32 {
        let lines = try String(contentsOfFile: file("pids"), encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.last { $0.hasSuffix(" " + name) })
        return try #require(line.split(separator: " ").first.flatMap { Int32($0) })
    }

    /// The numbers of users beyond those of demo.env, in the order of ``extraBehaviours``.
    func extraNumber(_ index: Int) throws -> String { try extraCard(index)[2] }

    /// The line that the personaliser wrote of the card of a user beyond those of demo.env: ICCID, IMSI, MSISDN,
    /// behaviour and VerifyCode.
    func extraCard(_ index: Int) throws -> [String] {
        let cards = try String(contentsOfFile: file("cards/index.tsv"), encoding: .utf8).split(separator: "\n")
        try #require(cards.count > 4 + index)
        return cards[4 + index].split(separator: "\t").map(String.init)
    }

    /// Two that answer late, one for each test that must see the platform in between; two that sign at once; one that
    /// never reacts, one whose answer is lost; two that get a second key.
    static let extraBehaviours = ["delay:4000", "delay:1500", "sign", "sign", "silent", "lostAnswer", "sign", "sign"]

    /// The folder of one of its own.
    static func base(_ name: String) -> URL { URL(filePath: "/tmp/mssp-\(getpid())-\(name)") }

    /// One of its own, for a test that kills parts of it.
    ///
    /// - Parameters:
    ///   - name: Of its folder.
    ///   - more: Variables of the script that differ from the tests' usual ones.
    /// - Returns: The platform, once its provider can ask for signatures.
    /// - Throws: What kept it from starting.
    static func start(_ name: String, _ more: [String: String] = [:]) async throws -> Platform {
        let base = base(name)
        try? FileManager.default.removeItem(at: base)
        try FileManager.default.createDirectory(
            at: base,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o711]
        )
        let folder = base.appending(path: "run")
        var ports: [String: Int] = [:]
        for name in ["AE_PORT", "ME_PORT", "HOME_PORT", "SMPP_PORT", "CA_PORT"] { ports[name] = try FreePort.next() }
        var environment = ports.mapValues { "\($0)" }
        environment["RUN_DIR"] = folder.path
        environment["BIN_DIR"] = BuiltProducts.folder.path
        environment["BEHAVIOURS"] = (["sign", "cancel", "wrongPIN", "silent"] + extraBehaviours).joined(separator: ",")
        environment["CARDS"] = "\(4 + extraBehaviours.count)"
        environment["REGISTER"] = environment["CARDS"]
        environment["TIMING"] = "true"
        // Several tests share the one who always refuses.
        environment["HOME_EDIT"] = #"$ a [abuse]\nrefusal_pause_seconds = 0"#
        // What a home has changed of the directory is soon known.
        environment["AE_EDIT"] = "s|^pull_every = .*|pull_every = 1|"
        environment.merge(more) { $1 }
        try launch(base, environment)
        let output = base.appending(path: "output").path
        for _ in 0..<600 {
            let said = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            if said.contains(" up; ") {
                return Platform(folder: folder, environment: try variables(folder), ports: ports)
            }
            if said.contains("demo: ") { throw StartFailure(said: said) }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StartFailure(said: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }

    private static func launch(_ base: URL, _ environment: [String: String]) throws {
        let script = BuiltProducts.packageRoot.appending(path: "deploy/demo/run").path
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            "$1" >"$2/output" 2>&1 </dev/null & pid=$!
            cat >/dev/null; kill -TERM $pid; wait $pid; rm -rf "$2"
            """, "sh", script, base.path,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runWithSignals()
        lifelines.withLock { $0.append(pipe) }
    }

    /// Starts a part again that a test killed, with the configuration it had.
    @discardableResult
    func restart(_ program: String, _ configuration: String) throws -> Part {
        try launch(program, ["--config", file("config/\(configuration).toml")], as: configuration)
    }

    /// Starts a part; its log goes on where it was.
    @discardableResult
    func launch(_ program: String, _ arguments: [String], as name: String) throws -> Part {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            [
                "-c",
                """
                log=$1 pids=$2 name=$3; shift 3
                "$@" >>"$log" 2>&1 </dev/null & pid=$!
                echo "$pid 0 $name" >>"$pids"
                cat >/dev/null; kill -TERM $pid; wait $pid
                """,
                "sh", file("logs/\(name).log"), file("pids"), name, try BuiltProducts.program(program).path,
            ] + arguments
        let pipe = Pipe()
        process.standardInput = pipe
        try process.runWithSignals()
        Self.lifelines.withLock { $0.append(pipe) }
        return Part(process: process, lifeline: pipe)
    }

    /// A part that a test started, and may stop.
    struct Part {
        fileprivate var process: Process
        fileprivate var lifeline: Pipe

        /// Asks it to stop, and waits until it has.
        func stop() async throws {
            try lifeline.fileHandleForWriting.close()
            for _ in 0..<150 where process.isRunning { try await Task.sleep(for: .milliseconds(100)) }
            #expect(!process.isRunning)
        }
    }

    /// Waits until a home whose operator listens here is ready.
    func untilReady(_ operatorPort: Int) async throws {
        let url = "http://127.0.0.1:\(operatorPort)/ready"
        for _ in 0..<100 {
            if try await Command.run("curl", ["--silent", "--max-time", "10", url]).text.contains(#""smsc":true"#) {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StartFailure(said: "the home is not ready")
    }

    /// Where a part listens, by the script's name of its port.
    func port(_ name: String) throws -> Int { try #require(ports[name]) }

    /// The same platform, as a provider of another AE or an agent of another ME sees it.
    func reached(as variable: String, at url: String) -> Platform {
        var other = self
        other.environment[variable] = url
        return other
    }

    /// Tells the simulator something, over its control socket.
    func tell(_ line: String) async throws {
        let result = try await Command.run(
            BuiltProducts.program("SIMSimulator").path,
            ["tell", "--control", file("simulator.sock"), "--command", line]
        )
        try #require(result.status == 0, "\(line): \(result.text) \(result.errorText)")
    }

    /// Asks the database, as its administrator; rows are lines, their values divided by `|`.
    func rows(_ sql: String, database: String = "mssp") async throws -> [String] {
        let text = try String(contentsOfFile: file("config/migrate.toml"), encoding: .utf8)
        let socket = try #require(text.split(separator: "\n").compactMap(Self.socket).first)
        let result = try await Command.run(
            "psql",
            ["-X", "-q", "-t", "-A", "-c", sql],
            environment: [
                "PGHOST": socket, "PGUSER": "mssp_admin", "PGDATABASE": database,
                "PGPASSFILE": file("state/mssp_admin.pgpass"),
            ]
        )
        try #require(result.status == 0, "\(result.errorText)")
        return result.text.split(separator: "\n").map(String.init)
    }

    /// libpq's parameters of the schema's owner.
    func owner() throws -> String {
        let text = try String(contentsOfFile: file("config/migrate.toml"), encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("connection = ") })
        return line.dropFirst("connection = \"".count).dropLast().description
    }

    private static func socket(_ line: Substring) -> String? {
        guard line.hasPrefix("connection = \"host=") else { return nil }
        return String(line.dropFirst("connection = \"host=".count).prefix { $0 != " " })
    }

    /// How often a text was shown on the phone of a number; activation shows none.
    func prompts(_ msisdn: String) throws -> Int {
        let log = try String(contentsOfFile: file("logs/simulator.log"), encoding: .utf8)
        return log.split(separator: "\n").filter { $0.contains("prompt") && $0.contains(msisdn.suffix(4)) }.count
    }

    private static let lifelines = Mutex<[Pipe]>([])

    private static func variables(_ folder: URL) throws -> [String: String] {
        let text = try String(contentsOf: folder.appending(path: "demo.env"), encoding: .utf8)
        let pairs = text.split(separator: "\n").map { line in
            (String(line.prefix { $0 != "=" }), String(line.drop { $0 != "=" }.dropFirst()))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}

struct StartFailure: Error, CustomStringConvertible {
    var said: String
    var description: String { "the platform did not start: \(said)" }
}
