import Alauda
import Foundation
import Logging
import MSSCore
import OTA

extension CardExchange {
    /// Half of each counter: time enough to roll the keys before the card refuses for good (WPKI profile; TS 102 225
    /// §5.1.4).
    private static let headroom = (packet: UInt64(1) << 39, frame: UInt32(1) << 31)

    func seal(
        _ message: DownMessage,
        _ transaction: CardTransaction,
        _ subscriber: Subscriber,
        under keyVersion: UInt8? = nil,
        spending counters: consuming SpentCounters
    ) -> SealedCommand? {
        do throws(CardVaultError) {
            return try vault.seal(
                message,
                for: subscriber.card,
                under: keyVersion ?? transaction.nextKeyVersion,
                spending: counters
            )
        } catch {
            tally.count("home_seal_failures")
            log(.error, "command could not be sealed", transaction, ["cause": "\(error.reason, as: .system)"])
            return nil
        }
    }

    /// What is told when a command could not be sealed.
    func sealFault(_ subscriber: Subscriber) -> MSSFault {
        guard vault.isLegacyRefused(subscriber.card) else {
            return MSSFault(.internalError, cause: "the command could not be sealed")
        }
        return MSSFault(.otaError, "The user's SIM card is too old: its encryption may not be used any more.")
    }

    /// Sends a command; only of a transaction's first one a receipt may say that no card gets it: another copy, or a
    /// REPEAT, that is lost says nothing of the first.
    func transmit(
        _ command: consuming SealedCommand,
        _ transaction: CardTransaction,
        isFirst: Bool = false,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError) {
        do throws(SIMChannelError) {
            if isFirst {
                try await channel.send(command, for: transaction, until: deadline)
            } else {
                try await channel.send(command, to: transaction.msisdn, until: deadline)
            }
            tally.count("home_commands_sent")
        } catch .notSent(let reason) {
            tally.count("home_commands_not_sent")
            log(.error, "command not sent", transaction, ["reason": "\(reason, as: .open)"])
            throw .notSent(reason)
        } catch .refused(let reason) {
            tally.count("home_commands_not_sent")
            log(.error, "command refused for good", transaction, ["reason": "\(reason, as: .open)"])
            throw .refused(reason)
        } catch {
            log(.warning, "nobody knows whether the command went out; waiting for the card", transaction)
            tally.count("home_commands_unknown")
            throw error
        }
    }

    /// Does what an exchange wants done beside its end; what fails is tried again when its next moment comes, if ever.
    func perform(_ actions: [ExchangeState.Action], _ exchange: RunningTransaction) async {
        for action in actions {
            do throws(StoreError) {
                switch action {
                case .resend: try await resend(exchange)
                case .askAgain: try await askAgain(exchange)
                case .doubtCounters:
                    tally.count("home_counters_doubted")
                    try await ledger.doubtCounters(of: exchange.transaction.iccid, until: .now + Self.storageTime)
                case .commit, .tell, .destroy, .drop, .refuse: continue
                }
            } catch {
                tally.count("home_upkeep_failures")
                log(
                    .warning,
                    "an exchange could not be carried on",
                    exchange.transaction,
                    ["cause": "\(String(describing: error), as: .system)"]
                )
            }
        }
    }

    /// The same command under the same counters is the same octets: a card that has it takes no notice.
    private func resend(_ exchange: RunningTransaction) async throws(StoreError) {
        let transaction = exchange.transaction
        guard let octets = transaction.command, let message = try? DownMessage(decoding: octets),
            let counters = try await ledger.again(transaction, until: .now + Self.storageTime)
        else { return }
        tally.count("home_commands_resent")
        await deliver(message, exchange, spending: counters)
    }

    private func askAgain(_ exchange: RunningTransaction) async throws(StoreError) {
        let transaction = exchange.transaction
        guard let counters = try await ledger.spend(on: .askAgain, for: transaction, until: .now + Self.storageTime)
        else { return }
        tally.count("home_answers_asked_again")
        await deliver(.repeatLast(transaction.txn), exchange, spending: counters)
    }

