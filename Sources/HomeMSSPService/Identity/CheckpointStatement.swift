import Foundation
import MSSCore

/// What a checkpoint says of the audit: a line a fact, in one form alone.
///
/// Its digest is SHA-256 over the digest of the checkpoint before (32 octets of zero before the first) and the digest of
/// each row, in the order of their numbers.
struct CheckpointStatement: Sendable, Equatable {
    /// The service's name.
    var home: String
    /// The database cluster's identifier.
    var database: UInt64
    var number: Int64
    /// The numbers that it covers: from the one after the last checkpoint's on.
    var rows: ClosedRange<Int64>
    /// How many of them there are: a number that was taken and given back leaves a gap.
    var count: Int64
    var previous: [UInt8]
    var digest: [UInt8]
    /// Whole seconds.
    var time: Date
    /// Who signs it.
    var identity: Int32

    static let nothing = [UInt8](repeating: 0, count: 32)

    /// As it is signed, below the line of its purpose.
    var text: String {
        """
        home \(home)
        database \(database)
        checkpoint \(number)
        rows \(rows.lowerBound) to \(rows.upperBound)
        count \(count)
        previous \(Hexadecimal.text(previous))
        digest \(Hexadecimal.text(digest))
        time \(time.formatted(.iso8601))
        identity \(identity)

        """
    }
}

extension CheckpointStatement {
    /// Reads one; `nil` unless the text is exactly what ``text`` writes.
    init?(_ text: String) {
        let words = ["home", "database", "checkpoint", "rows", "count", "previous", "digest", "time", "identity"]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == words.count + 1, text.utf8.count <= 2_048 else { return nil }
        var values: [String] = []
        for (word, line) in zip(words, lines) {
            guard line.hasPrefix(word + " ") else { return nil }
            values.append(String(line.dropFirst(word.count + 1)))
        }
        let numbers = values[3].components(separatedBy: " to ").compactMap { Int64($0) }
        guard let database = UInt64(values[1]), let number = Int64(values[2]), number > 0, numbers.count == 2,
            numbers[0] > 0, numbers[0] <= numbers[1], let count = Int64(values[4]), count >= 0,
            let previous = Hexadecimal.octets(values[5]), previous.count == 32,
            let digest = Hexadecimal.octets(values[6]), digest.count == 32,
            let time = try? Date(values[7], strategy: .iso8601), let identity = Int32(values[8])
        else { return nil }
        self.init(
            home: values[0],
            database: database,
            number: number,
            rows: numbers[0]...numbers[1],
            count: count,
            previous: previous,
            digest: digest,
            time: time,
            identity: identity
        )
        guard self.text == text else { return nil }
    }
}
