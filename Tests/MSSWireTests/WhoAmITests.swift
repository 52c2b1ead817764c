import AsyncHTTPClient
import Foundation
import MSSCore
import MSSTestSupport
import NIOCore
import NIOHTTP1
import Testing

@testable import MSSWire

@Suite("Who a caller is")
struct WhoAmITests {
    /// Knows one caller, or nothing at all.
    private struct Known: CallerDirectory {
        var providers: [String: [String]]?

        var registered: Set<ProviderCertificate> = []
        var limits = RequestLimits()

        func knownProviders(of peer: PeerIdentity) -> [ApplicationProvider]? {
            providers.map { providers in
                (providers[peer.uri] ?? []).map { id in
                    ApplicationProvider(
                        id: id,
                        identities: [peer],
                        acquiringEntities: [Sample.ae],
                        displayName: "AP",
                        certificates: registered,
                        limits: limits
                    )
                }
            }
        }
    }

    private let pki: WirePKI

    init() throws {
        pki = try WirePKI()
    }

    private func ask(
        _ credential: TestCredential,
        _ known: Known?,
        _ method: HTTPMethod = .GET
    ) async throws -> (answer: PlainCaller.Answer, server: ServerFixture) {
        let caller = try PlainCaller(try credential.material(trusting: pki.mesh), trusting: pki.mesh)
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), gate: .everyone([.signature]))
        edge.services = WireServices(signatures: edge.service, callers: known)
        let answer = try await edge.run { port in
            var request = PlainCaller.request(port)
            request.url = "https://127.0.0.1:\(port)/whoami"
            (request.method, request.body) = (method, nil)
            return try await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
        }
        return (answer, edge)
    }

    @Test("is told in one line: the certificate's identity, digest and end, and the AP_IDs that it may name")
    func known() async throws {
        let credential = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client], lifetime: .seconds(1000))
        let known = Known(providers: [Sample.ap.uri: ["http://a", "http://b"], "urn:other": ["http://c"]])
        let (answer, server) = try await ask(credential, known)
        #expect(answer.status == 200)
        #expect(answer.headers.first(name: "Content-Type") == "application/json; charset=utf-8")
        #expect(answer.headers.first(name: "Cache-Control") == "no-store")
        #expect(answer.text.filter { $0 == "\n" }.count == 1)
        let read = try #require(try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any])
        #expect(Set(read.keys) == ["identity", "certificate_sha256", "expires", "ap_ids", "providers"])
        #expect(read["identity"] as? String == Sample.ap.uri)
        #expect(read["certificate_sha256"] as? String == credential.fingerprint)
        #expect(read["ap_ids"] as? [String] == ["http://a", "http://b"])
        let end = try #require((read["expires"] as? String).flatMap { WireTime.date($0) })
        #expect(abs(end.timeIntervalSinceNow - 1000) < 120)
        #expect(server.tally.count(of: "wire_pages{page=whoami}") == 1)
        #expect(!server.log.lines.joined().contains("unclassified"))
    }

    @Test("is told of each provider how its certificate stands to the registered ones, when they end, and the limits")
    func standing() async throws {
        let credential = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client])
        let other = String(repeating: "a", count: 64)
        func told(_ certificates: (String, TimeInterval)...) async throws -> String {
            let registered = certificates.compactMap { ProviderCertificate(sha256: $0.0, expires: Date() + $0.1) }
            var known = Known(providers: [Sample.ap.uri: ["http://a"]], registered: Set(registered))
            known.limits = RequestLimits(perSecond: 5, signaturesAtOnce: 7)
            return try await ask(credential, known).answer.text
        }
        let any = try await told()
        #expect(any.contains(#""providers":[{"ap_id":"http://a","certificate":"any","certificates":[],"#), "\(any)")
        #expect(any.contains(#""requests_per_second":5,"signatures_at_once":7}]"#), "\(any)")
        let shown = credential.fingerprint
        #expect(try await told((other, -9), (shown, 99)).contains(#""certificate":"registered""#))
        #expect(try await told((other, 9), (shown, -9)).contains(#""certificate":"expired""#))
        let unregistered = try await told((other, 99))
        let beginning = #""certificate":"not_registered","certificates":[{"expires":""#
        #expect(unregistered.contains(beginning), "\(unregistered)")
        #expect(unregistered.contains("\"sha256\":\"\(other)\""))
    }

    @Test("a certificate without a provider is told so, and null says that nobody can tell")
    func unknown() async throws {
        let credential = try pki.providers.issue(uris: ["urn:new"], for: [.client])
        #expect(try await ask(credential, Known(providers: [:])).answer.text.contains(#""ap_ids":[]"#))
        #expect(try await ask(credential, Known(providers: nil)).answer.text.contains(#""ap_ids":null"#))
    }

    @Test("a certificate that is refused everywhere is refused here, with its digest")
    func refused() async throws {
        let credential = try pki.providers.issue(uris: [], dnsNames: ["localhost"], for: [.client])
        let (answer, _) = try await ask(credential, Known(providers: [:]))
        #expect(answer.status == 403)
        #expect(answer.text.contains(credential.fingerprint))
    }

    @Test("it is read, not posted to, and only where somebody can tell")
    func methods() async throws {
        let credential = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client])
        let (posted, _) = try await ask(credential, Known(providers: [:]), .POST)
        #expect(posted.status == 405)
        #expect(posted.headers.first(name: "Allow") == "GET")
        #expect(try await ask(credential, nil).answer.status == 404)
        let (head, _) = try await ask(credential, Known(providers: [:]), .HEAD)
        #expect(head.status == 200)
        #expect(head.text.isEmpty)
    }
}
