public import Foundation
public import Logging
public import MSSCore

/// Answers acquiring entities that ask for due notifications.
public struct NotificationDesk: NotificationService {
    /// How often the outbox is looked into while an acquiring entity waits: any process of the home may have ended the
    /// transaction.
    private static let look: Duration = .milliseconds(200)

    private let identity: String
    private let prefix: TransactionID.Prefix
    private let outbox: any NotificationOutbox
    private let providers: ProviderRegister
    private let signing: NotificationSigning
    private let directory: any SubscriberDirectory
    private let answers: ServiceAnswers
    private let exchange: CardExchange
    private let logger: Logger
    private let isStopping: @Sendable () -> Bool
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - identity: The home's name, in MSSP_Info.
    ///   - prefix: Of the home's transactions.
    ///   - outbox: Keeps what is due.
    ///   - providers: Say in which form each is told.
    ///   - signing: Writes and signs for those whose messages are signed.
    ///   - directory: Finds the person whom a service answers something of.
    ///   - networks: MCC and MNC of the networks whose subscribers are told.
    ///   - roles: What the role service tells, of those who have any.
    ///   - people: What personIdentity answers; nothing where there is none.
    ///   - exchange: Knows the faults of storage, and counts.
    ///   - logger: Is told of what is given up.
    ///   - isStopping: Whether the home is asked to stop: nobody is let wait any longer.
    ///   - now: The clock of MSSP_Info/@Instant.
    public init(
        identity: String,
        prefix: TransactionID.Prefix,
        outbox: any NotificationOutbox,
        providers: ProviderRegister,
        signing: NotificationSigning,
        directory: any SubscriberDirectory,
        networks: [String],
        roles: [MSISDN: [String]] = [:],
        people: PersonAnswers? = nil,
        exchange: CardExchange,
        logger: Logger,
        isStopping: @escaping @Sendable () -> Bool = { false },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.prefix = prefix
        self.outbox = outbox
        self.providers = providers
        self.signing = signing
        self.directory = directory
        answers = ServiceAnswers(identity: identity, networks: networks, roles: roles, people: people)
        self.exchange = exchange
        self.logger = logger
        self.isStopping = isStopping
        self.now = now
    }

    public func notifications(
        _ lease: NotificationLease,
        _ call: Call
    ) async throws(MSSFault) -> [StatusNotification] {
        let end = min(ContinuousClock.now + .seconds(lease.wait), call.deadline - .seconds(1))
        do {
            let ids = lease.acknowledged.compactMap { TransactionID($0) }.filter { $0.prefix == prefix.description }
            if !ids.isEmpty {
                count("acknowledged", try await outbox.acknowledge(ids, through: call.peer, until: call.deadline))
            }
            guard lease.most > 0 else { return [] }
            try await giveUp(call)
            while true {
                let due = try await outbox.lease(through: call.peer, most: lease.most, until: call.deadline)
                if !due.isEmpty {
                    count("handed_out", due.count)
                    var notifications: [StatusNotification] = []
                    for line in due {
                        if let notification = try await notification(line, call) { notifications.append(notification) }
                    }
                    return await formed(notifications, call)
                }
                guard .now + Self.look < end, !Task.isCancelled, !isStopping() else { return [] }
                try? await Task.sleep(for: Self.look)
            }
        } catch { throw exchange.fault(error) }
    }

    private func giveUp(_ call: Call) async throws(StoreError) {
        let lost = try await outbox.giveUp(through: call.peer, until: call.deadline)
        count("given_up", lost.count)
        for id in lost {
            logger.warning(
                "a notification is given up: its provider has not acknowledged it for a day",
                metadata: ["transaction": "\(id, as: .open)", "peer": "\(call.peer, as: .open)"]
            )
        }
    }

    /// Each as its provider is told; one that should be signed and cannot be is due again, as all that is not
    /// acknowledged.
    private func formed(_ notifications: [StatusNotification], _ call: Call) async -> [StatusNotification] {
        var formed: [StatusNotification] = []
        var seal: NotificationSigning.Seal?
        for var notification in notifications {
            let provider = providers.provider(notification.header.apInfo.id)
            notification.soap = provider?.notificationSOAP ?? .v12
            do throws(MSSFault) {
                if provider?.signsMessages ?? false {
                    let now = if let seal { seal } else { try await signing.signatures.signer() }
                    seal = now
                    notification.envelope = try now(signing.write(notification))
                }
                formed.append(notification)
            } catch {
                count("unsigned", 1)
                logger.error(
                    "a notification cannot be signed: it stays due",
                    metadata: [
                        "transaction": "\(notification.transactionID, as: .open)",
                        "cause": "\(error.cause ?? error.detail ?? "", as: .system)",
                        "trace": "\(call.trace, as: .open)",
                    ]
                )
            }
        }
        return formed
    }

    private func count(_ outcome: String, _ number: Int) {
        for _ in 0..<number { exchange.tally.count("home_notifications", [("outcome", outcome)]) }
    }

    private func notification(_ due: DueNotification, _ call: Call) async throws(StoreError) -> StatusNotification? {
        guard case .signature(let task) = due.entry.transaction.task else { return nil }
        let asked = MessageHeader(
            apInfo: APInfo(id: task.provider, transID: task.providerTransaction, instant: task.instant, url: due.url)
        )
        let header = asked.answered(by: identity, at: now())
        return StatusNotification(
            transactionID: due.entry.transaction.id.description,
            header: header,
            mobileUser: MobileUser(msisdn: task.msisdnAsWritten),
            outcome: try await outcome(due.entry, task, header, call),
            attempt: due.attempt
        )
    }

    /// - Throws: ``StoreError`` if the person cannot be read: the notifications are due again, and nothing is left out.
    private func outcome(
        _ entry: LedgerEntry,
        _ task: SignatureTask,
        _ header: MessageHeader,
        _ call: Call
    ) async throws(StoreError) -> StatusNotification.Outcome {
        let told: Told
        do throws(MSSFault) { told = try Told(entry.result, task) } catch { return .failed(error) }
        var person: Subscriber?
        if told.wantsPerson(task) {
            person = try await directory.subscriber(entry.transaction.msisdn, until: call.deadline)
        }
        return .signed(await answers.status(task, entry.transaction.id, told, of: person, header))
    }
}
