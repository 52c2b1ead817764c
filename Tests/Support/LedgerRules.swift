public import Alauda
public import Foundation
public import HomeMSSP
public import MSSCore
import OTA

/// The rules of a ledger as a value, for the fake and for the model test: what a process may commit, and what it sees.
public struct LedgerRules: Sendable {
    public struct Person: Sendable {
        var creation: MobileUserCreation
        var serialNumber: String
        var state: MobileUserRecord.State
        var keys: [SubscriberKey] = []
        var noSpamCode: [UInt8]?
    }

    public struct Card: Sendable {
        public var reference: CardReference
        var imsi: IMSI
        public var packet: UInt64 = 0
        public var frame: UInt32 = 0
        /// KVN that ``frame`` counts for, once it was rolled.
        var frameKey: UInt8?
        public var nextFrame: UInt32 = 0
        /// Key sets that are out of use.
        var past: [CardKeyRecord] = []
        public var windows: [UInt8: ReplayWindow] = [:]
        public var uplink: UInt32 { windows.values.map(\.highest).max() ?? 0 }
        public var silent = 0
        var recovered: Date?
        var person: Person?
    }

    /// What a command spends.
    public struct Counters: Sendable, Equatable {
        public var packet: UInt64
        public var frame: UInt32
        public var keyVersion: UInt8?

        var spent: SpentCounters { SpentCounters(packet: packet, frame: frame, keyVersion: keyVersion) }
    }

    public struct Row: Sendable {
        public var entry: LedgerEntry
        public var home: Int
        public var waiting: Set<Int> = []
        public var asked = 0
        public var told = 0
        public var isLate = false
        var ended: Date?

        var isRunning: Bool { entry.result == nil }
        var transaction: CardTransaction { entry.transaction }
    }

    public var cards: [MSISDN: Card] = [:]
    public var rows: [TransactionID: Row] = [:]
    /// Processes that hold no sign of life.
    public var gone: Set<Int> = []
    /// Whom an end woke, since it was last emptied.
    public var woken: [(process: Int, id: TransactionID)] = []
    var isDown = false
    var lastBegun: TransactionID?
    public var readable: TimeInterval = 600
    public var limits = PromptLimits()
    var prompts: [Asker: PromptCount] = [:]

    public init() {}

    func runningID(_ msisdn: MSISDN) -> TransactionID? {
        rows.values.first { $0.isRunning && $0.transaction.msisdn == msisdn }?.transaction.id
    }

    /// - Returns: The card's counters, of which it spent a step.
    public mutating func begin(_ transaction: CardTransaction, at process: Int, now: Date) throws(StoreError)
        -> Counters
    {
        guard var card = cards[transaction.msisdn] else { throw .conflict("no such card") }
        if case .signature(let task) = transaction.task,
            let earlier = requested(
                RequestName(provider: task.provider, transaction: task.providerTransaction, instant: task.instant)
            )
        {
            throw .repeated(earlier)
        }
        if case .receipt(let task) = transaction.task, let earlier = receipt(of: task.signature) {
            throw .repeated(earlier)
        }
        if let id = runningID(transaction.msisdn), let old = rows[id] {
            guard old.transaction.deadline < now else { throw .busy(until: old.transaction.deadline) }
            expire(id, now)
            card.silent += 1
        }
        if let hold = hold(on: transaction, now) { throw .held(hold) }
        if case .recovery = transaction.task {
            if let last = card.recovered, now.timeIntervalSince(last) < 86_400 { throw .conflict("recovered today") }
            card.recovered = now
        }
        let counters = card.spend(UInt32(transaction.step), onNext: transaction.nextKeyVersion != nil)
        let mayActivate = card.person?.state == .created || card.person?.state == .activating
        if case .keyGeneration = transaction.task, mayActivate { card.person?.state = .activating }
        cards[transaction.msisdn] = card
        lastBegun = transaction.id
        if let asker = Asker(transaction), asker.isExpected { prompts[asker]?.forgive() }
        var row = Row(entry: LedgerEntry(transaction: transaction, result: nil), home: process)
        if transaction.isAwaited { row.waiting = [process] }
        rows[transaction.id] = row
        return counters
    }

    public mutating func end(
        _ id: TransactionID,
        _ result: TransactionResult,
        frame: AnswerFrame?,
        tells: Bool,
        at process: Int,
        now: Date
    ) -> Bool {
        guard let row = rows[id], row.isRunning, var card = cards[row.transaction.msisdn],
            frame.map({ card.judge($0) == .accepted }) ?? true
        else { return false }
        close(id, result, isAnswered: frame != nil, at: process, now)
        if tells { rows[id]?.told += 1 }
        if frame != nil {
            card.silent = 0
        } else if case .fault(let fault) = result, fault.code == .expiredTransaction {
            card.silent += 1
        }
        if case .keyGeneration(let task) = row.transaction.task { Self.prove(task, result, &card) }
        if case .signature(let task) = row.transaction.task, frame != nil { card.pin(task.key, result, now) }
        cards[row.transaction.msisdn] = card
        return true
    }

