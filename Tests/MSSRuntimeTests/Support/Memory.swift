import Foundation
import MSSCore
import MSSRuntime
import Synchronization

/// Keeps log lines in memory.
final class MemorySink: LineSink {
    private let kept = Mutex<[[UInt8]]>([])

    func write(_ line: [UInt8]) {
        kept.withLock { $0.append(line) }
    }

    var lines: [String] { kept.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

    /// The only line, as JSON.
    func object() throws -> [String: Any] {
        guard lines.count == 1, let line = lines.first else { throw NotOneLine(count: lines.count) }
        return try JSON.object(line)
    }

    struct NotOneLine: Error {
        let count: Int
    }
}

enum JSON {
    struct NotAnObject: Error {}

    static func object(_ text: String) throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
            throw NotAnObject()
        }
        return object
    }
}

/// Keeps counts in memory.
final class MemoryTally: Tally {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ event: String, _ labels: [(String, String)]) {
        counts.withLock { $0[event, default: 0] += 1 }
    }

    func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {
        counts.withLock { $0[event, default: 0] += 1 }
    }

    subscript(_ event: String) -> Int { counts.withLock { $0[event] ?? 0 } }
}
