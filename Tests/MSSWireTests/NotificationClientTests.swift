import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A notification on its way", .serialized)
struct NotificationClientTests {
    private let authority: TestAuthority
    private let credential: TestCredential

    init() throws {
        authority = try TestAuthority("providers")
        credential = try authority.issue(uris: [], dnsNames: ["localhost"], for: [.server])
    }

    private func client(_ permitted: [String] = ["127.0.0.0/8", "::1/128"]) throws -> NotificationClient {
        let own = try authority.issue(uris: [Sample.ae.uri], for: [.client])
        return try NotificationClient(
            trust: authority.pem,
            showing: try own.credential(trusting: authority),
            rules: AddressRules(permitted: permitted.compactMap { AddressRange($0) })
        )
    }

    private func server(_ answer: ProviderServer.Answer) async throws -> ProviderServer {
        try await ProviderServer(certificate: credential.certificate, key: credential.key) { _, _ in answer }
    }

    private func send(to server: ProviderServer, host: String = "localhost", permitted: [String]? = nil) async throws
        -> NotificationFailure?
    {
        let target = try #require(NotificationTarget("https://\(host):\(server.port)/signed"))
        let client = try permitted.map { try self.client($0) } ?? self.client()
        do throws(NotificationFailure) {
            try await client.deliver(Self.notification, to: target, until: .now + .seconds(5))
            return nil
        } catch { return error }
    }

    static let notification = StatusNotification(
        transactionID: "h1abc",
        header: Sample.header(),
        mobileUser: MobileUser(msisdn: "+358401234567"),
        outcome: .signed(Written.status()),
        attempt: 1
    )

    @Test("is acknowledged by a receipt for its transaction, and by nothing else")
    func acknowledged() async throws {
        let answers: [(ProviderServer.Answer, NotificationFailure.Reason?)] = [
            (.receipt("h1abc"), nil),
            (.receipt("h1other"), .unacknowledged),
            (ProviderServer.Answer(), .unacknowledged),
            (ProviderServer.Answer(body: "<html/>"), .unacknowledged),
            (ProviderServer.Answer(500, body: ProviderServer.Answer.receipt("h1abc").body), .unacknowledged),
            (ProviderServer.Answer(204), .unacknowledged),
        ]
        for (answer, reason) in answers {
            let server = try await server(answer)
            #expect(try await send(to: server)?.reason == reason)
            #expect(server.requests.map(\.path) == ["/signed"])
            #expect(server.requests.first?.transactionID == "h1abc")
            await server.close()
        }
    }

    @Test("goes out in its provider's version of SOAP, and what the home has signed as it is")
    func forms() async throws {
        let server = try await server(.receipt("h1abc"))
        let target = try #require(NotificationTarget("https://localhost:\(server.port)/signed"))
        var old = Self.notification
        old.soap = .v11
        var signed = old
        signed.envelope = Array("<as it is/>".utf8)
        for notification in [Self.notification, old, signed] {
            try await client().deliver(notification, to: target, until: .now + .seconds(5))
        }
        let bodies = server.requests.map(\.body)
        #expect(bodies[0].contains(Namespace.soap12) && bodies[1].contains(Namespace.soap11))
        #expect(bodies[2] == "<as it is/>")
        #expect(
            server.requests.map { $0.type.prefix { $0 != ";" } } == ["application/soap+xml", "text/xml", "text/xml"]
        )
        await server.close()
    }

    @Test("follows nobody elsewhere, and reads no more than 64 KiB")
    func bounded() async throws {
        let elsewhere = try await server(.receipt("h1abc"))
        let url = "https://localhost:\(elsewhere.port)/signed"
        for status: UInt in [301, 302, 303, 307, 308] {
            let server = try await server(ProviderServer.Answer(status, headers: [("location", url)]))
            #expect(try await send(to: server)?.reason == .unacknowledged)
            await server.close()
        }
        #expect(elsewhere.requests.isEmpty)
        let endless = try await server(
            ProviderServer.Answer(
                body: ProviderServer.Answer.receipt("h1abc").body + String(repeating: " ", count: 70_000)
            )
        )
        #expect(try await send(to: endless)?.reason == .unacknowledged)
        await elsewhere.close()
        await endless.close()
    }

    @Test("goes to no private place unless that is permitted, and under no other name or root")
    func refused() async throws {
        let server = try await server(.receipt("h1abc"))
        #expect(try await send(to: server, permitted: [])?.reason == .forbidden)
        #expect(try await send(to: server, host: "127.0.0.1", permitted: [])?.reason == .forbidden)
        // The certificate names localhost alone.
        #expect(try await send(to: server, host: "127.0.0.1")?.reason == .unreachable)
        let stranger = try TestAuthority("strangers").issue(uris: [], dnsNames: ["localhost"], for: [.server])
        let other = try await ProviderServer(certificate: stranger.certificate, key: stranger.key) { _, _ in
            .receipt("h1abc")
        }
        #expect(try await send(to: other)?.reason == .unreachable)
        #expect(server.requests.isEmpty && other.requests.isEmpty)
        await server.close()
        #expect(try await send(to: server)?.reason == .unreachable)
        await other.close()
    }
}

