import Alauda
import Foundation
import Logging
public import MSSCore
public import OTA

/// What the transport says of a command: never evidence, only a reason to look or to ask.
public enum CardHint: Sendable, Equatable {
    /// A receipt of the message centre: the phone has it.
    case delivered
    /// A receipt of the message centre: the phone will not get it.
    case undeliverable
}

extension CardExchange {
    /// Takes what a card sent.
    ///
    /// - Returns: `true` when the answer is stored, or is of no use to anyone; `false` asks the message centre to send
    ///   it again.
    public func receive(_ packet: ResponsePacket, from msisdn: MSISDN) async -> Bool {
        do {
            let current = try await current(msisdn)
            guard !packet.data.isEmpty else { return await receipt(packet, msisdn, current) }
            guard let known = try await subscriber(current, msisdn) else {
                return refuse("no_running_transaction", msisdn)
            }
            let (answer, subscriber) = try await open(packet, from: known, isOfBefore: current != nil)
            try await keys.heard(answer.frame, from: subscriber.card)
            guard answer.message.kind != .event else { return try await reported(answer, subscriber) }
            guard let asked = try await asked(answer.message.transaction, msisdn, current) else {
                guard try await isPlausible(answer, subscriber) else { return true }
                return try await late(answer, subscriber, isOther: current != nil)
            }
            return try await take(answer, asked)
        } catch let error as CardVaultError {
            logger.warning("answer refused", metadata: ["reason": "\(error.reason, as: .open)"])
            return refuse("not_authentic", msisdn)
        } catch {
            tally.count("home_uplinks_postponed")
            logger.error(
                "answer could not be stored; the message centre keeps it",
                metadata: ["cause": "\(String(describing: error), as: .system)"]
            )
            return false
        }
    }

    /// Takes a receipt of the message centre for a command to a number.
    public func receive(_ hint: CardHint, of msisdn: MSISDN) async {
        tally.count("home_receipts", [("outcome", hint == .delivered ? "delivered" : "undeliverable")])
        guard let exchange = running.find(msisdn) else { return }
        let event: ExchangeState.Event = hint == .delivered ? .delivered : .undeliverable
        let actions = running.handle(event, exchange.transaction) ?? []
        if actions.contains(.commit(.notSent)) {
            _ = try? await commit(.notSent, of: exchange.transaction, with: .fault(Self.undeliverable))
        }
        await perform(actions, exchange)
    }

    /// Takes word that no card has a transaction's command and none will get it: ends it before its time is over.
    ///
    /// Word of a command whose transaction is over says nothing of the next one to the same number.
    public func undelivered(_ id: String, of msisdn: MSISDN, reason: String) async {
        guard let exchange = running.find(msisdn), exchange.transaction.id.description == id else { return }
        tally.count("home_commands_undelivered")
        log(.warning, "command not delivered", exchange.transaction, ["reason": "\(reason, as: .open)"])
        await receive(.undeliverable, of: msisdn)
    }
}

extension CardExchange {
    private func current(_ msisdn: MSISDN) async throws(StoreError) -> RunningTransaction? {
        if let known = running.find(msisdn) { return known }
        return try await ledger.running(msisdn, until: .now + Self.storageTime)
    }

    private func subscriber(
        _ current: RunningTransaction?,
        _ msisdn: MSISDN
    ) async throws(StoreError) -> Subscriber? {
        if let current { return current.subscriber }
        return try await directory.subscriber(msisdn, until: .now + Self.storageTime)
    }

    /// Opens what came; a card's keys may have changed since its transaction began here.
    ///
    /// - Returns: The answer, and the person with the keys that opened it.
    private func open(
        _ packet: ResponsePacket,
        from subscriber: Subscriber,
        isOfBefore: Bool
    ) async throws -> (CardAnswer, Subscriber) {
        do throws(CardVaultError) { return (try vault.open(packet, from: subscriber.card), subscriber) } catch {
            guard isOfBefore,
                let now = try await directory.subscriber(subscriber.card.msisdn, until: .now + Self.storageTime),
                now.card.iccid == subscriber.card.iccid,
                now.card.security.records != subscriber.card.security.records
            else { throw error }
            return (try vault.open(packet, from: now.card), now)
        }
    }

