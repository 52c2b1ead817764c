import Alauda
public import Logging
public import MSSCore
public import OTA

/// Speaks with cards: commits, seals and sends a command, takes the answer in, commits it, and tells who waits.
///
/// One for all that goes to cards, so that the order "intent committed, sent, answer committed, told" stands once.
public final class CardExchange: Sendable {
    private let vault: any CardVault
    private let channel: any SIMChannel
    private let directory: any SubscriberDirectory
    private let ledger: any TransactionLedger
    private let evidence: any SignatureEvidence
    private let tally: any Tally
    private let logger: Logger
    private let running = RunningTransactions()

    public init(
        vault: any CardVault,
        channel: any SIMChannel,
        directory: any SubscriberDirectory,
        ledger: any TransactionLedger,
        evidence: any SignatureEvidence,
        tally: any Tally = NoTally(),
        logger: Logger
    ) {
        self.vault = vault
        self.channel = channel
        self.directory = directory
        self.ledger = ledger
        self.evidence = evidence
        self.tally = tally
        self.logger = logger
    }

    /// Commits a transaction and sends its command; returns when the message centre has taken it.
    ///
    /// - Throws: 406 if the card is busy, 209 if the command did not go out, 900 if the home could not do its part.
    func send(
        _ message: DownMessage,
        as transaction: CardTransaction,
        to subscriber: Subscriber,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) {
        let counters: SpentCounters
        do {
            counters = try await ledger.begin(transaction, until: deadline)
        } catch {
            throw fault(error)
        }
        running.add(RunningTransaction(transaction: transaction, subscriber: subscriber), until: deadline)
        let sealed = seal(message, transaction, subscriber, spending: counters)
        guard let command = sealed else {
            try await abandon(transaction, MSSFault(.internalError, cause: "the command could not be sealed"))
        }
        try await transmit(command, transaction, until: deadline)
    }

    /// Waits for the answer of a transaction that was sent.
    ///
    /// - Returns: The committed end. A deadline that passed is committed as 208 before anybody is told, unless the
    ///   card's answer was committed first.
    func result(of transaction: CardTransaction) async throws(MSSFault) -> RunningTransactions.Ended {
        let ended = await running.wait(for: transaction)
        running.remove(transaction)
        if let ended { return ended }
        guard !Task.isCancelled else { throw MSSFault(.internalError, cause: "the caller has gone") }
        do throws(StoreError) {
            let deadline = ContinuousClock.now + Self.storageTime
            let result = TransactionResult.fault(Self.expired)
            if try await ledger.end(transaction, with: result, counter: nil, until: deadline) {
                self.ended(transaction, result)
            }
            guard let committed = try await ledger.entry(transaction.id, until: deadline)?.result else {
                throw .unavailable("the ledger does not know a transaction that it ended")
            }
            return RunningTransactions.Ended(result: committed, simTime: .zero)
        } catch {
            throw fault(error)
        }
    }