    /// Judges a frame that ended nothing; two cards with the same keys block the card.
    public mutating func judge(
        _ frame: AnswerFrame,
        from iccid: ICCID,
        at process: Int,
        now: Date
    ) -> FrameJudgement {
        guard let msisdn = cards.first(where: { $0.value.reference.iccid == iccid })?.key, var card = cards[msisdn]
        else { return FrameJudgement(.accepted) }
        let verdict = card.judge(frame)
        if verdict.isAlarming { card.person?.state = .inactive }
        cards[msisdn] = card
        guard verdict.isAlarming, let id = runningID(msisdn) else { return FrameJudgement(verdict) }
        close(id, .fault(.blockedCard), isAnswered: false, at: process, now)
        return FrameJudgement(verdict, ended: id)
    }

    private mutating func close(
        _ id: TransactionID,
        _ result: TransactionResult,
        isAnswered: Bool,
        at process: Int?,
        _ now: Date
    ) {
        rows[id]?.entry.result = result
        rows[id]?.entry.isAnswered = isAnswered
        rows[id]?.ended = now
        if let asker = rows[id].flatMap({ Asker($0.transaction) }) {
            prompts[asker, default: PromptCount()].note(result, isAnswered: isAnswered, now)
        }
        for waiter in rows[id]?.waiting ?? [] where waiter != process { woken.append((waiter, id)) }
    }

    private mutating func expire(_ id: TransactionID, _ now: Date, at process: Int? = nil) {
        let expired = MSSFault(.expiredTransaction, "The user did not answer in time.", specifier: 2081)
        close(id, .fault(expired), isAnswered: false, at: process, now)
    }

    public mutating func entry(_ id: TransactionID, now: Date) -> LedgerEntry? {
        guard let row = rows[id] else { return nil }
        if row.isRunning, row.transaction.deadline < now {
            expire(id, now)
            cards[row.transaction.msisdn]?.silent += 1
        }
        return rows[id]?.entry
    }

    public mutating func deliver(_ id: TransactionID, to reader: ResultReader, now: Date) -> LedgerEntry? {
        guard let entry = entry(id, now: now), entry.transaction.reader == reader else { return nil }
        guard entry.result != nil else { return entry }
        guard let ended = rows[id]?.ended, now.timeIntervalSince(ended) < readable else { return nil }
        if rows[id]?.told == 0 { rows[id]?.told = 1 }
        return entry
    }

    public func requested(_ name: RequestName) -> LedgerEntry? {
        rows.values.first { row in
            guard case .signature(let task) = row.transaction.task else { return false }
            return task.provider == name.provider && task.providerTransaction == name.transaction
                && task.instant == name.instant
        }?.entry
    }

    /// The receipt of a signature; one that certainly was not shown leaves the place to another.
    func receipt(of signature: TransactionID) -> LedgerEntry? {
        rows.values.first { row in
            guard case .receipt(let task) = row.transaction.task, task.signature == signature else { return false }
            guard case .fault(let fault) = row.entry.result else { return true }
            return fault.code == .expiredTransaction || fault.code == .userCancel
        }?.entry
    }

    public func running(_ msisdn: MSISDN, now: Date) -> RunningTransaction? {
        guard let transaction = runningID(msisdn).flatMap({ rows[$0]?.transaction }), transaction.deadline > now,
            let subscriber = subscriber(msisdn)
        else { return nil }
        return RunningTransaction(transaction: transaction, subscriber: subscriber)
    }

    public mutating func awaits(_ id: TransactionID, at process: Int) -> Bool {
        guard rows[id]?.isRunning == true else { return false }
        rows[id]?.waiting.insert(process)
        return true
    }

    public mutating func expire(at process: Int, now: Date) -> [ExpiredTransaction] {
        let overdue = rows.values.filter { $0.isRunning && $0.transaction.deadline < now }.map(\.transaction)
        return overdue.map { transaction in
            expire(transaction.id, now, at: process)
            cards[transaction.msisdn]?.silent += 1
            return ExpiredTransaction(
                id: transaction.id,
                msisdn: transaction.msisdn,
                trace: transaction.trace,
                silences: cards[transaction.msisdn]?.silent ?? 0
            )
        }
    }

