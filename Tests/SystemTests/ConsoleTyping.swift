import Foundation
import MSSTestSupport
import Synchronization

/// A command at a home's console as somebody types it: what it shows is read while it runs, and lines are entered.
enum ConsoleTyping {
    struct Result: Sendable {
        var status: Int32
        /// Lines of standard output.
        var said: [String]
        var errors: String
    }

    /// Runs a command line in a shell.
    ///
    /// - Parameters:
    ///   - line: As it stands in the document.
    ///   - folder: Where it is run.
    ///   - environment: What the shell has besides.
    ///   - lines: What is entered, whatever is shown.
    ///   - answer: What is entered when a line was shown; without it nothing comes after `lines`.
    /// - Returns: How it ended and what it said.
    /// - Throws: What kept it from being started.
    static func run(
        _ line: String,
        in folder: String,
        environment: [String: String] = [:],
        typing lines: [String] = [],
        answer: (@Sendable (String) -> String?)? = nil
    ) async throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-o", "pipefail", "-c", line]
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        let said = Mutex<[UInt8]>([])
        let isRead = Mutex(false)
        let writer = input.fileHandleForWriting
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                return isRead.withLock { $0 = true }
            }
            said.withLock { octets in
                for octet in data {
                    if octet == 0x0A, let reply = answer?(lastLine(octets)) {
                        try? writer.write(contentsOf: Data((reply + "\n").utf8))
                    }
                    octets.append(octet)
                }
            }
        }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.runWithSignals()
                // A command that reads nothing has perhaps ended.
                try? writer.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
                if answer == nil { try? writer.close() }
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        try? writer.close()
        while !isRead.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        let text = said.withLock { String(decoding: $0, as: UTF8.self) }
        return Result(
            status: process.terminationStatus,
            said: text.split(separator: "\n").map { String($0) },
            errors: String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        )
    }

    private static func lastLine(_ octets: [UInt8]) -> String {
        let start = octets.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return String(decoding: octets[start...], as: UTF8.self)
    }
}
