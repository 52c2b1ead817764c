public import MSSRuntime
import Synchronization

/// Types what it was told to, and hands a file over in parts.
public final class Typist: ConsoleDialogue {
    private let lines: Mutex<[String]>
    private let file: Mutex<ArraySlice<UInt8>>
    private let heard = Mutex<[String]>([])

    /// - Parameters:
    ///   - secrets: Lines, one a question.
    ///   - file: What is sent along.
    public init(secrets: [String], file: [UInt8] = []) {
        lines = Mutex(secrets)
        self.file = Mutex(file[...])
    }

    /// What it was told.
    public var said: [String] { heard.withLock { $0 } }

    public func report(_ line: String) async throws(ConsoleRefusal) { heard.withLock { $0.append(line) } }

    public func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] {
        let line = lines.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let line else { throw ConsoleRefusal("nothing was entered") }
        return Array(line.utf8)
    }

    public func octets() async throws(ConsoleRefusal) -> [UInt8]? {
        file.withLock { file in
            guard !file.isEmpty else { return nil }
            defer { file = file.dropFirst(1_000) }
            return Array(file.prefix(1_000))
        }
    }
}