    public mutating func adopt(at process: Int, now: Date) -> [RunningTransaction] {
        let orphans = rows.values.filter {
            $0.isRunning && $0.home != process && gone.contains($0.home) && $0.transaction.deadline > now
        }
        return orphans.compactMap { row in
            rows[row.transaction.id]?.home = process
            guard let subscriber = subscriber(row.transaction.msisdn) else { return nil }
            return RunningTransaction(transaction: row.transaction, subscriber: subscriber)
        }
    }

    public func again(_ id: TransactionID, now: Date) -> Counters? {
        guard let row = rows[id], row.isRunning, row.asked == 0, row.transaction.deadline > now,
            let card = cards[row.transaction.msisdn]
        else { return nil }
        return Counters(packet: card.packet, frame: card.frame, keyVersion: card.frameKey)
    }

    public mutating func spend(on command: SideCommand, for id: TransactionID) -> Counters? {
        guard let row = rows[id], row.isRunning || !command.needsRunning, var card = cards[row.transaction.msisdn]
        else { return nil }
        let counters = card.spend(1, onNext: command.isUnderNext || row.transaction.nextKeyVersion != nil)
        cards[row.transaction.msisdn] = card
        if let running = runningID(row.transaction.msisdn) { rows[running]?.asked += 1 }
        return counters
    }

    public mutating func tooLate(_ txn: WPKITransaction, from iccid: ICCID) -> CardTransaction? {
        let row = rows.values.first {
            $0.transaction.txn == txn && $0.transaction.iccid == iccid && !$0.isRunning && !$0.entry.isAnswered
                && !$0.isLate
        }
        guard let row, case .signature = row.transaction.task else { return nil }
        rows[row.transaction.id]?.isLate = true
        return row.transaction
    }

    func subscriber(_ msisdn: MSISDN) -> Subscriber? {
        guard let card = cards[msisdn], let person = card.person else { return nil }
        let user = MobileUserRecord(
            msisdn: card.reference.msisdn,
            iccid: card.reference.iccid,
            givenName: person.creation.givenName,
            surName: person.creation.surName,
            language: person.creation.language,
            state: person.state,
            certificate: person.certificates[.authentication],
            otherCertificates: person.certificates.filter { $0.key != .authentication }
        )
        var subscriber = Subscriber(
            card: card.reference,
            user: user,
            serialNumber: person.serialNumber,
            keys: person.keys
        )
        subscriber.noSpamCode = person.noSpamCode
        subscriber.imsi = card.imsi
        return subscriber
    }

    /// The first key moves the person on; another one is for who is active, and stays so.
    private static func prove(_ task: KeyGenerationTask, _ result: TransactionResult, _ card: inout Card) {
        let isFirst = task.reference == 1
        guard card.person?.state == (isFirst ? .activating : .active) else { return }
        guard case .provenKey(let key) = result else {
            if isFirst { card.person?.state = .created }
            return
        }
        if isFirst { card.person?.state = .proven }
        let proven = SubscriberKey(
            reference: task.reference,
            algorithm: task.algorithm,
            publicKey: key,
            certificate: nil,
            policy: KeyUse(reference: task.reference)?.policy ?? []
        )
        card.person?.keys.removeAll { $0.reference == task.reference }
        card.person?.keys.append(proven)
    }
}

extension LedgerRules.Person {
    fileprivate var certificates: [KeyUse: [UInt8]] {
        var certificates: [KeyUse: [UInt8]] = [:]
        for key in keys {
            if let use = KeyUse(reference: key.reference) { certificates[use] = key.certificate }
        }
        return certificates
    }
}

extension LedgerRules.Card {
    fileprivate mutating func spend(_ step: UInt32, onNext isNext: Bool) -> LedgerRules.Counters {
        packet += UInt64(step)
        if isNext { nextFrame += step } else { frame += step }
        return LedgerRules.Counters(
            packet: packet,
            frame: isNext ? nextFrame : frame,
            keyVersion: isNext ? nil : frameKey
        )
    }

    /// What the card last said of a key's PIN.
    fileprivate mutating func pin(_ reference: UInt8, _ result: TransactionResult, _ now: Date) {
        guard let place = person?.keys.firstIndex(where: { $0.reference == reference }) else { return }
        if case .fault(let fault) = result {
            if fault.code == .pinBlocked { person?.keys[place].pinBlocked = now }
        } else {
            person?.keys[place].pinBlocked = nil
        }
    }

    fileprivate mutating func judge(_ frame: AnswerFrame) -> ReplayWindow.Verdict {
        windows[frame.keyVersion, default: ReplayWindow()].judge(counter: frame.counter, checksum: frame.checksum)
    }
}

extension LedgerRules {
    /// A card with a person on it.
    public mutating func addPerson(_ card: CardReference) {
        var new = Card(reference: card, imsi: Sample.imsi(1))
        new.person = Person(creation: Sample.person(card), serialNumber: "MSSP1", state: .active)
        cards[card.msisdn] = new
    }
}
