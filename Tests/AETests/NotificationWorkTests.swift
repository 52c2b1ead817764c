import AE
import Logging
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("Notifications of the acquiring entity")
struct NotificationWorkTests {
    /// Hands out what a test gives it, once, and remembers what was acknowledged.
    private final class Home: NotificationService {
        let due: Mutex<[StatusNotification]>
        let acknowledged = Mutex<[String]>([])
        let most = Mutex<[Int]>([])
        let failures = Mutex(0)

        init(_ due: [StatusNotification], failures: Int = 0) {
            self.due = Mutex(due)
            self.failures.withLock { $0 = failures }
        }

        func notifications(_ lease: NotificationLease, _ call: Call) async throws(MSSFault) -> [StatusNotification] {
            let fails = failures.withLock { left in
                defer { left = max(0, left - 1) }
                return left > 0
            }
            guard !fails else { throw MSSFault(.unableToProvideServices) }
            acknowledged.withLock { $0 += lease.acknowledged }
            guard lease.most > 0 else { return [] }
            most.withLock { $0.append(lease.most) }
            let out = due.withLock { due in
                defer { due.removeFirst(min(lease.most, due.count)) }
                return Array(due.prefix(lease.most))
            }
            if out.isEmpty { try? await Task.sleep(for: .milliseconds(20)) }
            return out
        }
    }

    private struct Channel: NotificationChannel {
        let carried = Chronicle()
        var failing: Set<String> = []
        var time: Duration = .zero

        func deliver(
            _ notification: StatusNotification,
            to target: NotificationTarget,
            until deadline: ContinuousClock.Instant
        ) async throws(NotificationFailure) {
            carried.note(notification.transactionID + " " + target.url)
            try? await Task.sleep(for: time)
            if failing.contains(notification.transactionID) { throw NotificationFailure(.unreachable, "x") }
        }
    }

    private static let url = "https://ap.example/signed"

    private func notification(_ id: String, _ url: String? = Self.url, of ap: String = Sample.apID)
        -> StatusNotification
    {
        var header = Sample.header(ap: ap)
        header.apInfo.url = url
        let fault = MSSFault(.userCancel)
        return StatusNotification(
            transactionID: id,
            header: header,
            mobileUser: MobileUser(),
            outcome: .failed(fault),
            attempt: 1
        )
    }

    /// Runs until `isDone`, at most ten seconds.
    private func run(_ home: Home, _ channel: Channel, until isDone: @escaping @Sendable () -> Bool) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var provider = Sample.provider
        provider.notificationTargets = [try #require(NotificationTarget(Self.url))]
        let (_, cache) = try RecordingHome([provider]).entity()
        await cache.pull()
        let work = NotificationWork(
            home: home,
            peer: Sample.ae,
            providers: cache,
            channel: channel,
            tally: NoTally(),
            logger: logger,
            pause: .milliseconds(10)
        )
        let task = Task { await work.run() }
        for _ in 0..<1_000 where !isDone() { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        await task.value
    }

    @Test("are acknowledged at the home when their provider has acknowledged them, and else not")
    func acknowledged() async throws {
        let home = Home(["h1a", "h1b", "h1c"].map { notification($0) }, failures: 2)
        let channel = Channel(failing: ["h1b"])
        try await run(home, channel) { home.acknowledged.withLock { $0.count } == 2 && channel.carried.all.count == 3 }
        #expect(Set(home.acknowledged.withLock { $0 }) == ["h1a", "h1c"])
        #expect(Set(channel.carried.all) == Set(["h1a", "h1b", "h1c"].map { "\($0) \(Self.url)" }))
    }

    @Test("go to targets of the provider's entry alone")
    func targets() async throws {
        let home = Home([
            notification("h1a", "https://ap.example/other"), notification("h1b", nil), notification("h1c", "http://x"),
            notification("h1d", of: "http://nobody"), notification("h1e"),
        ])
        let channel = Channel()
        try await run(home, channel) { !home.acknowledged.withLock { $0.isEmpty } }
        #expect(channel.carried.all == ["h1e \(Self.url)"])
    }

    @Test("are no more at once than the home may hand out")
    func bounded() async throws {
        let home = Home((0..<80).map { notification("h1n\($0)") })
        let channel = Channel(time: .milliseconds(60))
        try await run(home, channel) { home.acknowledged.withLock { $0.count } == 80 }
        #expect(home.acknowledged.withLock { Set($0).count } == 80)
        #expect(home.most.withLock { $0.first } == NotificationLease.mostAtOnce)
        #expect(home.most.withLock { $0.allSatisfy { (1...NotificationLease.mostAtOnce).contains($0) } })
    }
}
