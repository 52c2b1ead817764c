import AE
import Logging
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("A provider whose messages are signed, at the acquiring entity")
struct SignedMessagePassingTests {
    private final class Relay: SignedMessageRelay {
        let passed = Mutex<[(octets: [UInt8], origin: PeerIdentity?)]>([])

        func pass(_ message: SignedMessage, _ call: Call) async throws(MSSFault) -> SignedAnswer {
            passed.withLock { $0.append((message.envelope, call.origin)) }
            return SignedAnswer(envelope: [7])
        }
    }

    private static func signing() -> ApplicationProvider {
        var provider = Sample.provider
        provider.messageCertificates = [[1], [2]]
        return provider
    }

    private func entity(
        _ home: RecordingHome,
        _ relay: Relay?
    ) async throws -> AcquiringEntity {
        let (_, cache) = try home.entity()
        await cache.pull()
        return AcquiringEntity(
            identity: Sample.ae.uri,
            home: home,
            relay: relay,
            providers: cache,
            meter: RequestMeter(tally: NoTally()),
            tally: home.tally,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func contents() -> [SignedMessage.Content] {
        let header = Sample.header()
        let user = MobileUser(msisdn: "+358401234567")
        return [
            .signature(Sample.signature()), .status(Sample.status("h1")),
            .receipt(ReceiptRequest(header: header, mobileUser: user, transactionID: "h1")),
            .profile(ProfileRequest(header: header, mobileUser: user)),
            .cancel(CancelRequest(header: header, transactionID: "h1")), .fit(FitRequest(header: header, text: "x")),
        ]
    }

    @Test("has each of them passed on as it is, and is told what the home wrote")
    func passed() async throws {
        let (home, relay) = (try RecordingHome([Self.signing()]), Relay())
        let entity = try await entity(home, relay)
        #expect(entity.takesSigned(from: Sample.apID) && !entity.takesSigned(from: "http://nobody"))
        for (index, content) in Self.contents().enumerated() {
            let message = SignedMessage(content, envelope: [UInt8(index)], contentType: "text/xml")
            #expect(try await entity.pass(message, Sample.call(Sample.ap)).envelope == [7])
        }
        let passed = relay.passed.withLock { $0 }
        #expect(passed.map(\.octets) == (0..<6).map { [UInt8($0)] } && passed.allSatisfy { $0.origin == Sample.ap })
        #expect(home.calls.withLock { $0.isEmpty })
        #expect(home.tally.count(of: "ae_provider_requests{provider=\(Sample.apID),outcome=ok}") == 6)
        #expect(home.tally.count(of: "ae_provider_request{provider=\(Sample.apID),operation=MSS_StatusQuery}") == 1)
    }

    @Test("gets nothing passed on that it is not entitled to")
    func refused() async throws {
        var provider = Self.signing()
        provider.allowance.numbers = [.prefix("4670")]
        let (home, relay) = (try RecordingHome([provider]), Relay())
        let entity = try await entity(home, relay)
        for content in Self.contents() {
            let message = SignedMessage(content, envelope: [1], contentType: "text/xml")
            await #expect(throws: MSSFault.self) { try await entity.pass(message, Sample.call(Sample.ra)) }
        }
        for index in [0, 3] {
            let message = SignedMessage(Self.contents()[index], envelope: [1], contentType: "text/xml")
            await #expect(throws: MSSFault.self) { try await entity.pass(message, Sample.call(Sample.ap)) }
        }
        #expect(relay.passed.withLock { $0.isEmpty })
    }

    @Test("is refused what it did not sign, and told who must act")
    func unsigned() async throws {
        let home = try RecordingHome([Self.signing()])
        let entity = try await entity(home, Relay())
        let signature = await #expect(throws: MSSFault.self) {
            try await entity.signature(Sample.signature(), Sample.call(Sample.ap))
        }
        let status = await #expect(throws: MSSFault.self) {
            try await entity.status(Sample.status("h1"), Sample.call(Sample.ap))
        }
        #expect(signature == .unsignedMessage && status == .unsignedMessage)
        #expect(signature?.meaning.actor == .provider)
        #expect(home.calls.withLock { $0.isEmpty })
    }

    @Test(
        "learns by a handshake what is signed, with which of its certificates and algorithms; another that nothing is"
    )
    func handshake() async throws {
        let all = HandshakeResponse.signatureMethods
        let offered = HandshakeRequest(
            header: Sample.header(),
            certificates: [[2], [3]],
            algorithms: ["http://www.w3.org/2000/09/xmldsig#rsa-sha1", all[1]]
        )
        let entity = try await entity(try RecordingHome([Self.signing()]), Relay())
        let answer = try await entity.handshake(offered, Sample.call(Sample.ap))
        #expect(answer.isSecured && answer.certificates == [[2]] && answer.algorithms == [all[1]])
        let open = try await entity.handshake(HandshakeRequest(header: Sample.header()), Sample.call(Sample.ap))
        #expect(open.isSecured && open.certificates.isEmpty && open.algorithms == all)
        let other = try await self.entity(try RecordingHome([Sample.provider]), Relay())
        let none = try await other.handshake(offered, Sample.call(Sample.ap))
        #expect(!none.isSecured && none.certificates.isEmpty && none.algorithms.isEmpty)
        #expect(!other.takesSigned(from: Sample.apID))
    }
}
