public import Logging
public import MSSCore

/// Fetches what is due from the home and carries it to the providers; it keeps nothing: what a restart forgets, or a
/// provider does not acknowledge, the home hands out again.
public struct NotificationWork: Sendable {
    /// How long a provider may take for its receipt: less than the home waits before it hands the same out again.
    static let longestDelivery: Duration = .seconds(10)

    private let home: any NotificationService
    private let peer: PeerIdentity
    private let providers: ProviderCache
    private let channel: any NotificationChannel
    private let tally: any Tally
    private let logger: Logger
    private let pause: Duration

    /// - Parameters:
    ///   - home: Keeps what is due.
    ///   - peer: This acquiring entity.
    ///   - providers: Say where each may be told.
    ///   - channel: Reaches them.
    ///   - tally: Counts what became of each.
    ///   - logger: Is told of those that were not acknowledged.
    ///   - pause: Before the home is asked again that did not answer.
    public init(
        home: any NotificationService,
        peer: PeerIdentity,
        providers: ProviderCache,
        channel: any NotificationChannel,
        tally: any Tally,
        logger: Logger,
        pause: Duration = .seconds(2)
    ) {
        self.home = home
        self.peer = peer
        self.providers = providers
        self.channel = channel
        self.tally = tally
        self.logger = logger
        self.pause = pause
    }

    /// Fetches and carries until it is cancelled; as many are on their way as the home hands out at once.
    public func run() async {
        let slots = Slots(NotificationLease.mostAtOnce)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let free = await slots.wait()
                guard let due = await lease(free) else {
                    try? await Task.sleep(for: pause)
                    continue
                }
                for notification in due {
                    slots.take()
                    group.addTask {
                        await carry(notification)
                        slots.give()
                    }
                }
            }
        }
    }

    private func lease(_ most: Int) async -> [StatusNotification]? {
        let wait = NotificationLease.longestWait
        let call = Call(peer: peer, deadline: .now + .seconds(wait) + .seconds(10))
        do throws(MSSFault) {
            return try await home.notifications(NotificationLease(most: most, wait: wait), call)
        } catch {
            guard !Task.isCancelled else { return nil }
            logger.warning(
                "the home was not asked for notifications that are due",
                metadata: ["fault": "\(error.code.rawValue, as: .open)", "cause": "\(error.cause ?? "", as: .system)"]
            )
            return nil
        }
    }

    private func carry(_ notification: StatusNotification) async {
        do throws(NotificationFailure) {
            try await channel.deliver(
                notification,
                to: try target(of: notification),
                until: .now + Self.longestDelivery
            )
            tally.count("ae_notifications", [("outcome", "acknowledged")])
        } catch {
            tally.count("ae_notifications", [("outcome", error.reason.rawValue)])
            logger.notice(
                "a notification was not acknowledged; the home will hand it out again",
                metadata: [
                    "reason": "\(error.reason.rawValue, as: .open)", "cause": "\(error.cause, as: .system)",
                    "attempt": "\(notification.attempt, as: .open)",
                    "transaction": "\(notification.transactionID, as: .open)",
                    "ap_id": "\(notification.header.apInfo.id, as: .applicationProvider)",
                ]
            )
            return
        }
        await acknowledge(notification)
    }

    /// The entry as it is now decides, not as it was when the request came.
    private func target(of notification: StatusNotification) throws(NotificationFailure) -> NotificationTarget {
        let info = notification.header.apInfo
        let provider: ApplicationProvider?
        do { provider = try providers.provider(info.id) } catch {
            throw NotificationFailure(.unregistered, "there is no provider directory to look in")
        }
        guard let target = info.url.flatMap({ NotificationTarget($0) }),
            provider?.notificationTargets.contains(target) == true
        else { throw NotificationFailure(.unregistered, "AP_URL is no notification target of the provider's entry") }
        return target
    }

    /// One that the home does not hear of is handed out again: a provider knows it by MSSP_TransID.
    private func acknowledge(_ notification: StatusNotification) async {
        let call = Call(peer: peer, deadline: .now + .seconds(5))
        do throws(MSSFault) {
            _ = try await home.notifications(NotificationLease(acknowledged: [notification.transactionID]), call)
        } catch {
            logger.warning(
                "the home does not know yet that a notification was acknowledged",
                metadata: ["transaction": "\(notification.transactionID, as: .open)"]
            )
        }
    }
}
