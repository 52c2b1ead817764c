import MSSCore
import MSSTestSupport
import NIOSSL
import Testing

@testable import MSSWire

@Suite("TLS")
struct TLSTests {
    private let pki: WirePKI
    private let provider: TLSMaterial

    init() throws {
        pki = try WirePKI()
        provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
    }

    private func edge() throws -> ServerFixture {
        ServerFixture(.edge, try pki.listener(trusting: pki.providers))
    }

    @Test(
        "a caller with a certificate under the listener's root is served in both versions",
        arguments: [
            TLSVersion.tlsv12, .tlsv13,
        ]
    )
    func served(_ version: TLSVersion) async throws {
        let edge = try edge()
        var caller = try PlainCaller(provider, trusting: pki.mesh)
        caller.configuration.minimumTLSVersion = version
        caller.configuration.maximumTLSVersion = version
        let answer = try await edge.run { try await caller.post($0) }
        #expect(answer.status == 200)
        #expect(edge.service.calls.map(\.peer) == [Sample.ap])
    }

    @Test("a caller that offers the hybrid of X25519 and ML-KEM-768 alone is served at the edge and in the mesh")
    func postQuantum() async throws {
        let mesh = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        for (listener, authority) in [(try edge(), pki.providers), (mesh, pki.mesh)] {
            let name = listener.settings.profile == .edge ? Sample.ap.uri : Sample.ae.uri
            let own = try authority.issue(uris: [name], for: [.client]).material(trusting: pki.mesh)
            var caller = try PlainCaller(own, trusting: pki.mesh)
            caller.configuration.curves = [.x25519_MLKEM768]
            let answer = try await listener.run { [caller] port in try await caller.post(port) }
            #expect(answer.status == 200)
        }
    }

    @Test("TLS 1.1 is refused at the edge")
    func tooOld() async throws {
        var caller = try PlainCaller(provider, trusting: pki.mesh)
        caller.configuration.minimumTLSVersion = .tlsv11
        caller.configuration.maximumTLSVersion = .tlsv11
        try await expectRefused(caller, by: try edge())
    }

    @Test("a suite of TLS 1.2 without forward secrecy is refused at the edge")
    func weakSuite() async throws {
        var caller = try PlainCaller(provider, trusting: pki.mesh)
        caller.configuration.maximumTLSVersion = .tlsv12
        caller.configuration.cipherSuites = "AES128-GCM-SHA256:AES128-SHA:AES256-SHA"
        try await expectRefused(caller, by: try edge())
    }

    @Test("TLS 1.2 is refused inside the mesh")
    func meshVersion() async throws {
        let ae = try pki.mesh.issue(uris: [Sample.ae.uri], for: [.client]).material(trusting: pki.mesh)
        let mesh = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        var caller = try PlainCaller(ae, trusting: pki.mesh)
        let answer = try await mesh.run { [caller] port in try await caller.post(port) }
        #expect(answer.status == 200)
        caller.configuration.maximumTLSVersion = .tlsv12
        try await expectRefused(caller, by: ServerFixture(.mesh, try pki.listener(trusting: pki.mesh)))
    }

    @Test("no certificate, another CA's and an expired one are refused, and counted")
    func strangers() async throws {
        let other = try pki.mesh.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        let expired = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client], lifetime: .seconds(-60))
        try await expectRefused(try PlainCaller(nil, trusting: pki.mesh), by: try edge())
        try await expectRefused(try PlainCaller(other, trusting: pki.mesh), by: try edge())
        try await expectRefused(
            try PlainCaller(try expired.material(trusting: pki.mesh), trusting: pki.mesh),
            by: try edge()
        )
    }

    @Test("a key that does not belong to the certificate, and files that hold neither, are told apart")
    func material() throws {
        let one = try pki.mesh.issue(uris: ["urn:one"], for: [.client])
        let two = try pki.mesh.issue(uris: ["urn:two"], for: [.client])
        func part(_ certificate: [UInt8], _ key: [UInt8], _ trust: [UInt8]) -> TLSMaterialError.Part? {
            do throws(TLSMaterialError) {
                _ = try TLSMaterial(certificateChain: certificate, privateKey: key, trustRoots: trust)
                return nil
            } catch { return error.part }
        }
        #expect(part(one.certificate, one.key, pki.mesh.pem) == nil)
        #expect(part(one.certificate, two.key, pki.mesh.pem) == .key)
        #expect(part(one.certificate, [], pki.mesh.pem) == .key)
        #expect(part(one.key, one.key, pki.mesh.pem) == .certificate)
        #expect(part(one.certificate, one.key, Array("nothing".utf8)) == .trust)
    }

    private func expectRefused(
        _ caller: PlainCaller,
        by server: ServerFixture,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await server.run { port in try? await caller.post(port) }
        #expect(answer?.status == nil, sourceLocation: sourceLocation)
        #expect(server.service.calls.isEmpty, sourceLocation: sourceLocation)
        #expect(server.tally.count(of: "wire_tls_failures") >= 1, sourceLocation: sourceLocation)
    }
}
