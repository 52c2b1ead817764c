import Foundation
import MSSTestSupport
import Testing

/// What a test does with the home of a platform of its own: stops it, changes its file, starts it, asks it.
struct HomeProcess: Sendable {
    let platform: Platform
    let operatorPort: Int

    /// A sed script for home.toml, as `HOME_EDIT`: an operator's listener.
    static func edit(operatorPort: Int, _ more: String = "") -> String {
        "$ a [operator]\\nlisten = \"127.0.0.1:\(operatorPort)\"\\n\(more)"
    }

    static func start(_ name: String, _ more: String = "") async throws -> HomeProcess {
        let port = try FreePort.next()
        let platform = try await Platform.start(name, ["HOME_EDIT": edit(operatorPort: port, more)])
        return HomeProcess(platform: platform, operatorPort: port)
    }

    /// Ends the home and waits until it is gone.
    func stop(_ signal: Int32 = SIGTERM) async throws {
        let process = try platform.process("home")
        kill(process, signal)
        try await gone(process)
    }

    /// Waits until it has ended.
    func gone(_ process: Int32? = nil) async throws {
        let process = try process ?? platform.process("home")
        for _ in 0..<800 {
            // One that nobody has waited for yet has no command line any more.
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            if line.isEmpty { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the home does not stop")
    }

    /// Starts it and waits until it says `word` of its readiness.
    func start(until word: String = #""smsc":true,"smsc.primary":true,"vault":true"#) async throws {
        try platform.restart("HomeMSSPService", "home")
        try await awaitReady(word)
    }

    func awaitReady(_ word: String = #""smsc":true,"smsc.primary":true,"vault":true"#) async throws {
        for _ in 0..<200 {
            if try await ready().contains(word) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the home is not \(word): \(try await ready())")
    }

    /// Changes its configuration.
    func change(_ old: String, to new: String) throws {
        let path = platform.file("config/home.toml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains(old), "\(old)")
        try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
    }

    func ready() async throws -> String { try await ask("ready") }

    func ask(_ path: String) async throws -> String {
        let url = "http://127.0.0.1:\(operatorPort)/\(path)"
        return try await Command.run("curl", ["--silent", "--max-time", "10", url]).text
    }

    /// A start that ends by itself, within ten seconds.
    func run() async throws -> ConsoleTyping.Result {
        let program = try BuiltProducts.program("HomeMSSPService").path
        return try await ConsoleTyping.run("timeout 10 '\(program)' --config home.toml", in: platform.file("config"))
    }

    /// A command at its console.
    func type(_ command: String, _ lines: [String] = []) async throws -> ConsoleTyping.Result {
        let program = try BuiltProducts.program("HomeMSSPService").path
        return try await ConsoleTyping.run(
            "'\(program)' \(command) --config home.toml",
            in: platform.file("config"),
            typing: lines
        )
    }
}
