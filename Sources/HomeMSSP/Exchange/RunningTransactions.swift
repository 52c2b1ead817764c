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

    private typealias Waiter = CheckedContinuation<Ended?, Never>

    private struct Entry {
        var running: RunningTransaction
        var sent: ContinuousClock.Instant
        var until: ContinuousClock.Instant
        var waiters: [UInt64: Waiter] = [:]
        var ended: Ended?
    }

    private struct State {
        var entries: [MSISDN: Entry] = [:]
        var lastWaiter: UInt64 = 0

        /// Changes the entry of a transaction, if it is still here and no newer one of its number.
        mutating func change<Value>(_ transaction: CardTransaction, _ change: (inout Entry) -> Value) -> Value? {
            guard var entry = entries[transaction.msisdn], entry.running.transaction.id == transaction.id
            else { return nil }
            defer { entries[transaction.msisdn] = entry }
            return change(&entry)
        }
    }

    private let state = Mutex(State())

    /// Remembers a transaction before its command leaves.
    ///
    /// An older one of the same number can only be a past one.
    func add(_ running: RunningTransaction, until: ContinuousClock.Instant) {
        let entry = Entry(running: running, sent: .now, until: until)
        let old = state.withLock { $0.entries.updateValue(entry, forKey: running.transaction.msisdn) }
        old?.waiters.values.forEach { $0.resume(returning: nil) }
    }

    /// The transaction of a number that the ledger has not ended yet, as far as is known here.
    func find(_ msisdn: MSISDN) -> RunningTransaction? {
        state.withLock { state in
            guard let entry = state.entries[msisdn], entry.ended == nil else { return nil }
            return entry.running
        }
    }

    /// Tells those who wait, and keeps the end for one who comes.
    func end(_ transaction: CardTransaction, _ result: TransactionResult) {
        let told = state.withLock { state in
            state.change(transaction) { entry in
                let ended = Ended(result: result, simTime: .now - entry.sent)
                defer { entry.waiters = [:] }
                entry.ended = ended
                return (Array(entry.waiters.values), ended)
            }
        }
        guard let (waiters, ended) = told else { return }
        for waiter in waiters { waiter.resume(returning: ended) }
    }

    /// Waits for the end; `nil` when the transaction's time is over or the caller has gone.
    func wait(for transaction: CardTransaction) async -> Ended? {
        let id = state.withLock { state in
            state.lastWaiter &+= 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state in
                    state.change(transaction) { entry in Self.join(&entry, id, continuation) } ?? .over
                }
                switch answer {
                case .waits: break
                case .ended(let ended): continuation.resume(returning: ended)
                case .over: continuation.resume(returning: nil)
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.change(transaction) { $0.waiters.removeValue(forKey: id) } ?? nil
            }
            waiter?.resume(returning: nil)
        }
    }

    private enum Joined {
        case waits
        case ended(Ended)
        case over
    }

    // Cancelled before it waits, the handler has run already and found nobody.
    private static func join(_ entry: inout Entry, _ id: UInt64, _ waiter: Waiter) -> Joined {
        if let ended = entry.ended { return .ended(ended) }
        if Task.isCancelled { return .over }
        entry.waiters[id] = waiter
        return .waits
    }

    /// Forgets a transaction; a waiter goes away with nothing.
    func remove(_ transaction: CardTransaction) {
        let waiters = state.withLock { state in
            let waiters = state.change(transaction) { $0.waiters.values.map { $0 } }
            if waiters != nil { state.entries[transaction.msisdn] = nil }
            return waiters ?? []
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// Lets go of everything whose time is over.
    func sweep(_ now: ContinuousClock.Instant) {
        let overdue = state.withLock { state in
            let overdue = state.entries.filter { $0.value.until <= now }
            for msisdn in overdue.keys { state.entries[msisdn] = nil }
            return overdue.values.flatMap(\.waiters.values)
        }
        for waiter in overdue { waiter.resume(returning: nil) }
    }
}
