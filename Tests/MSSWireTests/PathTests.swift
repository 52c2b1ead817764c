import AsyncHTTPClient
import MSSCore
import MSSTestSupport
import NIOCore
import Testing

@testable import MSSWire

@Suite("Where operations are called")
struct PathTests {
    private let pki: WirePKI
    private let caller: PlainCaller

    init() throws {
        pki = try WirePKI()
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        caller = try PlainCaller(provider, trusting: pki.mesh)
    }

    private func edge(_ gate: PeerGate = .everyone([.signature, .status, .receipt, .profile, .cancel])) throws
        -> ServerFixture
    {
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), gate: gate)
        edge.services = WireServices(signatures: edge.service)
        return edge
    }

    private static let profile = ProfileCodec.encodeRequest(
        ProfileRequest(header: Sample.header(), mobileUser: MobileUser(msisdn: "+358401234567")),
        Written.mesh
    )
    private static let cancel = OwnCodec.encodeRequest(
        CancelRequest(header: Sample.header(), transactionID: "h1"),
        Written.mesh
    )
    private static let receipt = ReceiptCodec.encodeRequest(
        ReceiptRequest(header: Sample.header(), mobileUser: MobileUser(), transactionID: "h1"),
        Written.mesh
    )
    private static let status = StatusCodec.encodeRequest(Sample.status("h1"), Written.mesh)

    private func post(_ body: [UInt8], to path: String, of server: ServerFixture) async throws -> PlainCaller.Answer {
        try await server.run { port in
            var request = PlainCaller.request(port, .signature, body)
            request.url = "https://127.0.0.1:\(port)\(path)"
            return try await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
        }
    }

    @Test(
        "each path takes its operation, in the manner of those who have it in their configuration",
        arguments: [
            ("/soap/services/MSS_SignaturePort", WireOperation.signature), ("/MSS_Signature", .signature),
            ("/MSSP/services/MSS_Signature", .signature), ("/soap/services", .signature), ("/soap", .signature),
            ("/soap/services/MSS_SignaturePort?x=1", .signature),
            ("/soap/services/MSS_StatusQueryPort", .status), ("/soap/services/MSS_ProfileQueryPort", .profile),
            ("/soap/services/MSS_ProfilePort", .profile), ("/soap/services/MSSP_CancelPort", .cancel),
            ("/soap/services/MSS_ReceiptPort", .receipt), ("/soap/services", .receipt), ("/soap", .receipt),
            ("/MSSP/services/MSS_StatusPort", .status),
            ("/soap/services", .status), ("/soap", .status),
        ]
    )
    func paths(_ path: String, _ operation: WireOperation) async throws {
        let edge = try edge()
        let body =
            switch operation {
            case .profile: Self.profile
            case .cancel: Self.cancel
            case .receipt: Self.receipt
            case .status: Self.status
            default: PlainCaller.envelope()
            }
        let answer = try await post(body, to: path, of: edge)
        #expect(answer.status == 200)
        #expect(answer.text.contains("<\(operation.rawValue)Response>"))
        #expect(edge.tally.count(of: "wire_requests{operation=\(operation.rawValue),outcome=ok}") == 1)
    }

    @Test(
        "there is nothing beside them",
        arguments: [
            "/", "/soap/", "/soap/services/", "/SOAP/services", "/soap/services/MSS_SignaturePort/", "/MSS_StatusQuery",
            "/MSSP/services/MSS_StatusQuery", "/soap/services/MSS_RegistrationPort",
            "/soap/services/MSSP_ProviderDirectoryPort", "/soap/services/../services", "//soap",
        ]
    )
    func others(_ path: String) async throws {
        let edge = try edge()
        let answer = try await post(PlainCaller.envelope(), to: path, of: edge)
        #expect(answer.status == 404)
        #expect(edge.service.calls.isEmpty)
    }

    @Test("a path of one operation takes no other")
    func oneOperation() async throws {
        let edge = try edge()
        let answer = try await post(Self.status, to: "/MSS_Signature", of: edge)
        #expect(answer.status == 500)
        #expect(answer.text.contains("mss:_101") && answer.text.contains("takes MSS_Signature alone"))
        #expect(edge.service.calls.isEmpty)
    }

    @Test("at a common path each peer can call what it is granted and no other")
    func commonGate() async throws {
        let gate = PeerGate([Sample.ap: [.status]])
        let edge = try edge(gate)
        let refused = try await post(PlainCaller.envelope(), to: "/soap/services", of: edge)
        #expect(refused.status == 403)
        #expect(refused.text.contains("\(Sample.ap.uri) may not call MSS_Signature (certificate with SHA-256 "))
        #expect(edge.service.calls.isEmpty)
        #expect(edge.tally.count(of: "wire_refused{reason=not_granted}") == 1)
        let taken = try await post(Self.status, to: "/soap/services", of: edge)
        #expect(taken.status == 200)
    }

    @Test("who is granted nothing gets no further than the head at a common path")
    func strangers() async throws {
        let edge = try edge(PeerGate([Sample.ae: [.signature]]))
        let answer = try await post(Array("no envelope".utf8), to: "/soap", of: edge)
        #expect(answer.status == 403)
        #expect(answer.text.contains("may not call anything here"))
        #expect(edge.tally.count(of: "wire_requests{operation=unknown,outcome=101}") == 0)
    }

    @Test("at a common path an operation of another service, and what is no envelope, get faults")
    func commonFaults() async throws {
        let edge = try edge()
        let directory = DirectoryCodec.encodeRequest(Written.mesh)
        let other = try await post(directory, to: "/soap/services", of: edge)
        #expect(other.status == 500)
        #expect(other.text.contains("This service does not offer MSSP_ProviderDirectory."))
        let nonsense = try await post(Array("no envelope".utf8), to: "/soap/services", of: edge)
        #expect(nonsense.status == 500)
        #expect(nonsense.text.contains("mss:_101"))
        #expect(edge.tally.count(of: "wire_requests{operation=unknown,outcome=101}") == 1)
        #expect(edge.service.calls.isEmpty)
    }
}
