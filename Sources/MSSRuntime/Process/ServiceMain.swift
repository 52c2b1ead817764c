import Glibc

/// The frame of every service's `main`.
public enum ServiceMain {
    /// What `--version` prints after the service's name.
    public static let version = "0.1.0"

    /// Exit codes as sysexits(3) has them.
    enum ExitCode {
        static let usage: Int32 = 64
        static let failure: Int32 = 70
        static let configuration: Int32 = 78
    }

    /// Hardens the process, reads the command line, runs `body` and ends the process.
    ///
    /// An error that `body` throws is one line on standard error; the exit code is 78 for a `StartError`, 64 for
    /// one of the command line, 70 for another error, and 0 when `body` returns.
    /// - Parameters:
    ///   - name: The service's name.
    ///   - commands: Those it knows besides `run`.
    ///   - options: Names of options that they have; each takes a value.
    ///   - flags: Names of those that take none.
    ///   - usage: A line for `--help` on each command that has any.
    ///   - body: What the service does; returns when it has stopped.
    public static func run(
        _ name: String,
        commands: [String] = [],
        options: [String] = [],
        flags: [String] = [],
        usage: [String] = [],
        _ body: @Sendable (Invocation) async throws -> Void
    ) async -> Never {
        do {
            try ProcessHardening.apply()
            let words = CommandLine.arguments.dropFirst()
            switch Invocation.read(words, commands: commands, options: options, flags: flags) {
            case .help: say(Invocation.usage(name, commands: commands, lines: usage), on: STDOUT_FILENO)
            case .version: say("\(name) \(version)\n", on: STDOUT_FILENO)
            case .wrong(let what):
                throw StartError(usage: what)
            case .invocation(let invocation):
                try await body(invocation)
            }
        } catch let error as StartError where error.isUsage {
            end(name, "\(error.description); \(name) --help shows how it is called", ExitCode.usage)
        } catch let error as StartError {
            end(name, error.description, ExitCode.configuration)
        } catch {
            end(name, "\(error)", ExitCode.failure)
        }
        exit(0)
    }

    static func end(_ name: String, _ line: String, _ code: Int32) -> Never {
        say("\(name): \(OneLine.text(line))\n", on: STDERR_FILENO)
        exit(code)
    }

    private static func say(_ text: String, on descriptor: Int32) {
        let octets = Array(text.utf8)
        _ = octets.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
