import Foundation

/// One line of the personaliser's index.
struct Card {
    var iccid: String
    var imsi: String
    var msisdn: String
    var verifyCode: String

    /// The cards of an index, without the first ones.
    static func read(_ options: Options) throws -> [Card] {
        let index = try String(contentsOfFile: options.text("cards") + "/index.tsv", encoding: .utf8)
        let cards = index.split(separator: "\n").map { line -> Card? in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 5 else { return nil }
            return Card(iccid: fields[0], imsi: fields[1], msisdn: fields[2], verifyCode: fields[4])
        }
        let wanted = try cards.dropFirst(options.number("skip")).prefix(options.number("count"))
        let found = wanted.compactMap { $0 }
        guard !found.isEmpty, found.count == wanted.count else { throw BenchError("the card index is not as expected") }
        return found
    }
}
