import AE
import HomeMSSP
import Logging
import ME
import MSSCore
import MSSTestSupport
import MSSWire

/// How far apart the services are: the same cases run at each depth, and deployed in SystemTests.
enum Depth: String, CaseIterable, Sendable {
    /// Method calls.
    case oneProcess
    /// Mutual TLS and SOAP between the entities and the home.
    case overTLS
}

/// An acquiring and a management entity in front of a home whose card, storage and CA are fakes.
struct Mesh {
    let acquiring: AcquiringEntity
    let management: ManagementEntity

    /// Runs `body` with the mesh around `stage`'s home.
    static func run(
        _ depth: Depth,
        around stage: Stage,
        authority: FakeAuthority = FakeAuthority(),
        _ body: @escaping @Sendable (Mesh) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await stage.exchange.run() }
            switch depth {
            case .oneProcess:
                let identity = try TestIdentity()
                let mesh = Mesh(
                    InProcess(stage: stage, peer: Sample.ae, identity: identity),
                    InProcess(stage: stage, peer: Sample.me, identity: identity),
                    InProcess(stage: stage, peer: Sample.ae, identity: identity),
                    try identity.seal(),
                    authority
                )
                try await mesh.play(body)
            case .overTLS:
                try await overTLS(stage, authority, &group, body)
            }
            group.cancelAll()
        }
    }

    private static func overTLS(
        _ stage: Stage,
        _ authority: FakeAuthority,
        _ group: inout ThrowingTaskGroup<Void, any Error>,
        _ body: @escaping @Sendable (Mesh) async throws -> Void
    ) async throws {
        let pki = try TestAuthority("mesh")
        let home = Sample.home
        let identity = try TestIdentity()
        let (ports, found) = AsyncStream<Int>.makeStream()
        let server = MeshServer(
            MeshServer.Settings(
                host: "127.0.0.1",
                port: 0,
                tls: try pki.issue(uris: [home.uri], dnsNames: ["localhost"], for: [.server]).credential(trusting: pki),
                profile: .mesh,
                gate: PeerGate([Sample.ae: [.signature, .status, .receipt, .directory], Sample.me: [.registration]])
            ),
            services: WireServices(
                signatures: stage.signatures,
                registrations: stage.registrations,
                providers: providers(identity, stage)
            ),
            tally: NoTally(),
            logger: stage.log.logger,
            listening: { found.yield($0) }
        )
        group.addTask { try await server.run() }
        var listening = ports.makeAsyncIterator()
        guard let port = await listening.next() else { throw CancellationError() }
        func connection(_ peer: PeerIdentity) throws -> MeshConnection {
            MeshConnection(
                to: "https://localhost:\(port)",
                server: home,
                credential: try pki.issue(uris: [peer.uri], for: [.client]).credential(trusting: pki),
                tally: NoTally(),
                logger: stage.log.logger
            )
        }
        let (ae, me) = (try connection(Sample.ae), try connection(Sample.me))
        let mesh = Mesh(
            SignatureClient(to: ae),
            RegistrationClient(to: me),
            ProviderClient(to: ae),
            try identity.seal(),
            authority
        )
        do { try await mesh.play(body) } catch {
            await ae.shutdown()
            await me.shutdown()
            throw error
        }
        await ae.shutdown()
        await me.shutdown()
    }

    fileprivate static func providers(_ identity: TestIdentity, _ stage: Stage) -> HomeProviderService {
        HomeProviderService(
            identity: Sample.home.uri,
            providers: ProviderRegister([Sample.provider, Stage.otherProvider]),
            numbers: MemoryNumbers(),
            signer: identity,
            validity: .seconds(3600),
            logger: stage.log.logger
        )
    }

    private let providers: ProviderCache

    private init(
        _ signatures: any SignatureService,
        _ registrations: any RegistrationService,
        _ directory: any ProviderService,
        _ reader: any DirectoryReader,
        _ authority: FakeAuthority
    ) {
        let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        providers = ProviderCache(
            home: directory,
            peer: Sample.ae,
            reader: reader,
            tally: NoTally(),
            logger: quiet
        )
        acquiring = AcquiringEntity(
            identity: Sample.ae.uri,
            home: signatures,
            providers: providers,
            meter: RequestMeter(tally: NoTally()),
            tally: NoTally(),
            logger: quiet
        )
        management = ManagementEntity(
            home: registrations,
            authority: authority,
            roles: Roles(registrationAgents: [Sample.ra]),
            audit: NoAudit(),
            activations: ActivationQueue(identity: "urn:mssp:test:me"),
            logger: quiet
        )
    }

    private func play(_ body: (Mesh) async throws -> Void) async throws {
        await providers.pull()
        try await body(self)
    }
}

/// The home in the same process: what the wire would make of a call, its peer and its origin.
private struct InProcess: SignatureService, RegistrationService, ProviderService {
    let stage: Stage
    let peer: PeerIdentity
    let identity: TestIdentity

    private func arriving(_ call: Call) -> Call {
        Call(peer: peer, origin: call.origin, deadline: call.deadline, trace: call.trace)
    }

    func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        try await stage.signatures.signature(request, arriving(call))
    }

    func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        try await stage.signatures.status(request, arriving(call))
    }

    func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
        try await stage.signatures.receipt(request, arriving(call))
    }

    func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        try await stage.signatures.cancel(request, arriving(call))
    }

    func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        try await stage.signatures.fit(request, arriving(call))
    }

    func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        try await stage.signatures.profile(request, arriving(call))
    }

    func register(_ request: RegistrationRequest, _ call: Call) async throws(MSSFault) -> RegistrationResponse {
        try await stage.registrations.register(request, arriving(call))
    }

    func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory {
        try await Mesh.providers(identity, stage).directory(arriving(call))
    }
}

/// A CA that certifies, or is away.
struct FakeAuthority: CertificateAuthority {
    var isAway = false

    func certificate(
        for key: ProvenKey,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> [UInt8] {
        guard !isAway else { throw MSSFault(.registrationNotOK, "The CA is away.", specifier: 4072) }
        return [2]
    }
}

private struct NoAudit: RegistrationAudit {
    func record(_ operation: RegistrationOperation, phase: String, call: Call, outcome: String?) async throws {}
}
