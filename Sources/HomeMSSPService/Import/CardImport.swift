import Crypto
import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import MSSCore

/// Takes a personaliser's batch file: a stream of octets goes in, cards come into the database, and everything that is
/// wrong is told by line number and reason.
struct CardImport: Sendable {
    /// What a file is taken with.
    struct Order: Sendable {
        var batch: CardBatch
        var key: TransportKey
    }

    /// How far it is.
    struct Progress: Sendable, Equatable {
        /// Rows read, without the header.
        var rows = 0
        var kept = 0
        var refused = 0

        var line: String { "\(rows) rows read, \(kept) cards taken, \(refused) refused" }
    }

    enum Event: Sendable, Equatable {
        case progress(Progress)
        case refused(line: Int, reason: String)
    }

    /// Rows of one file at most: what is remembered of each to find it twice is bounded.
    static let mostRows = 2_000_000
    /// Cards a statement.
    private static let chunk = 2_000

    let vault: Vault
    let table: CardBatchTable

    /// - Parameters:
    ///   - order: The file's digest is checked at its end.
    ///   - octets: The next octets of the file; `nil` after the last.
    ///   - tell: Hears of every bad row, and once a second how far it is.
    /// - Returns: The counts; in mode all-or-none nothing is kept if a row was refused.
    /// - Throws: ``CardImportError`` for a file that is none; `StoreError`; what `octets` and `tell` throw.
    func run(
        _ order: Order,
        octets: () async throws -> [UInt8]?,
        tell: (Event) async throws -> Void
    ) async throws -> Progress {
        var reading = Reading(order: order, vault: vault)
        let batch = order.batch
        _ = try await table.take(batch) { session in
            var digest = SHA256()
            var lines = BatchLines()
            var told = ContinuousClock.now
            while let part = try await octets() {
                try Task.checkCancellation()
                digest.update(data: part)
                lines.append(part)
                while let line = lines.next() {
                    try reading.read(line)
                    if reading.isFull(Self.chunk) { try await keep(&reading, session, batch.mode) }
                    if told.duration(to: .now) >= .seconds(1) {
                        told = .now
                        try await tell(.progress(reading.progress))
                    }
                    try await tellRefused(&reading, tell)
                }
            }
            if let line = lines.last() { try reading.read(line) }
            try await keep(&reading, session, batch.mode)
            try await tellRefused(&reading, tell)
            try reading.finish()
            guard Array(digest.finalize()) == batch.digest else { throw CardImportError.otherFile }
            let isTaken = batch.mode == .keepGood ? reading.progress.kept > 0 : reading.progress.refused == 0
            if !isTaken { reading.keepNone() }
            let progress = reading.progress
            return CardBatchTable.Counts(kept: progress.kept, refused: progress.refused, isTaken: isTaken)
        }
        try await tell(.progress(reading.progress))
        return reading.progress
    }

    /// Writes what waits; a whole file with a bad row is only read on.
    private func keep(
        _ reading: inout Reading,
        _ session: CardBatchTable.Session,
        _ mode: CardBatch.Mode
    ) async throws {
        let cards = reading.take()
        guard mode == .keepGood || reading.progress.refused == 0 else { return }
        reading.note(cards, refused: try await session.insert(cards))
    }

    private func tellRefused(_ reading: inout Reading, _ tell: (Event) async throws -> Void) async throws {
        for (line, reason) in reading.takeRefused() { try await tell(.refused(line: line, reason: reason)) }
    }
}

/// Why a file is not taken at all.
enum CardImportError: Error, Equatable, CustomStringConvertible {
    case header, empty, otherFile, tooLong

    var description: String {
        switch self {
        case .header: "the first line must be \(BatchRow.header)"
        case .empty: "the file has no row"
        case .otherFile: "the file is not the one whose digest was told: it changed while it was read"
        case .tooLong: "a file has at most \(CardImport.mostRows) rows"
        }
    }
}

/// What is known of a file while it is read.
private struct Reading {
    private let order: CardImport.Order
    private let vault: Vault
    private var number = 0
    private var waiting: [BatchedCard] = []
    private var refused: [(line: Int, reason: String)] = []
    private var iccids: [ICCID: Int] = [:]
    private var imsis: [IMSI: Int] = [:]
    private var msisdns: [MSISDN: Int] = [:]
    private(set) var progress = CardImport.Progress()

    init(order: CardImport.Order, vault: Vault) {
        self.order = order
        self.vault = vault
    }

    func isFull(_ count: Int) -> Bool { waiting.count >= count }

    mutating func read(_ line: BatchLines.Line) throws {
        number += 1
        guard number > 1 else {
            guard line == .octets(Array(BatchRow.header.utf8)) else { throw CardImportError.header }
            return
        }
        guard progress.rows < CardImport.mostRows else { throw CardImportError.tooLong }
        progress.rows += 1
        switch line {
        case .tooLong: refuse(number, "it is longer than \(BatchLines.longest) octets")
        case .octets(let octets):
            do throws(BatchRowError) { try take(octets) } catch { refuse(number, error.description) }
        }
    }

    private mutating func take(_ octets: [UInt8]) throws(BatchRowError) {
        let row = try BatchRow(octets)
        for (column, line) in [
            ("iccid", iccids[row.iccid]), ("imsi", imsis[row.imsi]), ("msisdn", msisdns[row.msisdn]),
        ] {
            if let line { return refuse(number, "\(column): line \(line) has the same") }
        }
        let records = try vault.importCard(row, under: order.key, batch: order.batch.name)
        iccids[row.iccid] = number
        imsis[row.imsi] = number
        msisdns[row.msisdn] = number
        let security = CardSecurity(records: records, tar: row.tar)
        let card = CardReference(iccid: row.iccid, msisdn: row.msisdn, security: security)
        waiting.append(BatchedCard(card: card, imsi: row.imsi, line: number))
    }

    private mutating func refuse(_ line: Int, _ reason: String) {
        progress.refused += 1
        refused.append((line, reason))
    }

    mutating func take() -> [BatchedCard] {
        defer { waiting = [] }
        return waiting
    }

    mutating func takeRefused() -> [(line: Int, reason: String)] {
        defer { refused = [] }
        return refused
    }

    mutating func note(_ cards: [BatchedCard], refused reasons: [Int: String]) {
        progress.kept += cards.count - reasons.count
        for (line, reason) in reasons.sorted(by: { $0.key < $1.key }) { refuse(line, reason) }
    }

    mutating func keepNone() { progress.kept = 0 }

    func finish() throws {
        guard number > 0, progress.rows > 0 else { throw CardImportError.empty }
    }
}
