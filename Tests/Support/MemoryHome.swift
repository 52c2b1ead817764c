public import Alauda
public import Foundation
public import HomeMSSP
public import MSSCore
public import OTA
import Synchronization

/// The home's storage in memory: keeps the ports' contracts and, on demand, fails as storage does.
///
/// It is the ledger of one process; ``process(_:)`` gives those of others on the same storage.
public final class MemoryHome: TransactionLedger, SubscriberDirectory {
    typealias State = LedgerRules
    typealias Person = LedgerRules.Person
    typealias Card = LedgerRules.Card

    private final class Storage: Sendable {
        let state = Mutex(LedgerRules())
        let evidence = Mutex<[TransactionID: KeptEvidence]>([:])
        let listeners = Mutex<[Int: AsyncStream<LedgerChange>.Continuation]>([:])
    }

    private let storage: Storage
    private let number: Int
    private let chronicle: Chronicle
    public let changes: AsyncStream<LedgerChange>

    public convenience init(chronicle: Chronicle = Chronicle()) {
        self.init(Storage(), 0, chronicle)
    }

    private init(_ storage: Storage, _ number: Int, _ chronicle: Chronicle) {
        self.storage = storage
        self.number = number
        self.chronicle = chronicle
        let (changes, listener) = AsyncStream<LedgerChange>.makeStream()
        self.changes = changes
        storage.listeners.withLock { $0[number] = listener }
    }

    /// The ledger of another process on the same storage.
    public func process(_ number: Int) -> MemoryHome {
        MemoryHome(storage, number, chronicle)
    }

    /// A process that is gone: what it left is anybody's.
    public func leave(_ process: Int) {
        storage.state.withLock { _ = $0.gone.insert(process) }
    }

    /// Makes storage unreachable, or reachable again.
    public func setDown(_ isDown: Bool) {
        storage.state.withLock { $0.isDown = isDown }
    }

    /// How long results are told.
    public func setReadable(_ seconds: TimeInterval) {
        storage.state.withLock { $0.readable = seconds }
    }

    /// How often persons may be asked in vain.
    public func setLimits(_ limits: PromptLimits) {
        storage.state.withLock { $0.limits = limits }
    }

    /// Lets time pass for what is counted of prompts.
    public func age(prompts seconds: TimeInterval) {
        storage.state.withLock { state in
            for asker in state.prompts.keys { state.prompts[asker]?.age(seconds) }
        }
    }

    /// MSSP_TransID of the transaction that began last.
    public var lastTransaction: String? { storage.state.withLock { $0.lastBegun?.description } }

    /// How often a result was noted as handed out for the first time.
    public func deliveries(_ id: String) -> Int {
        storage.state.withLock { state in TransactionID(id).flatMap { state.rows[$0]?.told } ?? 0 }
    }

    /// What was stored with the end of a transaction.
    public func evidence(_ id: String) -> KeptEvidence? {
        storage.evidence.withLock { kept in TransactionID(id).flatMap { kept[$0] } }
    }

    public func card(_ msisdn: MSISDN) -> LedgerRules.Card? { storage.state.withLock { $0.cards[msisdn] } }

    func use<Value>(_ work: (inout State) throws(StoreError) -> Value) throws(StoreError) -> Value {
        // Mutex.withLock knows no typed throw of this kind, so the outcome is carried out of it.
        let (outcome, woken) = storage.state.withLock { state -> (Result<Value, StoreError>, [(Int, TransactionID)]) in
            guard !state.isDown else { return (.failure(.unavailable("storage is down")), []) }
            defer { state.woken = [] }
            do throws(StoreError) {
                let value = try work(&state)
                return (.success(value), state.woken)
            } catch { return (.failure(error), state.woken) }
        }
        for (process, id) in woken { storage.listeners.withLock { _ = $0[process]?.yield(.ended(id)) } }
        return try outcome.get()
    }

    public func begin(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters {
        let counters = try use { state throws(StoreError) in
            try state.begin(transaction, at: number, now: Date())
        }
        chronicle.note("begin committed")
        return counters.spent
    }

    public func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        frame: AnswerFrame?,
        tells: Bool,
        evidence: KeptEvidence?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let isDone = try use { state throws(StoreError) in
            state.end(transaction.id, result, frame: frame, tells: tells, at: number, now: Date())
        }
        if isDone, let evidence { storage.evidence.withLock { $0[transaction.id] = evidence } }
        if isDone { chronicle.note("end committed: \(Self.name(result))") }
        return isDone
    }

    public func entry(
        _ id: TransactionID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try use { state throws(StoreError) in state.entry(id, now: Date()) }
    }

    public func deliver(
        _ id: TransactionID,
        to reader: ResultReader,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try use { state throws(StoreError) in state.deliver(id, to: reader, now: Date()) }
    }

    public func requested(
        _ name: RequestName,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try use { state throws(StoreError) in state.requested(name) }
    }

    public func running(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> RunningTransaction? {
        try use { state throws(StoreError) in state.running(msisdn, now: Date()) }
    }

    public func awaits(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> Bool {
        try use { state throws(StoreError) in state.awaits(id, at: number) }
    }

    public func expire(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [ExpiredTransaction] {
        try use { state throws(StoreError) in state.expire(at: number, now: Date()) }
    }

    public func adopt(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [RunningTransaction] {
        try use { state throws(StoreError) in state.adopt(at: number, now: Date()) }
    }

    public func again(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters? {
        let counters = try use { state throws(StoreError) in state.again(transaction.id, now: Date()) }
        return counters?.spent
    }

    public func spend(
        on command: SideCommand,
        for transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters? {
        let counters = try use { state throws(StoreError) in state.spend(on: command, for: transaction.id) }
        return counters?.spent
    }

    public func tooLate(
        _ txn: WPKITransaction,
        from iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> CardTransaction? {
        try use { state throws(StoreError) in state.tooLate(txn, from: iccid) }
    }

    public func judge(
        _ frame: AnswerFrame,
        from iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> FrameJudgement {
        try use { state throws(StoreError) in state.judge(frame, from: iccid, at: number, now: Date()) }
    }

    public func doubtCounters(of iccid: ICCID, until deadline: ContinuousClock.Instant) async throws(StoreError) {
        try use { state throws(StoreError) in
            for (msisdn, card) in state.cards where card.reference.iccid == iccid {
                state.cards[msisdn]?.silent = max(card.silent, 2)
            }
        }
    }

    public func subscriber(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Subscriber? {
        try use { state throws(StoreError) in state.subscriber(msisdn) }
    }

    public func isCode(_ code: NoSpamCode, of subscriber: Subscriber) throws(StoreError) -> Bool {
        subscriber.noSpamCode == Array(code.text.utf8)
    }

    public func noteWrongCode(
        of provider: String,
        for iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> PromptHold? {
        try use { state throws(StoreError) in state.noteWrongCode(of: provider, for: iccid, now: Date()) }
    }

    private static func name(_ result: TransactionResult) -> String {
        switch result {
        case .signature(_, let verdict): "\(verdict.status.rawValue)"
        case .provenKey: "proven key"
        case .cardAnswered: "card answered"
        case .fault(let fault): "\(fault.code.rawValue)"
        }
    }
}
