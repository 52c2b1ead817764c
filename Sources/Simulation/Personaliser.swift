import Foundation

/// Makes cards as a personaliser would: one file for the simulator, one a card for the home, or one batch for the home.
public struct Personaliser: Sendable {
    private let series: CardSeries
    private let range: Range<Int>

    /// A part of a series, all of it if nothing is said.
    public init(_ series: CardSeries, _ range: Range<Int>? = nil) {
        self.series = series
        self.range = (range ?? 0..<series.count).clamped(to: 0..<series.count)
    }

    /// New keys for each card; numbers follow `firstMSISDN`; the first cards get the behaviours, all further ones do as
    /// their number says, or sign.
    public init(count: Int, firstMSISDN: UInt64, behaviours: [Behaviour]) {
        self.init(CardSeries(seed: CardSeed(), count: count, firstMSISDN: firstMSISDN, behaviours: behaviours))
    }

    private var cards: some Sequence<CardRecord> { range.lazy.compactMap { series.card($0) } }

    /// Writes cards.jsonl, index.tsv and keys/ICCID.json into a folder; all of it is secret, mode 0600.
    public func write(to folder: String) throws {
        let keys = folder + "/keys"
        do {
            try FileManager.default.createDirectory(
                atPath: keys,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch { throw SimulationError("\(folder) cannot be made") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var lines = Data()
        var index = Data()
        for card in cards {
            lines += try encoder.encode(card) + [0x0A]
            let entry = [card.iccid, card.imsi, "+" + card.msisdn, card.behaviour.name, card.verifyCode]
            index += Data((entry.joined(separator: "\t") + "\n").utf8)
            let file = KeyFile(iccid: card.iccid, ssd: card.ssd, wpki: card.wpki)
            try PrivateFile.write(try encoder.encode(file), keys + "/\(card.iccid).json")
        }
        try PrivateFile.write(lines, folder + "/cards.jsonl")
        try PrivateFile.write(index, folder + "/index.tsv")
    }

    /// Writes a batch file for the home's import (``BatchFile``) and, where asked, the index that `write(to:)` makes.
    ///
    /// - Returns: How many rows.
    @discardableResult
    public func writeBatch(to path: String, transportKey: TransportKey?, index: String? = nil) throws -> Int {
        var rows = 0
        var batch = Data((BatchFile.header + "\n").utf8)
        var entries = Data()
        for card in cards {
            batch += Data((try BatchFile.row(card, transportKey) + "\n").utf8)
            let entry = [card.iccid, card.imsi, "+" + card.msisdn, card.behaviour.name, card.verifyCode]
            if index != nil { entries += Data((entry.joined(separator: "\t") + "\n").utf8) }
            rows += 1
        }
        try PrivateFile.write(batch, path)
        if let index { try PrivateFile.write(entries, index) }
        return rows
    }

    /// What is encrypted for the home (docs/registration.md).
    private struct KeyFile: Encodable {
        var iccid: String
        var ssd: CardRecord.SecurityDomain
        var wpki: CardRecord.Applet
    }
}
