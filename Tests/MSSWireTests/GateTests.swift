import Foundation
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@testable import MSSWire

@Suite("The gate")
struct GateTests {
    private let pki: WirePKI

    init() throws {
        pki = try WirePKI()
    }

    /// Posts a request with a certificate under the right root.
    private func post(_ credential: TestCredential, to server: ServerFixture) async throws -> PlainCaller.Answer {
        let caller = try PlainCaller(try credential.material(trusting: pki.mesh), trusting: pki.mesh)
        return try await server.run { try await caller.post($0) }
    }

    @Test(
        "a certificate that names nobody, or more than one, is refused with its fingerprint",
        arguments: [
            [], ["urn:mssp:test:ap", "urn:mssp:test:other"],
        ]
    )
    func names(_ uris: [String]) async throws {
        let server = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        let credential = try pki.providers.issue(uris: uris, dnsNames: ["localhost"], for: [.client])
        let answer = try await post(credential, to: server)
        #expect(answer.status == 403)
        #expect(answer.text.contains("exactly one URI"))
        #expect(answer.text.contains(credential.fingerprint))
        #expect(answer.text.filter { $0 == "\n" }.count == 1)
        #expect(server.service.calls.isEmpty)
        #expect(server.tally.count(of: "wire_refused{reason=certificate}") == 1)
    }

    @Test("a certificate for servers alone, for nothing, or of a CA cannot call")
    func usages() async throws {
        let wrong = [
            try pki.providers.issue(uris: [Sample.ap.uri], for: [.server]),
            try pki.providers.issue(uris: [Sample.ap.uri], for: []),
            try pki.providers.issue(uris: [Sample.ap.uri], for: [.client], isAuthority: true),
        ]
        for credential in wrong {
            let server = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
            // OpenSSL's check of the purpose may end the handshake before the gate can speak.
            let answer = try? await post(credential, to: server)
            #expect(answer == nil || answer?.status == 403)
            #expect(server.service.calls.isEmpty)
        }
    }

    @Test("a certificate's own words are judged without TLS too")
    func certificates() throws {
        func refusal(_ uris: [String], _ usages: [TestAuthority.Usage], isAuthority: Bool = false) throws -> String? {
            let credential = try pki.mesh.issue(uris: uris, for: usages, isAuthority: isAuthority)
            let leaf = try credential.material(trusting: pki.mesh).chain[0]
            do throws(PeerRefusal) {
                _ = try PeerCertificate(leaf, for: .client)
                return nil
            } catch { return error.reason }
        }
        #expect(try refusal(["urn:a"], [.client]) == nil)
        #expect(try refusal(["urn:a"], [.client, .server]) == nil)
        #expect(try refusal(["urn:a"], [.server])?.contains("clientAuth") == true)
        #expect(try refusal(["urn:a"], [])?.contains("clientAuth") == true)
        #expect(try refusal([], [.client])?.contains("exactly one URI") == true)
        #expect(try refusal(["urn:a", "urn:b"], [.client])?.contains("exactly one URI") == true)
        #expect(try refusal([String(repeating: "u", count: 513)], [.client])?.contains("exactly one URI") == true)
        #expect(try refusal(["urn:a"], [.client], isAuthority: true)?.contains("CA") == true)
    }

    @Test("a certificate that expires while its connection lives is refused")
    func expiry() async throws {
        var server = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        let isLater = Atomic(false)
        server.settings.now = { Date().addingTimeInterval(isLater.load(ordering: .relaxed) ? 7200 : 0) }
        let credential = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client])
        let caller = try PlainCaller(try credential.material(trusting: pki.mesh), trusting: pki.mesh)
        let answers = try await server.run { port in
            try await caller.connect { client in
                let first = try await PlainCaller.answer(to: PlainCaller.request(port), on: client)
                isLater.store(true, ordering: .relaxed)
                return [first, try await PlainCaller.answer(to: PlainCaller.request(port), on: client)]
            }
        }
        #expect(answers.map(\.status) == [200, 403])
        #expect(answers.last?.text.contains("expired") == true)
    }

    @Test("a named list grants each peer its operations and no other")
    func grants() async throws {
        let gate = PeerGate([Sample.ae: [.signature, .status, .directory], Sample.me: [.registration]])
        #expect(gate.mayCall(.signature, Sample.ae))
        #expect(!gate.mayCall(.registration, Sample.ae))
        #expect(gate.mayCall(.registration, Sample.me))
        #expect(!gate.mayCall(.signature, Sample.me))
        #expect(!gate.mayCall(.signature, PeerIdentity(uri: Sample.ae.uri + "x")))

        let server = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh), gate: gate)
        let credential = try pki.mesh.issue(uris: [Sample.me.uri], for: [.client])
        let answer = try await post(credential, to: server)
        #expect(answer.status == 403)
        #expect(answer.text.contains("may not call MSS_Signature"))
        #expect(answer.text.contains(credential.fingerprint))
        #expect(server.service.calls.isEmpty)
        #expect(server.tally.count(of: "wire_refused{reason=not_granted}") == 1)
    }
}
