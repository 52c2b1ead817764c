import MSSCore
import MSSTestSupport
import NIOSSL
import Testing

@testable import MSSWire

@Suite("A credential that is exchanged while the service runs")
struct CredentialTests {
    private let pki: WirePKI

    init() throws {
        pki = try WirePKI()
    }

    private func ask(_ connection: RawExchange) async throws -> Int? {
        try await connection.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        return await connection.answer()?.status
    }

    @Test("leaves open connections as they are, and is what new ones meet")
    func listener() async throws {
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        let (next, nextProviders) = (try TestAuthority("next mesh"), try TestAuthority("next providers"))
        let old = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client])
        let new = try nextProviders.issue(uris: [Sample.ap.uri], for: [.client])
        try await edge.run { port in
            let open = try await RawExchange(port, TLSProfile.mesh.client(try old.material(trusting: pki.mesh)))
            #expect(try await ask(open) == 404)
            let server = try next.issue(uris: [WirePKI.server.uri], dnsNames: ["localhost"], for: [.server])
            edge.settings.tls.exchange(for: try server.material(trusting: nextProviders))
            #expect(try await ask(open) == 404)
            let fresh = try PlainCaller(try new.material(trusting: next), trusting: next)
            #expect(try await fresh.post(port).status == 200)
            // The old root is trusted by nobody any more, on either side.
            for (own, root) in [(new, pki.mesh), (old, next)] {
                let stale = try PlainCaller(try own.material(trusting: root), trusting: root)
                await #expect(throws: (any Error).self) { try await stale.post(port) }
            }
            try await open.close()
        }
    }

    @Test("is what a client shows on its next connection")
    func client() async throws {
        let home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        let other = PeerIdentity(uri: "urn:mssp:test:other-ae")
        let credential = try pki.mesh.issue(uris: [Sample.ae.uri], for: [.client]).credential(trusting: pki.mesh)
        try await home.run { port in
            let connection = MeshConnection(
                to: "https://127.0.0.1:\(port)",
                server: WirePKI.server,
                credential: credential,
                tally: NoTally(),
                logger: RecordedLog().logger(),
                connectTime: .seconds(30)
            )
            let client = SignatureClient(to: connection)
            func ask() async throws {
                _ = try await client.signature(
                    Sample.signature(),
                    Call(peer: Sample.ae, origin: Sample.ap, deadline: .now + .seconds(20))
                )
            }
            do {
                try await ask()
                credential.exchange(
                    for: try pki.mesh.issue(uris: [other.uri], for: [.client]).material(trusting: pki.mesh)
                )
                try await ask()
                try await ask()
            } catch { Issue.record(error) }
            await connection.shutdown()
        }
        #expect(home.service.calls.map(\.peer) == [Sample.ae, other, other])
    }

    @Test("is not exchanged for what is of no use")
    func useless() throws {
        let one = try pki.mesh.issue(uris: ["urn:one"], for: [.client])
        let two = try pki.mesh.issue(uris: ["urn:two"], for: [.client])
        let credential = try one.credential(trusting: pki.mesh)
        #expect(throws: TLSMaterialError.self) {
            try credential.replace(two.certificate, one.key, pki.mesh.pem)
        }
        #expect(credential.current.exchanges == 0)
        try credential.replace(two.certificate, two.key, pki.mesh.pem)
        #expect(credential.current.exchanges == 1)
    }
}