    /// Sends what nobody waits for; a failure is counted and no more.
    private func deliver(
        _ message: DownMessage,
        _ exchange: RunningTransaction,
        under keyVersion: UInt8? = nil,
        spending counters: consuming SpentCounters
    ) async {
        let transaction = exchange.transaction
        let sealed = seal(message, transaction, exchange.subscriber, under: keyVersion, spending: counters)
        guard let command = sealed else { return }
        let left = max(1, transaction.deadline.timeIntervalSinceNow)
        try? await transmit(command, transaction, until: .now + .seconds(left))
    }

    /// Tells the person that a signature came too late; their phone may show it once they have put the other away.
    func tellTooLate(_ transaction: CardTransaction, _ subscriber: Subscriber) async throws(StoreError) {
        guard let text = try? CardText(LatePhrase.text(subscriber.user.language)),
            let counters = try await ledger.spend(on: .message, for: transaction, until: .now + Self.storageTime)
        else { return }
        var notice = transaction
        notice.deadline = transaction.deadline.addingTimeInterval(
            max(0, -transaction.deadline.timeIntervalSinceNow) + LatePhrase.seconds
        )
        tally.count("home_messages_sent")
        await deliver(
            .message(transaction.txn, text),
            RunningTransaction(transaction: notice, subscriber: subscriber),
            spending: counters
        )
    }

    /// Asks a card that says nothing for a sign of life, past every counter it may have seen; at most once a day.
    func recover(_ expired: ExpiredTransaction) async throws(StoreError) {
        guard let prefix = TransactionID.Prefix(expired.id.prefix),
            let subscriber = try await directory.subscriber(expired.msisdn, until: .now + Self.storageTime)
        else { return }
        let transaction = CardTransaction(
            id: .random(prefix: prefix),
            txn: .random(),
            msisdn: subscriber.card.msisdn,
            iccid: subscriber.card.iccid,
            deadline: .now.addingTimeInterval(Self.recoverySeconds),
            trace: expired.trace,
            task: .recovery
        )
        let counters: SpentCounters
        do {
            counters = try await ledger.begin(transaction, until: .now + Self.storageTime)
        } catch .busy {
            return
        } catch .conflict {
            return
        }
        tally.count("home_recoveries_begun")
        log(.notice, "a card is silent: asked for its status", transaction)
        let deadline = ContinuousClock.now + .seconds(Self.recoverySeconds)
        let exchange = RunningTransaction(transaction: transaction, subscriber: subscriber)
        running.add(exchange, until: deadline)
        await deliver(.status(transaction.txn), exchange, spending: counters)
        // In the middle of a rollover the card may hear the next root alone.
        guard let next = subscriber.card.security.root(.pending),
            let counters = try await ledger.spend(
                on: .statusOfNext,
                for: transaction,
                until: .now + Self.storageTime
            )
        else { return }
        await deliver(.status(transaction.txn), exchange, under: next.keyVersion, spending: counters)
    }

    /// How long a card may take to say how it is.
    private static var recoverySeconds: Double { 60 }

    func watchHeadroom(_ counters: borrowing SpentCounters, _ transaction: CardTransaction) {
        guard counters.packet >= Self.headroom.packet || counters.frame >= Self.headroom.frame else { return }
        tally.count("home_alarms", [("alarm", "counter_headroom")])
        log(.critical, "ALARM: a card's counters are half used up: its keys must be rolled", transaction)
    }
}

/// What a person reads whose signature came too late.
enum LatePhrase {
    /// How long the message may take to the phone.
    static let seconds = 300.0

    static func text(_ language: String) -> String {
        switch language {
        case "fi": "Allekirjoituksesi tuli liian myöhään. Sitä ei käytetty."
        case "sv": "Din signatur kom för sent. Den användes inte."
        case "de": "Ihre Signatur kam zu spät. Sie wurde nicht verwendet."
        default: "Your signature came too late. It was not used."
        }
    }
}
