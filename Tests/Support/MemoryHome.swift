import Alauda
import Foundation
public import HomeMSSP
public import MSSCore
public import OTA
import Synchronization

/// The home's storage in memory: keeps the ports' contracts and, on demand, fails as storage does.
public final class MemoryHome: TransactionLedger, SubscriberDirectory {
    struct Person {
        var creation: MobileUserCreation
        var serialNumber: String
        var state: MobileUserRecord.State
        var key: SubscriberKey?
    }

    struct Card {
        var reference: CardReference
        var imsi: IMSI
        var packet: UInt64 = 0
        var frame: UInt32 = 0
        var uplink: UInt32 = 0
        var person: Person?
    }

    struct State {
        var cards: [MSISDN: Card] = [:]
        var entries: [TransactionID: LedgerEntry] = [:]
        var isDown = false
        var lastBegun: TransactionID?

        func runningID(_ msisdn: MSISDN) -> TransactionID? {
            entries.values.first { $0.result == nil && $0.transaction.msisdn == msisdn }?.transaction.id
        }
    }

    let state = Mutex(State())
    private let chronicle: Chronicle

    public init(chronicle: Chronicle = Chronicle()) {
        self.chronicle = chronicle
    }

    /// Makes storage unreachable, or reachable again.
    public func setDown(_ isDown: Bool) {
        state.withLock { $0.isDown = isDown }
    }

    /// MSSP_TransID of the transaction that began last.
    public var lastTransaction: String? { state.withLock { $0.lastBegun?.description } }

    func use<Value>(_ work: (inout State) throws(StoreError) -> Value) throws(StoreError) -> Value {
        // Mutex.withLock knows no typed throw of this kind, so the outcome is carried out of it.
        let outcome = state.withLock { state -> Result<Value, StoreError> in
            guard !state.isDown else { return .failure(.unavailable("storage is down")) }
            do throws(StoreError) { return .success(try work(&state)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    // MARK: TransactionLedger

    public func begin(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters {
        let (packet, frame) = try use { state throws(StoreError) in
            guard var card = state.cards[transaction.msisdn] else { throw .conflict("no such card") }
            if let id = state.runningID(transaction.msisdn) {
                guard let old = state.entries[id], old.transaction.deadline < Date() else { throw .busy }
                state.entries[id]?.result = .fault(Self.expired)
            }
            card.packet += 1
            card.frame += 1
            let mayActivate = card.person?.state == .created || card.person?.state == .activating
            if case .keyGeneration = transaction.task, mayActivate { card.person?.state = .activating }
            state.cards[transaction.msisdn] = card
            state.lastBegun = transaction.id
            state.entries[transaction.id] = LedgerEntry(transaction: transaction, result: nil)
            return (card.packet, card.frame)
        }
        chronicle.note("begin committed")
        return SpentCounters(packet: packet, frame: frame)
    }

    public func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        counter: UInt32?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let isDone = try use { state throws(StoreError) in
            guard let entry = state.entries[transaction.id], entry.result == nil,
                var card = state.cards[entry.transaction.msisdn], counter.map({ $0 > card.uplink }) ?? true
            else { return false }
            state.entries[transaction.id]?.result = result
            card.uplink = counter ?? card.uplink
            if case .keyGeneration(let task) = entry.transaction.task { Self.prove(task, result, &card) }
            state.cards[entry.transaction.msisdn] = card
            return true
        }
        if isDone { chronicle.note("end committed: \(Self.name(result))") }
        return isDone
    }

    public func entry(
        _ id: TransactionID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try use { state throws(StoreError) in
            guard let entry = state.entries[id] else { return nil }
            if entry.result == nil, entry.transaction.deadline < Date() {
                state.entries[id]?.result = .fault(Self.expired)
            }
            return state.entries[id]
        }
    }

    public func running(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> RunningTransaction? {
        try use { state throws(StoreError) in
            guard let transaction = state.runningID(msisdn).flatMap({ state.entries[$0]?.transaction }),
                transaction.deadline > Date(), let subscriber = Self.subscriber(state.cards[msisdn])
            else { return nil }
            return RunningTransaction(transaction: transaction, subscriber: subscriber)
        }
    }

    // MARK: SubscriberDirectory

    public func subscriber(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Subscriber? {
        try use { state throws(StoreError) in Self.subscriber(state.cards[msisdn]) }
    }

    private static func subscriber(_ card: Card?) -> Subscriber? {
        guard let card, let person = card.person else { return nil }
        let user = MobileUserRecord(
            msisdn: card.reference.msisdn,
            iccid: card.reference.iccid,
            givenName: person.creation.givenName,
            surName: person.creation.surName,
            language: person.creation.language,
            state: person.state,
            certificate: person.key?.certificate
        )
        return Subscriber(card: card.reference, user: user, serialNumber: person.serialNumber, key: person.key)
    }

    private static func prove(_ task: KeyGenerationTask, _ result: TransactionResult, _ card: inout Card) {
        guard card.person?.state == .activating else { return }
        guard case .provenKey(let key) = result else {
            card.person?.state = .created
            return
        }
        card.person?.state = .proven
        card.person?.key = SubscriberKey(
            reference: task.reference,
            algorithm: task.algorithm,
            publicKey: key,
            certificate: nil
        )
    }

    private static var expired: MSSFault {
        MSSFault(.expiredTransaction, "The user did not answer in time.", specifier: 2081)
    }

    private static func name(_ result: TransactionResult) -> String {
        switch result {
        case .signature(_, let status): "\(status.rawValue)"
        case .provenKey: "proven key"
        case .fault(let fault): "\(fault.code.rawValue)"
        }
    }
}
