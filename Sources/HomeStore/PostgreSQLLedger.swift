import Alauda
import Foundation
public import HomeMSSP
public import MSSCore
public import OTA
public import PostgreSQL

/// The ledger in PostgreSQL.
///
/// What is waiting when a commit ends goes together into the next one.
public final class PostgreSQLLedger: TransactionLedger {
    let pool: Pool
    let subscribers: any SubscriberDirectory
    private let authenticator: any RowAuthenticator
    /// This process among those of the home, as long as it lives.
    let process = Int32.random(in: 1...Int32.max)
    public let changes: AsyncStream<LedgerChange>
    let changed: AsyncStream<LedgerChange>.Continuation
    private let beginnings: Batcher<CardTransaction, BeginStatement.Outcome>
    private let ends: Batcher<EndStatement.End, Bool>
    private let lists: ListStore
    private let deliveries: Batcher<Delivery, LedgerEntry?>

    private struct Delivery: Sendable {
        var id: TransactionID
        var reader: ResultReader
    }

    /// - Parameters:
    ///   - pool: Lends connections.
    ///   - subscribers: Finds the person of a running transaction.
    ///   - authenticator: Makes the code of a key that a card proved.
    ///   - readable: How long after its end a result is told to its provider.
    ///   - limits: How often a person may be asked in vain.
    public init(
        pool: Pool,
        subscribers: any SubscriberDirectory,
        authenticator: any RowAuthenticator,
        readable: Duration = .seconds(600),
        limits: PromptLimits = PromptLimits()
    ) {
        self.pool = pool
        self.subscribers = subscribers
        self.authenticator = authenticator
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        let process = process
        let seconds = readable.components.seconds
        beginnings = Batcher(pool: pool, maximum: 256, lanes: 1) { transactions, connection in
            try await BeginStatement.run(transactions, process: process, limits: limits, on: connection)
        }
        lists = ListStore(pool: pool)
        let proofs = ProofStatement()
        ends = Batcher(pool: pool, maximum: 256, lanes: 1) { ends, connection in
            try await proofs.run(ends.compactMap(\.evidence), on: connection)
            return try await EndStatement.run(ends, process: process, on: connection)
        }
        deliveries = Batcher(pool: pool, maximum: 256, lanes: 1) { asked, connection in
            let result = try await connection.execute(
                CarryingOn.deliver,
                [
                    .textArray(asked.map(\.id.description)), .textArray(asked.map(\.reader.provider)),
                    .textArray(asked.map(\.reader.acquiringEntity?.uri)), .int8(seconds),
                ]
            )
            var found: [TransactionID: LedgerEntry] = [:]
            for row in 0..<result.count {
                let entry = try TransactionRow.entry(result, row)
                // Two may ask for the same one in a batch, and one of them not be its reader.
                found[entry.transaction.id] = entry
            }
            return asked.map { asked in found[asked.id].flatMap { $0.transaction.reader == asked.reader ? $0 : nil } }
        }
    }

    public func begin(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters {
        let outcome = try await StoreError.catching {
            try await self.beginnings.submit(transaction, deadline: deadline)
        }
        switch outcome {
        case .begun(let counters): return try counters.spent()
        case .busy(let until): throw .busy(until: until)
        case .repeated(let entry): throw .repeated(entry)
        case .held(let hold): throw .held(hold)
        case .tooSoon: throw .conflict("the card was recovered less than a day ago")
        }
    }

    public func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        frame: AnswerFrame?,
        tells: Bool,
        evidence: KeptEvidence?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let end = EndStatement.End(
            id: transaction.id,
            result: result,
            frame: frame,
            tells: tells,
            evidence: evidence,
            code: try code(of: result, transaction)
        )
        return try await StoreError.catching {
            // Beside the lane of the ends: a list that is new must not hold up those that do not name it.
            if let evidence { try await self.lists.keep(evidence, until: deadline) }
            return try await self.ends.submit(end, deadline: deadline)
        }
    }

    /// Of the row that a proven key is stored in: from the card's proof on nobody else can put one in its place.
    private func code(
        of result: TransactionResult,
        _ transaction: CardTransaction
    ) throws(StoreError) -> [UInt8]? {
        guard case .provenKey(let key) = result, case .keyGeneration(let task) = transaction.task else { return nil }
        let row = DecidingRow.provenKey(
            msisdn: transaction.msisdn.description,
            reference: task.reference,
            algorithm: task.algorithm.rawValue,
            publicKey: key
        )
        do throws(RowRefusal) { return try authenticator.code(of: row) } catch { throw StoreError(error) }
    }

    public func entry(
        _ id: TransactionID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        guard let entry = try await read(id, until: deadline) else { return nil }
        guard try await endIfOverdue(entry, until: deadline) else { return entry }
        return try await read(id, until: deadline)
    }

    public func deliver(
        _ id: TransactionID,
        to reader: ResultReader,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        func read() async throws(StoreError) -> LedgerEntry? {
            try await StoreError.catching {
                try await self.deliveries.submit(Delivery(id: id, reader: reader), deadline: deadline)
            }
        }
        guard let entry = try await read() else { return nil }
        guard try await endIfOverdue(entry, until: deadline) else { return entry }
        return try await read()
    }

    /// One whose time is over and nobody has said so yet: that is committed before it is told.
    private func endIfOverdue(
        _ entry: LedgerEntry,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        guard entry.result == nil, entry.transaction.deadline < Date() else { return false }
        let expired = MSSFault(.expiredTransaction, "The user did not answer in time.", specifier: 2081)
        _ = try await end(entry.transaction, with: .fault(expired), frame: nil, until: deadline)
        return true
    }

    public func running(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> RunningTransaction? {
        // One whose time is over takes no answer any more: it ends as expired.
        let sql = TransactionRow.select + " WHERE c.msisdn = $1 AND t.running AND t.deadline > now()"
        guard let entry = try await one(sql, [.text(msisdn.description)], deadline),
            let subscriber = try await subscribers.subscriber(msisdn, until: deadline)
        else { return nil }
        return RunningTransaction(transaction: entry.transaction, subscriber: subscriber)
    }

    func read(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> LedgerEntry? {
        try await one(TransactionRow.select + " WHERE t.id = $1", [.text(id.description)], deadline)
    }

    private func one(
        _ sql: String,
        _ parameters: [Parameter],
        _ deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try await ask(sql, parameters, deadline) { $0.count == 0 ? nil : try TransactionRow.entry($0, 0) }
    }

    /// Runs one statement and reads its rows.
    func ask<Value: Sendable>(
        _ sql: String,
        _ parameters: [Parameter],
        _ deadline: ContinuousClock.Instant,
        _ read: @escaping @Sendable (ResultSet) throws -> Value
    ) async throws(StoreError) -> Value {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try read(try await connection.execute(sql, parameters))
            }
        }
    }
}
