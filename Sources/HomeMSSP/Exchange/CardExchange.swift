import Alauda
import Foundation
public import Logging
public import MSSCore
import OTA

/// Speaks with cards: commits, seals and sends a command, takes the answer in, commits it, and tells who waits.
///
/// One for all that goes to cards, so that the order "intent committed, sent, answer committed, told" stands once.
/// What is to be done next is ``ExchangeState``'s to say; what happened is the ledger's.
public final class CardExchange: Sendable {
    let vault: any CardVault
    let channel: any SIMChannel
    let directory: any SubscriberDirectory
    let ledger: any TransactionLedger
    let evidence: any SignatureEvidence
    let keeper: any EvidenceKeeper
    let stamper: (any SignatureStamper)?
    let keys: CardKeyLife
    let tally: any Tally
    let logger: Logger
    let running = RunningTransactions()

    public init(
        vault: any CardVault,
        channel: any SIMChannel,
        directory: any SubscriberDirectory,
        ledger: any TransactionLedger,
        evidence: any SignatureEvidence,
        keeper: any EvidenceKeeper,
        stamper: (any SignatureStamper)? = nil,
        keys: any CardKeyStore,
        tally: any Tally = NoTally(),
        logger: Logger
    ) {
        self.vault = vault
        self.channel = channel
        self.directory = directory
        self.ledger = ledger
        self.evidence = evidence
        self.keeper = keeper
        self.stamper = stamper
        self.keys = CardKeyLife(vault: vault, store: keys, tally: tally, logger: logger)
        self.tally = tally
        self.logger = logger
    }

