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
    private let pool: Pool
    private let subscribers: any SubscriberDirectory
    private let beginnings: Batcher<CardTransaction, BeginStatement.Begun?>
    private let ends: Batcher<EndStatement.End, Bool>

    public init(pool: Pool, subscribers: any SubscriberDirectory) {
        self.pool = pool
        self.subscribers = subscribers
        beginnings = Batcher(pool: pool, maximum: 256, lanes: 1) { transactions, connection in
            try await BeginStatement.run(transactions, on: connection)
        }
        ends = Batcher(pool: pool, maximum: 256, lanes: 1) { ends, connection in
            try await EndStatement.run(ends, on: connection)
        }
    }

    public func begin(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters {
        let begun = try await StoreError.catching {
            try await self.beginnings.submit(transaction, deadline: deadline)
        }
        guard let begun else { throw .busy }
        guard let packet = UInt64(exactly: begun.packet), let frame = UInt32(exactly: begun.frame) else {
            throw .conflict("a counter of the card is out of its range")
        }
        return SpentCounters(packet: packet, frame: frame)
    }

    public func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        counter: UInt32?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try await StoreError.catching {
            try await self.ends.submit(
                EndStatement.End(id: transaction.id, result: result, counter: counter),
                deadline: deadline
            )
        }
    }

    public func entry(
        _ id: TransactionID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        guard let entry = try await read(id, until: deadline) else { return nil }
        guard entry.result == nil, entry.transaction.deadline < Date() else { return entry }
        // Its time is over and nobody has said so yet: that is committed before it is told.
        let expired = MSSFault(.expiredTransaction, "The user did not answer in time.", specifier: 2081)
        _ = try await end(entry.transaction, with: .fault(expired), counter: nil, until: deadline)
        return try await read(id, until: deadline)
    }

    public func running(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> RunningTransaction? {
        let transaction = try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                // One whose time is over takes no answer any more: it ends as expired.
                let sql = TransactionRow.select + " WHERE c.msisdn = $1 AND t.running AND t.deadline > now()"
                let result = try await connection.execute(sql, [.text(msisdn.description)])
                return result.count == 0 ? nil : try TransactionRow.entry(result, 0).transaction
            }
        }
        guard let transaction, let subscriber = try await subscribers.subscriber(msisdn, until: deadline)
        else { return nil }
        return RunningTransaction(transaction: transaction, subscriber: subscriber)
    }

    private func read(
        _ id: TransactionID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let sql = TransactionRow.select + " WHERE t.id = $1"
                let result = try await connection.execute(sql, [.text(id.description)])
                return result.count == 0 ? nil : try TransactionRow.entry(result, 0)
            }
        }
    }
}