    /// Takes what a card sent.
    ///
    /// - Returns: `true` when the answer is stored, or is of no use to anyone; `false` asks the message centre to send
    ///   it again.
    public func receive(_ packet: ResponsePacket, from msisdn: MSISDN) async -> Bool {
        do {
            guard let current = try await current(msisdn) else { return refuse("no_running_transaction", msisdn) }
            guard !packet.data.isEmpty else { return refuse("transport_receipt", msisdn) }
            let answer = try vault.open(packet, from: current.subscriber.card)
            guard let asked = try await asked(answer.message.transaction, msisdn, current) else {
                return refuse("other_transaction", msisdn)
            }
            return try await end(asked, with: answer)
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

    /// Takes word that no card has a transaction's command and none will get it: ends it before its time is over.
    ///
    /// Only a transaction that this process knows and that still runs; a card's answer that was committed stands.
    public func undelivered(_ id: String, of msisdn: MSISDN, reason: String) async {
        guard let current = running.find(msisdn), current.transaction.id.description == id else { return }
        let result = TransactionResult.fault(Self.undeliverable)
        do throws(StoreError) {
            let deadline = ContinuousClock.now + Self.storageTime
            guard try await ledger.end(current.transaction, with: result, counter: nil, until: deadline) else { return }
            tally.count("home_commands_undelivered")
            log(.warning, "command not delivered", current.transaction, ["reason": "\(reason, as: .open)"])
            ended(current.transaction, result)
        } catch {
            // A hint shortens a wait, no more: its deadline will end it.
            tally.count("home_ends_not_stored")
        }
    }

    /// Ends waits whose time is over, until it is cancelled.
    public func run() async {
        while !Task.isCancelled {
            sweep(.now)
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Ends the waits whose time is over at an instant.
    public func sweep(_ now: ContinuousClock.Instant) {
        running.sweep(now)
    }
}

extension CardExchange {
    /// How long a write that must not be given up may wait for storage.
    private static var storageTime: Duration { .seconds(5) }

    static var expired: MSSFault {
        MSSFault(.expiredTransaction, "The user did not answer in time.", specifier: 2081)
    }

    /// Receipt UNDELIV or EXPIRED, or a refusal for good.
    private static var undeliverable: MSSFault {
        MSSFault(.otaError, "The message could not be delivered to the phone.", specifier: 2092)
    }

    private func seal(
        _ message: DownMessage,
        _ transaction: CardTransaction,
        _ subscriber: Subscriber,
        spending counters: consuming SpentCounters
    ) -> SealedCommand? {
        do throws(CardVaultError) {
            return try vault.seal(message, for: subscriber.card, spending: counters)
        } catch {
            tally.count("home_seal_failures")
            log(.error, "command could not be sealed", transaction, ["cause": "\(error.reason, as: .system)"])
            return nil
        }
    }

    private func transmit(
        _ command: consuming SealedCommand,
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) {
        do throws(SIMChannelError) {
            try await channel.send(command, for: transaction, until: deadline)
            tally.count("home_commands_sent")
        } catch .notSent(let reason) {
            tally.count("home_commands_not_sent")
            log(.error, "command not sent", transaction, ["reason": "\(reason, as: .open)"])
            let fault = MSSFault(.otaError, "The message centre did not take the message.", specifier: 2091)
            try await abandon(transaction, fault)
        } catch .refused(let reason) {
            tally.count("home_commands_not_sent")
            log(.error, "command refused for good", transaction, ["reason": "\(reason, as: .open)"])
            try await abandon(transaction, Self.undeliverable)
        } catch {
            log(.warning, "nobody knows whether the command went out; waiting for the card", transaction)
            tally.count("home_commands_unknown")
        }
    }

    /// Ends a transaction that never reached the card, and says why.
    private func abandon(_ transaction: CardTransaction, _ fault: MSSFault) async throws(MSSFault) -> Never {
        running.remove(transaction)
        do throws(StoreError) {
            let result = TransactionResult.fault(fault)
            if try await ledger.end(transaction, with: result, counter: nil, until: .now + Self.storageTime) {
                ended(transaction, result)
            }
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
        throw fault
    }

    private func current(_ msisdn: MSISDN) async throws(StoreError) -> RunningTransaction? {
        if let known = running.find(msisdn) { return known }
        return try await ledger.running(msisdn, until: .now + Self.storageTime)
    }

    /// The transaction that an authentic answer names; another process of the home may have begun a newer one.
    private func asked(
        _ txn: WPKITransaction,
        _ msisdn: MSISDN,
        _ known: RunningTransaction
    ) async throws(StoreError) -> RunningTransaction? {
        if known.transaction.txn == txn { return known }
        let stored = try await ledger.running(msisdn, until: .now + Self.storageTime)
        return stored?.transaction.txn == txn ? stored : nil
    }

    /// Commits what the card answered, then tells.
    private func end(_ current: RunningTransaction, with answer: CardAnswer) async throws(StoreError) -> Bool {
        let transaction = current.transaction
        let deadline = ContinuousClock.now + Self.storageTime
        let result = interpret(answer.message, of: current)
        if try await ledger.end(transaction, with: result, counter: answer.counter, until: deadline) {
            ended(transaction, result)
            return true
        }
        // It ended before: by its time, or by this answer whose commit nobody heard of. Who waits is told what stands.
        if let committed = try await ledger.entry(transaction.id, until: deadline)?.result {
            running.end(transaction, committed)
        }
        return refuse("ended_or_repeated", transaction.msisdn)
    }

    private func ended(_ transaction: CardTransaction, _ result: TransactionResult) {
        running.end(transaction, result)
        switch result {
        case .fault(let fault):
            tally.count("home_transactions_ended", [("outcome", "\(fault.code.rawValue)")])
            log(.info, "transaction ended", transaction, ["fault": "\(fault.code.rawValue, as: .open)"])
        case .signature(_, let status):
            tally.count("home_transactions_ended", [("outcome", "\(status.rawValue)")])
            log(.info, "transaction ended", transaction, ["status": "\(status.rawValue, as: .open)"])
        case .provenKey:
            tally.count("home_transactions_ended", [("outcome", "proven_key")])
            log(.info, "key proven", transaction)
        }
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

    private func refuse(_ reason: String, _ msisdn: MSISDN) -> Bool {
        tally.count("home_uplinks_refused", [("reason", reason)])
        logger.info(
            "short message of a card not used",
            metadata: ["reason": "\(reason, as: .open)", "msisdn": "\(msisdn, as: .mobileUser)"]
        )
        return true
    }

    func fault(_ error: StoreError) -> MSSFault {
        switch error {
        case .busy:
            tally.count("home_busy")
            return MSSFault(
                .signatureProcess,
                "Another request is running on the user's phone; try again when it has ended."
            )
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

    private func log(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ transaction: CardTransaction,
        _ metadata: Logger.Metadata = [:]
    ) {
        logger.log(
            level: level,
            message,
            metadata: metadata.merging([
                "trace": "\(transaction.trace, as: .open)", "msisdn": "\(transaction.msisdn, as: .mobileUser)",
            ]) { first, _ in first }
        )
    }
}
