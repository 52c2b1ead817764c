import Alauda
import Foundation
public import MSSCore
import OTA

/// Gives a card a new root key in two phases (WPKI profile, "Root key rollover"): NEW ROOT KEY, then RETIRE KVN.
///
/// Broken off anywhere it is taken up by doing it again: what the card has is asked, never guessed.
public struct RootRollover: Sendable {
    /// Why it is not done, or not yet; one line for who asked.
    public struct Refusal: Error, Sendable, Equatable {
        public var reason: String
    }

    /// Tells how far it is.
    public typealias Report = @Sendable (_ line: String) async throws -> Void

    private let prefix: TransactionID.Prefix
    private let directory: any SubscriberDirectory
    private let exchange: CardExchange
    private let answerTime: Duration

    /// - Parameters:
    ///   - prefix: Of the transactions' names.
    ///   - directory: Finds the card of a number.
    ///   - exchange: Speaks with it.
    ///   - answerTime: How long the card may take for each answer.
    public init(
        prefix: TransactionID.Prefix,
        directory: any SubscriberDirectory,
        exchange: CardExchange,
        answerTime: Duration = .seconds(60)
    ) {
        self.prefix = prefix
        self.directory = directory
        self.exchange = exchange
        self.answerTime = answerTime
    }

    /// Rolls the root of the card behind a number, or ends a rollover that was broken off.
    ///
    /// - Parameters:
    ///   - msisdn: The card's number.
    ///   - who: Who does it, for the audit.
    ///   - report: Hears each step before it is done.
    /// - Returns: KVN of the root in use, and of the one that is dead.
    /// - Throws: ``Refusal``, or what `report` throws.
    public func roll(
        _ msisdn: MSISDN,
        by who: String,
        report: Report
    ) async throws -> (active: UInt8, retired: UInt8) {
        do {
            var card = try await subscriber(msisdn)
            if card.card.security.root(.accept) == nil {
                try await bringNext(to: card, by: who, report)
                card = try await subscriber(msisdn)
            }
            guard let active = card.card.security.root(.active), let old = card.card.security.root(.accept) else {
                throw Refusal(reason: "the card answers, but not under the new key: nothing has changed")
            }
            try await report("KVN \(active.keyVersion) is in use; telling the card that KVN \(old.keyVersion) is dead")
            try await retire(old.keyVersion, of: card, by: who)
            return (active.keyVersion, old.keyVersion)
        } catch let error as CardVaultError {
            throw Refusal(reason: error.reason)
        } catch let error as StoreError {
            throw Refusal(reason: exchange.fault(error).detail ?? "the database could not do its part; run it again")
        }
    }

    /// Has the card take the pending root, a new one if there is none yet, and shows that it did.
    private func bringNext(to subscriber: Subscriber, by who: String, _ report: Report) async throws {
        let msisdn = subscriber.card.msisdn
        if let pending = subscriber.card.security.root(.pending) {
            try await report("KVN \(pending.keyVersion) was sent before: asking the card whether it has it")
            // A card that has it says so at once; of one that is silent more is asked below, with all its time.
            let probe = min(answerTime, .seconds(20))
            if case .answered = try await ask(.status, pending.keyVersion, of: subscriber, within: probe) { return }
        } else {
            guard let next = try await exchange.keys.propose(for: subscriber.card, by: who) else {
                throw Refusal(reason: "the card has used up its key versions: it needs a new card")
            }
            try await report("KVN \(next) is made: sending it under the key in use")
        }
        let current = try await self.subscriber(msisdn)
        // It may have come to be in use meanwhile.
        guard let next = current.card.security.root(.pending)?.keyVersion else { return }
        let outcome = try await ask(.newRoot, next, of: current)
        if case .answered = outcome { return }
        // Whatever it said: one that got it before refuses it now, and is under it already.
        try await report("no yes to KVN \(next): asking the card whether it has it")
        let now = try await self.subscriber(msisdn)
        if case .answered = try await ask(.status, next, of: now) { return }
        guard case .refused(let why) = outcome else {
            throw Refusal(
                reason: "the card does not answer: KVN \(next) stays pending; run it again when the phone is on"
            )
        }
        try await exchange.keys.withdraw(now.card, by: who)
        throw Refusal(reason: "the card refuses KVN \(next), which is withdrawn; the key in use stays. \(why)")
    }

    private func retire(_ keyVersion: UInt8, of subscriber: Subscriber, by who: String) async throws {
        switch try await ask(.retire, keyVersion, of: subscriber) {
        case .answered: try await exchange.keys.retire(subscriber.card, by: who)
        case .refused(let why): throw Refusal(reason: "the card does not let KVN \(keyVersion) go. \(why)")
        case .silent:
            throw Refusal(
                reason: "the new key is in use, but the card did not say that KVN \(keyVersion) is dead; run it again"
            )
        }
    }

    private enum Outcome {
        case answered
        case refused(String)
        case silent
    }

    /// One exchange with the card; only its own authentic no is a refusal.
    private func ask(
        _ step: RolloverTask.Step,
        _ keyVersion: UInt8,
        of subscriber: Subscriber,
        within limit: Duration? = nil
    ) async throws -> Outcome {
        let limit = limit ?? answerTime
        var transaction = CardTransaction(
            id: .random(prefix: prefix),
            txn: .random(),
            msisdn: subscriber.card.msisdn,
            iccid: subscriber.card.iccid,
            deadline: Date.now.addingTimeInterval(limit / .seconds(1)),
            trace: .random(),
            task: .rollover(RolloverTask(step, keyVersion))
        )
        transaction.isAwaited = true
        let message: DownMessage =
            switch step {
            case .newRoot:
                .newRootKey(transaction.txn, try exchange.vault.wrappedRoot(keyVersion, for: subscriber.card))
            case .status: .status(transaction.txn)
            case .retire: .retire(transaction.txn, keyVersion: keyVersion)
            }
        do throws(MSSFault) {
            _ = try await exchange.send(message, as: transaction, to: subscriber, until: .now + limit)
            switch try await exchange.result(of: transaction).result {
            case .cardAnswered: return .answered
            case .fault(let fault): throw fault
            case .signature, .provenKey:
                throw MSSFault(.internalError, cause: "a rollover ended with something else")
            }
        } catch {
            if error.isRefusedKey { return .refused(error.detail ?? "") }
            if error.code == .expiredTransaction { return .silent }
            throw Refusal(reason: error.detail ?? error.cause ?? "the platform could not do its part")
        }
    }

    private func subscriber(_ msisdn: MSISDN) async throws -> Subscriber {
        guard let subscriber = try await directory.subscriber(msisdn, until: .now + .seconds(5)) else {
            throw Refusal(reason: "there is no mobile user with this number")
        }
        return subscriber
    }
}
