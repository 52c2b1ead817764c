public import Foundation

/// The `openssl` command line: other code than ours, to make what tests start from and to check what they end with.
public struct OpenSSLCommand: Sendable {
    /// Where relative paths begin.
    public let folder: URL

    /// What a run ended with.
    public struct Output: Sendable {
        public let status: Int32
        public let standardOutput: [UInt8]
        public let standardError: String

        /// The standard output as text.
        public var text: String { String(decoding: standardOutput, as: UTF8.self) }
    }

    /// A run that had to succeed and did not.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public init(in folder: URL) {
        self.folder = folder
    }

    /// Runs `openssl` to its end, whatever that is.
    ///
    /// - Parameters:
    ///   - arguments: Its command line.
    ///   - input: What it reads from its standard input.
    /// - Returns: How it ended and what it wrote.
    /// - Throws: When it cannot be started.
    public func attempt(_ arguments: [String], input: [UInt8] = []) async throws -> Output {
        let process = try process(arguments)
        // Files, not pipes: neither side waits for the other to read.
        let scratch = folder.appending(path: ".openssl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let files = ["in", "out", "err"].map { scratch.appending(path: $0) }
        try Data(input).write(to: files[0])
        try Data().write(to: files[1])
        try Data().write(to: files[2])
        let handles = [
            try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
            try FileHandle(forWritingTo: files[2]),
        ]
        // A process that has ended keeps its handles.
        defer { for handle in handles { try? handle.close() } }
        process.standardInput = handles[0]
        process.standardOutput = handles[1]
        process.standardError = handles[2]
        // Waited for without blocking a thread that other tests need.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.runWithSignals()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return Output(
            status: process.terminationStatus,
            standardOutput: Array(try Data(contentsOf: files[1])),
            standardError: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        )
    }

    /// Runs `openssl`, which must succeed.
    @discardableResult
    public func run(_ arguments: [String], input: [UInt8] = []) async throws -> Output {
        let output = try await attempt(arguments, input: input)
        guard output.status == 0 else {
            throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(output.standardError)")
        }
        return output
    }

    /// A process that is not started yet, for the commands that serve.
    public func process(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        // No configuration and no proxy of this machine.
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        return process
    }
}
