import MSSCore
import Synchronization

import struct Foundation.Date

/// The exchanges that this process looks after: their state, who waits, and what is needed when the card answers.
///
/// A cache and a meeting point, no more: the ledger alone decides what happened. A process that starts anew begins
/// with an empty one and takes over what the ledger says is nobody's.
final class RunningTransactions: Sendable {
    /// The end of a transaction, as it was committed.
    struct Ended: Sendable {
        var result: TransactionResult
        /// From the command's leaving until its answer's coming.
        var simTime: Duration
    }

    /// What a caller hears who waits.
    enum Word: Sendable {
        case ended(Ended)
        /// Another process ended it: the ledger tells how. With the time since the command left.
        case elsewhere(Duration)
        /// Its time is over.
        case over
        /// The caller has gone, or a newer transaction of the number has taken the place.
        case gone
    }

    fileprivate typealias Waiter = CheckedContinuation<Word, Never>

    fileprivate struct Entry {
        var running: RunningTransaction
        var state: ExchangeState
        var sent: ContinuousClock.Instant
        /// When the message centre said to this process that it has the command.
        var taken: Date?
        var waiters: [UInt64: Waiter] = [:]
        var ended: Ended?
        /// It may have ended elsewhere before anybody waited here.
        var hasNews = false
    }

    fileprivate struct State {
        private(set) var entries: [MSISDN: Entry] = [:]
        private(set) var numbers: [TransactionID: MSISDN] = [:]
        /// Which numbers to look at in which twentieth of a second.
        var due: [Int64: [MSISDN]] = [:]
        var lastWaiter: UInt64 = 0

        /// Changes the entry of a transaction, if it is still here and no newer one of its number.
        mutating func change<Value>(_ transaction: CardTransaction, _ change: (inout Entry) -> Value) -> Value? {
            guard var entry = entries[transaction.msisdn], entry.running.transaction.id == transaction.id
            else { return nil }
            let next = entry.state.next
            let value = change(&entry)
            entries[transaction.msisdn] = entry
            if entry.state.next != next { schedule(transaction.msisdn, entry.state.next) }
            return value
        }

        /// - Returns: The entry whose place it took.
        @discardableResult
        mutating func put(_ entry: Entry?, at msisdn: MSISDN) -> Entry? {
            let old = entries[msisdn]
            if let old { numbers[old.running.transaction.id] = nil }
            if let entry { numbers[entry.running.transaction.id] = msisdn }
            entries[msisdn] = entry
            return old
        }

        /// Takes those who wait at a number away from it.
        mutating func wake(_ msisdn: MSISDN) -> [(Waiter, Duration)] {
            guard let entry = entries[msisdn] else { return [] }
            entries[msisdn]?.waiters = [:]
            entries[msisdn]?.hasNews = entry.waiters.isEmpty
            return entry.waiters.values.map { ($0, .now - entry.sent) }
        }

        mutating func schedule(_ msisdn: MSISDN, _ moment: ContinuousClock.Instant) {
            due[RunningTransactions.tick(moment) + 1, default: []].append(msisdn)
        }

        mutating func take(dueAt now: Int64) -> Set<MSISDN> {
            let over = due.filter { $0.key <= now }
            for tick in over.keys { due[tick] = nil }
            return Set(over.values.joined())
        }
    }

    private static let epoch = ContinuousClock.now
    private let state = Mutex(State())

    /// Twentieths of a second.
    fileprivate static func tick(_ moment: ContinuousClock.Instant) -> Int64 {
        Int64(((moment - epoch) / .milliseconds(50)).rounded(.down))
    }

    /// Remembers a transaction before its command leaves.
    ///
    /// An older one of the same number can only be a past one.
    func add(_ running: RunningTransaction, until: ContinuousClock.Instant) {
        let state = ExchangeState(deadline: until, canResend: running.transaction.command != nil)
        add(running, state)
    }

    /// When the message centre took a transaction's command.
    ///
    /// - Returns: `nil` if that is unknown: it did not say so yet, or never, or not to this process.
    func taken(_ transaction: CardTransaction) -> Date? {
        state.withLock { state in
            state.entries[transaction.msisdn].flatMap { $0.running.transaction.id == transaction.id ? $0.taken : nil }
        }
    }