    /// A response packet without a frame: the card's operating system speaks, and nobody vouches for it.
    private func receipt(
        _ packet: ResponsePacket,
        _ msisdn: MSISDN,
        _ current: RunningTransaction?
    ) async -> Bool {
        let counterLow: UInt8 = 0x02
        if packet.status == counterLow, let current {
            let entry = LedgerEntry(transaction: current.transaction, result: nil)
            await perform(decide(.counterLow, entry), current)
        }
        return refuse("transport_receipt", msisdn)
    }

    /// The transaction that an authentic answer names; another process of the home may have begun a newer one.
    private func asked(
        _ txn: WPKITransaction,
        _ msisdn: MSISDN,
        _ known: RunningTransaction?
    ) async throws(StoreError) -> RunningTransaction? {
        guard let known else { return nil }
        if known.transaction.txn == txn { return known }
        let stored = try await ledger.running(msisdn, until: .now + Self.storageTime)
        return stored?.transaction.txn == txn ? stored : nil
    }

    /// Commits what the card answered, then tells.
    private func take(_ answer: CardAnswer, _ current: RunningTransaction) async throws(StoreError) -> Bool {
        let transaction = current.transaction
        let entry = LedgerEntry(transaction: transaction, result: nil)
        guard answer.message.status != .noSuchAnswer else {
            if try await isPlausible(answer, current.subscriber) { _ = decide(.noSuchAnswer, entry) }
            return refuse("no_such_answer", transaction.msisdn)
        }
        guard decide(.answer, entry) == [.commit(.answered)] else {
            guard try await isPlausible(answer, current.subscriber) else { return true }
            return try await endedBefore(transaction)
        }
        let result = await stamped(interpret(answer.message, of: current), of: current)
        let kept = try keep(result, of: current)
        if try await commit(.answered, of: transaction, with: result, frame: answer.frame, evidence: kept) {
            return true
        }
        guard try await isPlausible(answer, current.subscriber) else { return true }
        return try await endedBefore(transaction, answer, current.subscriber)
    }

    /// Whether a frame that ended nothing can be of the one card that has the keys; if not, the card is blocked.
    ///
    /// A duplicate can: it is acted on as the first one was, should that have been stopped in the middle.
    private func isPlausible(_ answer: CardAnswer, _ subscriber: Subscriber) async throws(StoreError) -> Bool {
        let card = subscriber.card
        let judgement = try await ledger.judge(answer.frame, from: card.iccid, until: .now + Self.storageTime)
        if judgement.verdict == .duplicate { tally.count("home_uplinks_duplicated") }
        guard judgement.verdict.isAlarming else { return true }
        if let id = judgement.ended { running.endedElsewhere(id) }
        tally.count("home_alarms", [("alarm", "card_cloned")])
        logger.critical(
            "ALARM: two cards have the same keys; the card is blocked",
            metadata: [
                "msisdn": "\(card.msisdn, as: .mobileUser)",
                "reason": "\(judgement.verdict == .farBehind ? "counter far behind" : "used counter", as: .open)",
            ]
        )
        _ = refuse("card_cloned", card.msisdn)
        return false
    }

    /// It ended before: by its time, or by this answer whose commit nobody heard of.
    ///
    /// Who waits is told what stands.
    private func endedBefore(
        _ transaction: CardTransaction,
        _ answer: CardAnswer? = nil,
        _ subscriber: Subscriber? = nil
    ) async throws(StoreError) -> Bool {
        let entry = try await ledger.entry(transaction.id, until: .now + Self.storageTime)
        if let entry, let ending = entry.ending {
            running.handle(.endedBefore(ending), transaction)
            running.endedElsewhere(transaction.id)
        }
        if let answer, let subscriber, let entry, decide(.answer, entry) == [.destroy] {
            return try await late(answer, subscriber, isOther: false)
        }
        return refuse("ended_or_repeated", transaction.msisdn)
    }

