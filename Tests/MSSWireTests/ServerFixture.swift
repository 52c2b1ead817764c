import AsyncHTTPClient
import Logging
import MSSCore
import MSSTestSupport
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import Synchronization
import Testing

@testable import MSSWire

/// Certificates for one listener and those who call it.
struct WirePKI {
    static let server = PeerIdentity(uri: "urn:mssp:test:home")

    let mesh: TestAuthority
    let providers: TestAuthority

    init() throws {
        mesh = try TestAuthority("mesh")
        providers = try TestAuthority("providers")
    }

    /// What a listener has whose callers stand under `authority`.
    func listener(trusting authority: TestAuthority, uri: String = server.uri) throws -> TLSMaterial {
        try mesh.issue(uris: [uri], dnsNames: ["localhost"], for: [.server]).material(trusting: authority)
    }
}

/// A service whose answers a test gives, and which remembers its calls.
final class ScriptedService: PlainAnswers, RegistrationService, ProviderService {
    typealias Script = @Sendable (SignatureRequest, Call) async throws(MSSFault) -> SignatureResponse

    private let recorded = Mutex<[Call]>([])
    private let script: Script

    init(_ script: @escaping Script = { request, _ in ScriptedService.signed(request) }) {
        self.script = script
    }

    var calls: [Call] { recorded.withLock { $0 } }

    static func signed(_ request: SignatureRequest, simTime: Duration? = .milliseconds(1500)) -> SignatureResponse {
        SignatureResponse(
            header: request.header,
            transactionID: "h1abcdefghijklmnopqrstuvwxyz",
            mobileUser: request.mobileUser,
            signature: Array(request.dataToBeSigned.content.utf8),
            status: .signature,
            simTime: simTime
        )
    }

    func came(_ call: Call) {
        recorded.withLock { $0.append(call) }
    }

    func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        came(call)
        return try await script(request, call)
    }

    func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        came(call)
        return StatusResponse(
            header: request.header,
            mobileUser: MobileUser(msisdn: "+358401234567"),
            signature: [1, 2, 3],
            status: .signature
        )
    }

    func register(_ request: RegistrationRequest, _ call: Call) async throws(MSSFault) -> RegistrationResponse {
        came(call)
        return RegistrationResponse(header: request.header, outcome: .done)
    }

    func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory {
        came(call)
        return SignedDirectory(cms: [1, 2, 3])
    }
}

/// A listener that runs as long as a test needs it, with everything that it logs and counts.
struct ServerFixture {
    var settings: MeshServer.Settings
    var service = ScriptedService()
    /// What it serves, if not the three that the scripted service is.
    var services: WireServices?
    let log = RecordedLog()
    let tally = RecordedTally()

    init(
        _ profile: TLSProfile,
        _ material: TLSMaterial,
        gate: PeerGate = .everyone(Set(WireOperation.allCases)),
        _ service: ScriptedService = ScriptedService()
    ) {
        settings = MeshServer.Settings(
            host: "127.0.0.1",
            port: 0,
            tls: TLSCredential(material),
            profile: profile,
            gate: gate
        )
        self.service = service
    }

    /// Runs the listener, calls `body` with its port, and stops it.
    func run<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        try await runStoppable { port, _ in try await body(port) }
    }

    /// As ``run(_:)``, for a `body` that stops the listener itself.
    func runStoppable<Value>(_ body: (Int, _ stop: () async -> Void) async throws -> Value) async throws -> Value {
        let (ports, found) = AsyncStream<Int>.makeStream()
        let server = MeshServer(
            settings,
            services: services
                ?? WireServices(signatures: service, registrations: service, providers: service),
            tally: tally,
            logger: log.logger(),
            listening: { found.yield($0) }
        )
        let group = ServiceGroup(
            configuration: .init(
                services: [server],
                logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            var listening = ports.makeAsyncIterator()
            guard let port = await listening.next() else {
                try await tasks.waitForAll()
                throw ChannelError.ioOnClosedChannel
            }
            let result: Result<Value, any Error>
            do { result = .success(try await body(port, group.triggerGracefulShutdown)) } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}

/// A caller as any HTTP client is one, for what our own clients would never send.
struct PlainCaller {
    struct Answer {
        var status: UInt
        var headers: HTTPHeaders
        var text: String
    }

    var configuration: TLSConfiguration

    /// Makes a caller; without `material` it has no certificate.
    init(_ material: TLSMaterial?, trusting authority: TestAuthority) throws {
        configuration = .makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority.pem))
        configuration.certificateVerification = .noHostnameVerification
        guard let material else { return }
        configuration.certificateChain = material.chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(material.key)
    }

    /// Makes requests on one pool of connections.
    func connect<Value>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
        var settings = HTTPClient.Configuration(tlsConfiguration: configuration)
        settings.httpVersion = .http1Only
        settings.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let result: Result<Value, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        try await client.shutdown()
        return try result.get()
    }

    /// One request on a connection of its own.
    func post(
        _ port: Int,
        _ operation: WireOperation = .signature,
        _ body: [UInt8] = PlainCaller.envelope()
    ) async throws -> Answer {
        try await connect { try await Self.answer(to: Self.request(port, operation, body), on: $0) }
    }

    static func request(
        _ port: Int,
        _ operation: WireOperation = .signature,
        _ body: [UInt8] = PlainCaller.envelope()
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/soap/services/\(operation.port)")
        request.method = .POST
        request.headers = ["Content-Type": "application/soap+xml; charset=UTF-8"]
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }

    static func answer(to request: HTTPClientRequest, on client: HTTPClient) async throws -> Answer {
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(status: response.status.code, headers: response.headers, text: String(buffer: body))
    }

    /// A signature request, with a mesh header as if from another of the platform's services.
    static func envelope(
        _ request: SignatureRequest = Sample.signature(),
        origin: PeerIdentity? = Sample.ap,
        remaining: Duration = .seconds(20),
        trace: TraceID = .random()
    ) -> [UInt8] {
        SignatureCodec.encodeRequest(request, MeshContext(origin: origin, remaining: remaining, trace: trace))
    }
}
