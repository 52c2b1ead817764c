import MSSCore
import Synchronization

/// The transactions that this process has sent to cards: who waits for them, and what is needed when the card answers.
///
/// A cache and a meeting point, no more: the ledger alone decides what happened. A process that starts anew begins
/// with an empty one.
final class RunningTransactions: Sendable {
    /// The end of a transaction, as it was committed.
    struct Ended: Sendable {
        var result: TransactionResult
        /// From the command's leaving until its answer's coming.
        var simTime: Duration
    }

    private struct Entry {
        var running: RunningTransaction
        var sent: ContinuousClock.Instant
        var until: ContinuousClock.Instant
        var waiter: CheckedContinuation<Ended?, Never>?
        var ended: Ended?
    }

    private let entries = Mutex<[MSISDN: Entry]>([:])

    /// Remembers a transaction before its command leaves. An older one of the same number can only be a past one.
    func add(_ running: RunningTransaction, until: ContinuousClock.Instant) {
        let entry = Entry(running: running, sent: .now, until: until)
        let old = entries.withLock { $0.updateValue(entry, forKey: running.transaction.msisdn) }
        old?.waiter?.resume(returning: nil)
    }

    func find(_ msisdn: MSISDN) -> RunningTransaction? {
        entries.withLock { $0[msisdn]?.running }
    }

    /// Tells the waiter, if there is one, or keeps the end for the one who comes.
    func end(_ transaction: CardTransaction, _ result: TransactionResult) {
        let (waiter, ended) = entries.withLock { entries -> (CheckedContinuation<Ended?, Never>?, Ended?) in
            guard var entry = entries[transaction.msisdn], entry.running.transaction.id == transaction.id
            else { return (nil, nil) }
            let ended = Ended(result: result, simTime: .now - entry.sent)
            let waiter = entry.waiter
            entry.waiter = nil
            entry.ended = ended
            entries[transaction.msisdn] = entry
            return (waiter, ended)
        }
        waiter?.resume(returning: ended)
    }

    /// Waits for the end; `nil` when the transaction's time is over or the caller has gone.
    func wait(for transaction: CardTransaction) async -> Ended? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate = entries.withLock { entries -> Ended?? in
                    guard var entry = entries[transaction.msisdn], entry.running.transaction.id == transaction.id
                    else { return .some(nil) }
                    if let ended = entry.ended { return .some(ended) }
                    if Task.isCancelled { return .some(nil) }
                    entry.waiter = continuation
                    entries[transaction.msisdn] = entry
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            release(transaction)
        }
    }

    /// Forgets a transaction; a waiter goes away with nothing.
    func remove(_ transaction: CardTransaction) {
        let entry = entries.withLock { entries -> Entry? in
            guard entries[transaction.msisdn]?.running.transaction.id == transaction.id else { return nil }
            return entries.removeValue(forKey: transaction.msisdn)
        }
        entry?.waiter?.resume(returning: nil)
    }

    /// Lets go of everything whose time is over.
    func sweep(_ now: ContinuousClock.Instant) {
        let overdue = entries.withLock { entries in
            let overdue = entries.filter { $0.value.until <= now }
            for msisdn in overdue.keys { entries[msisdn] = nil }
            return overdue.values.compactMap(\.waiter)
        }
        for waiter in overdue { waiter.resume(returning: nil) }
    }

    private func release(_ transaction: CardTransaction) {
        let waiter = entries.withLock { entries -> CheckedContinuation<Ended?, Never>? in
            guard entries[transaction.msisdn]?.running.transaction.id == transaction.id else { return nil }
            let waiter = entries[transaction.msisdn]?.waiter
            entries[transaction.msisdn]?.waiter = nil
            return waiter
        }
        waiter?.resume(returning: nil)
    }
}