@Suite("Notifications between the services")
struct NotificationCodecTests {
    @Test("a lease is read as it was written, and bounded")
    func lease() throws {
        let mesh = MeshContext(origin: nil, remaining: .seconds(9), trace: .random())
        func read(_ lease: NotificationLease) throws -> NotificationLease {
            let request = try SOAPReader.request(NotificationCodec.encodeRequest(lease, mesh))
            #expect(request.operation == .notifications)
            return try NotificationCodec.decodeRequest(request)
        }
        let lease = NotificationLease(acknowledged: ["h1a", "h1b"], most: 32, wait: 20)
        #expect(try read(lease) == lease)
        #expect(try read(NotificationLease()) == NotificationLease())
        for wrong in [
            NotificationLease(most: 33), NotificationLease(most: -1), NotificationLease(wait: 21),
            NotificationLease(acknowledged: ["no name"]),
            NotificationLease(acknowledged: (0..<33).map { "h1\($0)" }),
        ] {
            #expect(throws: MSSFault.self) { try read(wrong) }
        }
    }

    @Test("what the home has signed is read, and kept octet by octet")
    func enveloped() throws {
        var written = NotificationClientTests.notification
        written.soap = .v11
        written.attempt = 2
        let plain = String(decoding: NotificationClient.envelope(written), as: UTF8.self)
        let header = "<soapenv:Header><mss:MSS_MessageSignature>\n</mss:MSS_MessageSignature></soapenv:Header>"
        let envelope = Array(plain.replacing("<soapenv:Body>", with: header + "<soapenv:Body>").utf8)
        written.envelope = envelope
        let octets = NotificationCodec.encodeResponse([written], .plain)
        guard case .message(let message, let document) = try SOAPReader.response(octets, to: .notifications) else {
            Issue.record("a fault")
            return
        }
        defer { withExtendedLifetime(document) {} }
        let read = try #require(try NotificationCodec.decodeResponse(message).first)
        #expect(read.envelope == envelope && read.soap == .v11 && read.attempt == 2)
        #expect(read.transactionID == written.transactionID && read.header.apInfo == written.header.apInfo)
        #expect(NotificationClient.envelope(read) == NotificationClient.envelope(written))
    }

    @Test("what is signed and due is read or refused, whatever is cut off or changed")
    func damaged() throws {
        var written = NotificationClientTests.notification
        written.envelope = NotificationClient.envelope(written)
        let octets = NotificationCodec.encodeResponse([written], .plain)
        for changed in DamagedOctets.truncations(of: octets) + DamagedOctets.bitFlips(of: octets) {
            guard case .message(let message, let document) = try? SOAPReader.response(changed, to: .notifications)
            else {
                continue
            }
            defer { withExtendedLifetime(document) {} }
            _ = try? NotificationCodec.decodeResponse(message)
        }
    }

    @Test("what is due is read as it was written: signed, and failed")
    func due() throws {
        var failed = NotificationClientTests.notification
        failed.outcome = .failed(MSSFault(.userCancel, "The user said no."))
        failed.attempt = 3
        let written = [NotificationClientTests.notification, failed]
        let octets = NotificationCodec.encodeResponse(written, .plain)
        guard case .message(let message, let document) = try SOAPReader.response(octets, to: .notifications) else {
            Issue.record("a fault")
            return
        }
        defer { withExtendedLifetime(document) {} }
        let read = try NotificationCodec.decodeResponse(message)
        #expect(read.map(\.transactionID) == written.map(\.transactionID))
        #expect(read.map(\.attempt) == [1, 3])
        #expect(read.map(\.header.apInfo) == written.map(\.header.apInfo))
        #expect(read[1].outcome == failed.outcome)
        guard case .signed(let response) = read[0].outcome else {
            Issue.record("not signed")
            return
        }
        #expect(response.signature == Written.status().signature)
    }
}