    /// An authentic answer to what does not run any more: a signature is destroyed, and the person is told.
    private func late(
        _ answer: CardAnswer,
        _ subscriber: Subscriber,
        isOther: Bool
    ) async throws(StoreError) -> Bool {
        let msisdn = subscriber.card.msisdn
        guard answer.message.kind != .message else {
            tally.count("home_messages_shown")
            return true
        }
        guard answer.message.kind == .sign, answer.message.signature != nil,
            let transaction = try await ledger.tooLate(
                answer.message.transaction,
                from: subscriber.card.iccid,
                until: .now + Self.storageTime
            )
        else { return refuse(isOther ? "other_transaction" : "no_running_transaction", msisdn) }
        tally.count("home_late_signatures")
        log(.notice, "a signature came after its transaction had ended: destroyed", transaction)
        do { try await tellTooLate(transaction, subscriber) } catch {
            log(.warning, "the person could not be told", transaction)
        }
        return true
    }

    /// A card says that ten frames in a row failed its check: somebody tries, or its keys are not the ones kept here.
    ///
    /// A word that nobody asked for ends nothing, and one that is sent again only rings again.
    private func reported(_ answer: CardAnswer, _ subscriber: Subscriber) async throws(StoreError) -> Bool {
        guard try await isPlausible(answer, subscriber) else { return true }
        let msisdn = subscriber.card.msisdn
        tally.count("home_alarms", [("alarm", "card_refuses_frames")])
        logger.warning(
            "ALARM: a card reports frames that failed its check",
            metadata: ["msisdn": "\(msisdn, as: .mobileUser)"]
        )
        return true
    }

    private func interpret(_ message: UpMessage, of current: RunningTransaction) -> TransactionResult {
        let interpreter = AnswerInterpreter(evidence: evidence)
        let result = interpreter.result(of: message, in: current)
        if case .fault(let fault) = result, fault.code == .internalError {
            tally.count("home_alarms", [("alarm", "answer_does_not_verify")])
            log(
                .critical,
                "ALARM: an authentic answer does not verify",
                current.transaction,
                ["cause": "\(fault.cause ?? "", as: .system)"]
            )
        }
        return result
    }

    /// What is stored of a signature with its end; a signature without it is not delivered.
    private func keep(
        _ result: TransactionResult,
        of current: RunningTransaction
    ) throws(StoreError) -> KeptEvidence? {
        let transaction = current.transaction
        guard case .signature(let octets, let verdict) = result, case .signature(let task) = transaction.task,
            let key = current.subscriber.key(task.key)
        else { return nil }
        guard let signatures = try? task.signatures(of: octets), let first = signatures.first else {
            throw .unavailable("a result without its signatures")
        }
        do throws(EvidenceError) {
            return try keeper.keep(
                FinishedSignature(
                    transaction: transaction,
                    task: task,
                    key: key,
                    // Evidence has the certificate in a place of its own.
                    octets: first.signature,
                    further: zip(task.documents, signatures).dropFirst().map { document, finished in
                        FinishedSignature.Further(document: document, octets: finished.signature)
                    },
                    status: verdict.status,
                    sent: running.taken(transaction),
                    answered: Date()
                )
            )
        } catch {
            tally.count("home_evidence_failures")
            throw .unavailable("evidence cannot be kept: \(error.reason)")
        }
    }

    func refuse(_ reason: String, _ msisdn: MSISDN) -> Bool {
        tally.count("home_uplinks_refused", [("reason", reason)])
        logger.info(
            "short message of a card not used",
            metadata: ["reason": "\(reason, as: .open)", "msisdn": "\(msisdn, as: .mobileUser)"]
        )
        return true
    }
}
