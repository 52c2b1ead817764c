import Foundation
import Logging
import MSSCore

extension CardExchange {
    /// A card that says nothing this often in a row is asked for its status.
    private static let mostSilences = 3

    /// Looks after what runs, until it is cancelled: waits whose time is over, exchanges whose next moment has come,
    /// what other processes ended, and what they left behind.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow() }
            group.addTask {
                while !Task.isCancelled {
                    await self.attend()
                    try? await Task.sleep(for: .seconds(1))
                }
            }
            while !Task.isCancelled {
                for (exchange, actions) in running.sweep(.now) {
                    group.addTask { await self.perform(actions, exchange) }
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
            group.cancelAll()
        }
    }

    /// Ends the waits whose time is over at an instant.
    public func sweep(_ now: ContinuousClock.Instant) {
        running.sweep(now)
    }

    /// Ends what is overdue whoever began it, and takes over what a process that is gone has left; once.
    public func attend() async {
        do throws(StoreError) {
            for expired in try await ledger.expire(until: .now + Self.storageTime) {
                running.endedElsewhere(expired.id)
                tally.count("home_transactions_ended", [("outcome", "208")])
                logger.info(
                    "transaction ended",
                    metadata: [
                        "fault": "\(208, as: .open)", "trace": "\(expired.trace, as: .open)",
                        "msisdn": "\(expired.msisdn, as: .mobileUser)",
                    ]
                )
                if expired.silences >= Self.mostSilences { try await recover(expired) }
            }
            let adopted = try await ledger.adopt(until: .now + Self.storageTime)
            await withDiscardingTaskGroup { group in
                for exchange in adopted { group.addTask { await self.adopt(exchange) } }
            }
        } catch {
            // Storage that is away is told by whoever needs it; what is overdue waits until it is back.
            tally.count("home_upkeep_failures")
        }
    }

    private func adopt(_ exchange: RunningTransaction) async {
        let transaction = exchange.transaction
        tally.count("home_transactions_adopted")
        log(.notice, "a transaction of a process that is gone is carried on", transaction)
        let left = max(0, transaction.deadline.timeIntervalSinceNow)
        let state = ExchangeState(deadline: .now + .seconds(left), canResend: transaction.command != nil)
        running.add(exchange, state)
        await perform(running.handle(.adopted, transaction) ?? [], exchange)
    }

    /// Wakes who waits here for what ended elsewhere.
    private func follow() async {
        for await change in ledger.changes {
            switch change {
            case .ended(let id): running.endedElsewhere(id)
            case .missed: running.wakeAll()
            }
        }
    }
}

extension CardExchange {
    /// Counts and logs an end that was committed by this process.
    func count(_ transaction: CardTransaction, _ result: TransactionResult) {
        switch result {
        case .fault(let fault):
            tally.count("home_transactions_ended", [("outcome", "\(fault.code.rawValue)")])
            log(.info, "transaction ended", transaction, ["fault": "\(fault.code.rawValue, as: .open)"])
            guard fault.isNotMe else { return }
            tally.count("home_not_me")
            log(
                .warning,
                "the user did not start what their phone asked: find out who did",
                transaction,
                asker(transaction)
            )
        case .signature(_, let verdict):
            let status = verdict.status.rawValue
            tally.count("home_transactions_ended", [("outcome", "\(status)")])
            log(.info, "transaction ended", transaction, ["status": "\(status, as: .open)"])
            guard let problem = verdict.problem else { return }
            tally.count("home_validations_unproven", [("problem", "\(problem.rawValue)")])
        case .provenKey:
            tally.count("home_transactions_ended", [("outcome", "proven_key")])
            log(.info, "key proven", transaction)
        case .cardAnswered:
            tally.count("home_transactions_ended", [("outcome", "card_answered")])
            switch transaction.task {
            case .recovery: log(.notice, "a silent card answers again", transaction)
            case .receipt: log(.info, "receipt shown", transaction)
            case .signature, .keyGeneration, .rollover: break
            }
        }
    }

    /// A request that does not bother the person now; what it would have begun is nowhere.
    func held(_ transaction: CardTransaction, _ hold: PromptHold) -> MSSFault {
        tally.count("home_prompts_held", [("reason", hold.reason.word)])
        log(
            .notice,
            "a request was held back: its user has been asked too often",
            transaction,
            asker(transaction).merging(["reason": "\(hold.reason.word, as: .open)"]) { first, _ in first }
        )
        return hold.fault(at: Date())
    }

    private func asker(_ transaction: CardTransaction) -> Logger.Metadata {
        guard case .signature(let task) = transaction.task else { return [:] }
        return ["ap_id": "\(task.provider, as: .applicationProvider)"]
    }

    func log(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ transaction: CardTransaction,
        _ metadata: Logger.Metadata = [:]
    ) {
        logger.log(
            level: level,
            message,
            metadata: metadata.merging([
                "trace": "\(transaction.trace, as: .open)", "transaction": "\(transaction.id, as: .open)",
                "msisdn": "\(transaction.msisdn, as: .mobileUser)",
            ]) { first, _ in first }
        )
    }
}
