import Foundation
import MSSTestSupport
import Testing

/// A batch file that a run of `SIMSimulator batch` wrote, wrapped under the transport key of two custodians.
struct PersonalisedBatch: Sendable {
    /// A card of it: its number, and the code that its owner gets by letter.
    struct Card: Sendable {
        var msisdn: String
        var verifyCode: String
    }

    /// The first line and a row a card, as they stand in the file.
    private(set) var lines: [String]
    let cards: [Card]
    private let folder: String

    /// What the custodians enter.
    static let secrets = BatchSample.components.flatMap { [$0.digits, $0.checkValue] }
    /// The check value that the letter about the whole key has.
    static let checkValue = "ee72cb"

    /// Has the simulator write one.
    ///
    /// - Parameters:
    ///   - name: Of its folder.
    ///   - first: The first card's place in the seed's series.
    ///   - count: How many cards.
    ///   - platform: Where its files are to be.
    /// - Returns: What the files hold.
    /// - Throws: What kept the simulator from it.
    static func make(_ name: String, first: Int, count: Int, on platform: Platform) async throws -> Self {
        let folder = platform.file("batches/\(name)")
        let key = folder + "/transport-key"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let digits = BatchSample.transportKey.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        try Data(digits.utf8).write(to: URL(filePath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let made = try await Command.run(
            BuiltProducts.program("SIMSimulator").path,
            [
                "batch", "--seed", seed(platform), "--first", "\(first)", "--count", "\(count)", "--transport-key", key,
                "--out", folder + "/made.csv", "--index", folder + "/index.tsv",
            ]
        )
        try #require(made.status == 0 && made.text == "\(count) cards\n", "\(made.text) \(made.errorText)")
        let text = try String(contentsOfFile: folder + "/made.csv", encoding: .utf8)
        let index = try String(contentsOfFile: folder + "/index.tsv", encoding: .utf8)
        return PersonalisedBatch(
            lines: text.split(separator: "\n").map { String($0) },
            cards: index.split(separator: "\n").map { line in
                let values = line.split(separator: "\t").map { String($0) }
                return Card(msisdn: values[2], verifyCode: values[4])
            },
            folder: folder
        )
    }

    /// Where the seed of all cards stands; the first run makes it.
    static func seed(_ platform: Platform) -> String { platform.file("batches/seed") }

    /// The batch with one column of a line (from 1) that came out wrong.
    func spoilt(line: Int, column: Int, _ value: String) -> Self {
        var batch = self
        var values = lines[line - 1].split(separator: ",").map { String($0) }
        values[column] = value
        batch.lines[line - 1] = values.joined(separator: ",")
        return batch
    }

    /// The first line and another one alone.
    func only(line: Int) -> Self {
        var batch = self
        batch.lines = [lines[0], lines[line - 1]]
        return batch
    }

    /// Writes it as a file.
    ///
    /// - Returns: The file's path.
    func write(as name: String) throws -> String {
        let path = "\(folder)/\(name).csv"
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        return path
    }
}
