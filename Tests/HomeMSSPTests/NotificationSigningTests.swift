import HomeMSSP
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

/// One line, handed out as often as somebody asks.
private struct OneLine: NotificationOutbox {
    let line: DueNotification

    func lease(
        through entity: PeerIdentity,
        most: Int,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [DueNotification] { [line] }

    func acknowledge(
        _ ids: [TransactionID],
        through entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int { 0 }

    func giveUp(
        through entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [String] { [] }
}

@Suite("A provider that is told, at the home")
struct NotificationSigningTests {
    private static func signing() -> ApplicationProvider {
        var provider = Sample.provider
        provider.messageCertificates = [[1]]
        return provider
    }

    /// What the desk hands out of a transaction of the provider that has ended.
    private func told(
        _ provider: ApplicationProvider,
        signs: Bool = true
    ) async throws -> (notifications: [StatusNotification], stage: Stage) {
        let stage = try await Stage.withSigner(provider: provider)
        var call = Sample.call(through: Sample.ae, from: Sample.ap)
        call.signer = provider.signsMessages ? provider.id : nil
        let id = try await stage.signatures.signature(Sample.signature(), call).transactionID
        let entry = try await stage.home.entry(
            try #require(TransactionID(id)),
            until: .now + .seconds(9)
        )
        let desk = NotificationDesk(
            identity: "http://home.test.mssp",
            prefix: Sample.homePrefix,
            outbox: OneLine(line: DueNotification(entry: try #require(entry), url: "https://ap/signed", attempt: 1)),
            providers: ProviderRegister([provider]),
            signing: NotificationSigning(signatures: ScriptedSignatures(signs: signs)) { notification in
                Array("\(notification.transactionID) \(notification.soap.rawValue)".utf8)
            },
            directory: stage.home,
            networks: [],
            exchange: stage.exchange,
            logger: stage.log.logger
        )
        let told = try await desk.notifications(NotificationLease(most: 1), Sample.call(Sample.ae))
        #expect(told.allSatisfy { $0.transactionID == id })
        return (told, stage)
    }

    @Test("is told by AE's words, in the version of SOAP that its entry names")
    func plain() async throws {
        for version in SOAPVersion.allCases {
            var provider = Sample.provider
            provider.notificationSOAP = version
            let told = try await told(provider).notifications
            #expect(told.map(\.soap) == [version] && told.allSatisfy { $0.envelope == nil })
        }
    }

    @Test("is told under the home's signature, where its messages are signed")
    func signed() async throws {
        var provider = Self.signing()
        provider.notificationSOAP = .v11
        let told = try await told(provider).notifications
        let notification = try #require(told.first)
        #expect(notification.envelope == Array("\(notification.transactionID) 1.1".utf8) + [1])
    }

    @Test("is told nothing while the home cannot sign: it stays due, and the operator hears of it")
    func unsigned() async throws {
        let (told, stage) = try await told(Self.signing(), signs: false)
        #expect(told.isEmpty)
        #expect(stage.tally["home_notifications outcome=unsigned"] == 1)
        #expect(stage.log.shown.contains { $0.contains("a notification cannot be signed") })
    }
}