    /// Remembers a transaction that another process began, in its state; one that is here already stays as it is.
    func add(_ running: RunningTransaction, _ exchange: ExchangeState) {
        let msisdn = running.transaction.msisdn
        let waiters = state.withLock { state -> [Waiter] in
            guard state.entries[msisdn]?.running.transaction.id != running.transaction.id else { return [] }
            let old = state.put(Entry(running: running, state: exchange, sent: .now), at: msisdn)
            state.schedule(msisdn, exchange.next)
            return old.map { Array($0.waiters.values) } ?? []
        }
        for waiter in waiters { waiter.resume(returning: .gone) }
    }

    /// The transaction of a number that the ledger has not ended yet, as far as is known here.
    func find(_ msisdn: MSISDN) -> RunningTransaction? {
        state.withLock { state in
            guard let entry = state.entries[msisdn], entry.ended == nil else { return nil }
            return entry.running
        }
    }

    /// Whether anybody waits for it here.
    func isAwaited(_ transaction: CardTransaction) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[transaction.msisdn], entry.running.transaction.id == transaction.id
            else { return false }
            return entry.running.transaction.isAwaited || !entry.waiters.isEmpty
        }
    }

    /// Tells the exchange what happened; what it wants done, or `nil` if it is not looked after here.
    @discardableResult
    func handle(
        _ event: ExchangeState.Event,
        _ transaction: CardTransaction,
        at now: ContinuousClock.Instant = .now
    ) -> [ExchangeState.Action]? {
        state.withLock { state in
            state.change(transaction) { entry in
                if event == .sent { entry.taken = Date() }
                return entry.state.handle(event, at: now)
            }
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
        for waiter in waiters { waiter.resume(returning: .ended(ended)) }
    }

    /// Another process ended a transaction: those who wait look in the ledger.
    func endedElsewhere(_ id: TransactionID) {
        let woken = state.withLock { state in state.numbers[id].map { state.wake($0) } ?? [] }
        for (waiter, time) in woken { waiter.resume(returning: .elsewhere(time)) }
    }

    /// Whatever is awaited here may have ended: those who wait look in the ledger.
    func wakeAll() {
        let woken = state.withLock { state in state.entries.keys.flatMap { state.wake($0) } }
        for (waiter, time) in woken { waiter.resume(returning: .elsewhere(time)) }
    }

    /// Waits for the end.
    func wait(for transaction: CardTransaction) async -> Word {
        let id = state.withLock { state in
            state.lastWaiter &+= 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state in
                    state.change(transaction) { entry in Self.join(&entry, id, continuation) } ?? .over
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.change(transaction) { entry in
                    // Nobody is there to be told, unless another one waits as well.
                    entry.running.transaction.isAwaited = false
                    return entry.waiters.removeValue(forKey: id)
                } ?? nil
            }
            waiter?.resume(returning: .gone)
        }
    }

    // Cancelled before it waits, the handler has run already and found nobody.
    private static func join(_ entry: inout Entry, _ id: UInt64, _ waiter: Waiter) -> Word? {
        if let ended = entry.ended { return .ended(ended) }
        if Task.isCancelled { return .gone }
        if entry.hasNews {
            entry.hasNews = false
            return .elsewhere(.now - entry.sent)
        }
        entry.waiters[id] = waiter
        return nil
    }

    /// Forgets a transaction; a waiter goes away with nothing.
    func remove(_ transaction: CardTransaction) {
        let waiters = state.withLock { state in
            let waiters = state.change(transaction) { $0.waiters.values.map { $0 } }
            if waiters != nil { state.put(nil, at: transaction.msisdn) }
            return waiters ?? []
        }
        for waiter in waiters { waiter.resume(returning: .gone) }
    }

    /// Lets go of everything whose time is over.
    ///
    /// - Returns: What the others want done whose moment has come.
    @discardableResult
    func sweep(_ now: ContinuousClock.Instant) -> [(RunningTransaction, [ExchangeState.Action])] {
        let (overdue, due) = state.withLock { state in
            var overdue: [Waiter] = []
            var due: [(RunningTransaction, [ExchangeState.Action])] = []
            for msisdn in state.take(dueAt: Self.tick(now) + 1) {
                guard let entry = state.entries[msisdn] else { continue }
                if entry.state.deadline <= now {
                    state.put(nil, at: msisdn)
                    overdue += entry.waiters.values
                } else if entry.ended == nil, entry.state.next <= now {
                    let actions = state.change(entry.running.transaction) { $0.state.handle(.time, at: now) }
                    if let actions, !actions.isEmpty { due.append((entry.running, actions)) }
                } else {
                    state.schedule(msisdn, entry.ended == nil ? entry.state.next : entry.state.deadline)
                }
            }
            return (overdue, due)
        }
        for waiter in overdue { waiter.resume(returning: .over) }
        return due
    }
}
