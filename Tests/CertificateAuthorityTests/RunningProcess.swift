import Foundation
import MSSTestSupport

/// A process that a test started, with what it prints; it ends with the test.
final class RunningProcess: Sendable {
    let process: Process
    private let printed: URL

    /// Starts it; both of its outputs go into one file.
    init(_ process: Process) throws {
        self.process = process
        printed = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: printed)
        let handle = try FileHandle(forWritingTo: printed)
        // A process that has ended keeps its handle.
        defer { try? handle.close() }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.runWithSignals()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: printed)
    }

    /// What it has printed so far.
    var output: String { (try? String(contentsOf: printed, encoding: .utf8)) ?? "" }

    /// The first line that begins so, without this beginning.
    ///
    /// - Throws: When the process ends, or ten seconds pass, without it.
    func line(after beginning: String) async throws -> String {
        String(try await line { $0.hasPrefix(beginning) }.dropFirst(beginning.count))
    }

    /// The first line with these words in it; the rest is as for ``line(after:)``.
    func line(containing words: String) async throws -> String {
        try await line { $0.contains(words) }
    }

    private func line(where isWanted: (String) -> Bool) async throws -> String {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            let hasEnded = !process.isRunning
            // The last piece is not a whole line yet.
            if let line = output.components(separatedBy: "\n").dropLast().first(where: isWanted) { return line }
            if hasEnded { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw FixtureFailure(description: "a line is missing in: \(output)")
    }

    /// Waits for its end, ten seconds at most.
    ///
    /// - Returns: The exit status; `nil` if it still runs or a signal ended it.
    func end() async throws -> Int32? {
        let end = ContinuousClock.now + .seconds(10)
        while process.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        guard !process.isRunning, process.terminationReason == .exit else { return nil }
        return process.terminationStatus
    }

    /// Asks it to stop.
    func terminate() { process.terminate() }
}

/// What a fixture could not do.
struct FixtureFailure: Error, CustomStringConvertible {
    let description: String
}