    /// Commits a transaction and sends its command; returns when the message centre has taken it.
    ///
    /// - Returns: `nil`, or the transaction that the same request began before: nothing was sent then.
    /// - Throws: 406 if the card is busy or the person is not to be asked now, 209 if the command did not go out, 900 if the home could not do its part.
    func send(
        _ message: DownMessage,
        as transaction: CardTransaction,
        to subscriber: Subscriber,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> LedgerEntry? {
        var transaction = transaction
        switch message {
        // A code is for the card's eyes alone; what a person reads or signs is kept with the transaction anyway.
        case .sign, .message: transaction.command = message.octets
        default: break
        }
        let counters: SpentCounters
        do {
            counters = try await ledger.begin(transaction, until: deadline)
        } catch .repeated(let entry) {
            tally.count("home_requests_repeated")
            return entry
        } catch .held(let hold) {
            throw held(transaction, hold)
        } catch {
            throw fault(error)
        }
        watchHeadroom(counters, transaction)
        running.add(RunningTransaction(transaction: transaction, subscriber: subscriber), until: deadline)
        let sealed = seal(message, transaction, subscriber, spending: counters)
        guard let command = sealed else {
            try await abandon(transaction, sealFault(subscriber))
        }
        do throws(SIMChannelError) {
            try await transmit(command, transaction, isFirst: true, until: deadline)
            running.handle(.sent, transaction)
        } catch .notSent {
            let fault = MSSFault(.otaError, "The message centre did not take the message.", specifier: 2091)
            try await abandon(transaction, fault)
        } catch .refused {
            try await abandon(transaction, Self.undeliverable)
        } catch {
            running.handle(.sendUnknown, transaction)
        }
        return nil
    }

    /// Waits for the answer of a transaction that was sent, here or by another process.
    ///
    /// - Returns: The committed end. A deadline that passed is committed as 208 before anybody is told, unless the
    ///   card's answer was committed first.
    func result(of transaction: CardTransaction) async throws(MSSFault) -> RunningTransactions.Ended {
        do throws(StoreError) {
            while true {
                switch await running.wait(for: transaction) {
                case .ended(let ended):
                    running.remove(transaction)
                    return ended
                case .elsewhere(let time):
                    guard let result = try await read(transaction) else { continue }
                    running.end(transaction, result)
                    running.remove(transaction)
                    return RunningTransactions.Ended(result: result, simTime: time)
                case .over:
                    let result = TransactionResult.fault(Self.expired)
                    if try await commit(.expired, of: transaction, with: result, tells: true) {
                        return RunningTransactions.Ended(result: result, simTime: .zero)
                    }
                    guard let result = try await read(transaction) else {
                        throw .unavailable("the ledger does not know a transaction that it ended")
                    }
                    return RunningTransactions.Ended(result: result, simTime: .zero)
                case .gone: throw .unavailable(Self.callerGone)
                }
            }
        } catch .unavailable(Self.callerGone) {
            throw MSSFault(.internalError, cause: Self.callerGone)
        } catch {
            throw fault(error)
        }
    }

    /// Notes that somebody here waits for a transaction that another process may have begun, and looks after.
    ///
    /// - Returns: `false` if it has ended already.
    private func join(
        _ transaction: CardTransaction,
        _ subscriber: Subscriber,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let left = transaction.deadline.timeIntervalSinceNow
        let state = ExchangeState(deadline: .now + .seconds(max(0, left)), canResend: false)
        running.add(RunningTransaction(transaction: transaction, subscriber: subscriber), state)
        guard try await !ledger.awaits(transaction.id, until: deadline) else { return true }
        running.remove(transaction)
        return false
    }

    /// Waits for a transaction's end, wherever it comes, or until a moment; the ledger tells afterwards which.
    func awaitEnd(
        of entry: LedgerEntry,
        _ subscriber: Subscriber,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) {
        let transaction = entry.transaction
        do throws(StoreError) {
            guard try await join(transaction, subscriber, until: deadline) else { return }
        } catch { throw fault(error) }
        await withTaskGroup(of: Void.self) { [running] group in
            group.addTask { _ = await running.wait(for: transaction) }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Waits for the end of a transaction that an earlier request began, or tells it if it has ended.
    func result(
        ofEarlier entry: LedgerEntry,
        _ subscriber: Subscriber,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> RunningTransactions.Ended {
        let transaction = entry.transaction
        do {
            if entry.result == nil, try await join(transaction, subscriber, until: deadline) {
                return try await result(of: transaction)
            }
            guard let result = try await read(transaction) else {
                throw StoreError.unavailable("the ledger does not know a transaction that it ended")
            }
            return RunningTransactions.Ended(result: result, simTime: .zero)
        } catch let error as MSSFault {
            throw error
        } catch let error as StoreError {
            throw fault(error)
        } catch { throw MSSFault(.internalError, cause: "\(error)") }
    }

    /// Takes a running transaction back: the first end that is committed stands, and this one is final.
    ///
    /// - Throws: 101 if the reader has no such transaction, or it has ended.
    public func cancel(_ id: TransactionID, by reader: ResultReader) async throws(MSSFault) {
        let entry: LedgerEntry?
        var isTaken = false
        do throws(StoreError) {
            entry = try await ledger.entry(id, until: .now + Self.storageTime)
            if let entry, entry.transaction.reader == reader, decide(.cancel, entry) == [.commit(.cancelled)] {
                isTaken = try await commit(.cancelled, of: entry.transaction, with: .fault(Self.cancelled))
            }
        } catch {
            throw fault(error)
        }
        guard let entry, entry.transaction.reader == reader else {
            throw MSSFault.unknownTransaction
        }
        guard isTaken else { throw MSSFault(.wrongParam, "The transaction has ended: it cannot be cancelled.") }
    }
}

extension CardExchange {
    /// How long a write that must not be given up may wait for storage.
    static var storageTime: Duration { .seconds(5) }

    private static var callerGone: String { "the caller has gone" }

    static var expired: MSSFault {
        MSSFault(.expiredTransaction, "The user did not answer in time.", specifier: 2081)
    }

    /// Receipt UNDELIV or EXPIRED, or a refusal for good.
    static var undeliverable: MSSFault {
        MSSFault(.otaError, "The message could not be delivered to the phone.", specifier: 2092)
    }

    static var cancelled: MSSFault { MSSFault(.signatureProcess, "The provider cancelled the request.") }

    /// What the exchange wants done: of the state kept here, or of the one that the ledger's entry stands for.
    func decide(_ event: ExchangeState.Event, _ entry: LedgerEntry) -> [ExchangeState.Action] {
        if entry.result == nil, let actions = running.handle(event, entry.transaction) { return actions }
        let left = entry.transaction.deadline.timeIntervalSinceNow
        let deadline = ContinuousClock.now + .seconds(left)
        var state =
            entry.ending.map { ExchangeState(ended: $0, deadline: deadline) }
            ?? ExchangeState(deadline: deadline, canResend: false)
        return state.handle(event, at: .now)
    }

    /// Commits an end; the first of one transaction is told to who waits here, counted and logged.
    func commit(
        _ ending: ExchangeState.Ending,
        of transaction: CardTransaction,
        with result: TransactionResult,
        frame: AnswerFrame? = nil,
        tells: Bool? = nil,
        evidence: KeptEvidence? = nil
    ) async throws(StoreError) -> Bool {
        let isFirst = try await ledger.end(
            transaction,
            with: result,
            frame: frame,
            tells: tells ?? running.isAwaited(transaction),
            evidence: evidence,
            until: .now + Self.storageTime
        )
        guard isFirst else { return false }
        running.handle(.committed(ending), transaction)
        running.end(transaction, result)
        count(transaction, result)
        return true
    }

    /// Reads how a transaction ended, for its own provider.
    private func read(_ transaction: CardTransaction) async throws(StoreError) -> TransactionResult? {
        try await ledger.deliver(transaction.id, to: transaction.reader, until: .now + Self.storageTime)?.result
    }

    /// Ends a transaction that never reached the card, and says why.
    private func abandon(_ transaction: CardTransaction, _ fault: MSSFault) async throws(MSSFault) -> Never {
        do throws(StoreError) {
            _ = try await commit(.notSent, of: transaction, with: .fault(fault))
        } catch {
            // Its deadline will end it.
            tally.count("home_ends_not_stored")
            log(
                .error,
                "the end of a transaction could not be stored",
                transaction,
                ["cause": "\(String(describing: error), as: .system)"]
            )
        }
        running.remove(transaction)
        throw fault
    }

    func fault(_ error: StoreError) -> MSSFault {
        switch error {
        case .busy(let until):
            tally.count("home_busy")
            let seconds = max(1, Int(min(until.timeIntervalSinceNow, 86_400).rounded(.up)))
            return MSSFault(
                .signatureProcess,
                "Another request is running on the user's phone; try again in \(seconds) s, when it has ended at the latest.",
                retryAfter: seconds
            )
        case .repeated: return MSSFault(.wrongParam, "AP_TransID and Instant name an earlier request.")
        case .held(let hold): return hold.fault(at: Date())
        case .exists(let what), .conflict(let what):
            return MSSFault(.internalError, cause: what)
        case .unavailable(let cause):
            tally.count("home_storage_unavailable")
            logger.error("storage unavailable", metadata: ["cause": "\(cause, as: .system)"])
            return MSSFault(
                .internalError,
                "The platform cannot store transactions now; try again later.",
                cause: cause
            )
        }
    }
}

extension LedgerEntry {
    /// What ended it, in the state machine's words.
    var ending: ExchangeState.Ending? {
        guard let result else { return nil }
        if isAnswered { return .answered }
        guard case .fault(let fault) = result else { return .answered }
        switch fault.code {
        case .expiredTransaction: return .expired
        case .signatureProcess: return .cancelled
        default: return .notSent
        }
    }
}
