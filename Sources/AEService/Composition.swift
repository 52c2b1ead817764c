import AE
import Logging
import MSSCore
import MSSRuntime
import MSSWire
import ServiceLifecycle

/// Joins the parts of the acquiring entity: everything is read and checked here, before anything listens.
struct Composition {
    private let configuration: AEConfiguration
    private let metrics = ServiceMetrics()
    private let log: ServiceLog
    private let material: TLSMaterial
    private let link: MeshConnection

    init(_ configuration: AEConfiguration) throws {
        self.configuration = configuration
        let home = configuration.home
        material = try configuration.tls.load(TLSMaterial.init)
        let homeMaterial = try home.credential.load(TLSMaterial.init)
        log = try ServiceLog.start(configuration.log, service: "ae", tally: metrics)
        link = MeshConnection(
            to: home.url,
            or: home.others ?? [],
            server: PeerIdentity(uri: home.identity),
            material: homeMaterial,
            tally: metrics,
            logger: log.logger
        )
    }

    func run() async throws {
        do { try await serve() } catch {
            await link.shutdown()
            throw error
        }
        await link.shutdown()
    }

    private func serve() async throws {
        let identity = PeerIdentity(uri: configuration.identity)
        let providers = ProviderCache(home: ProviderClient(to: link), peer: identity, logger: log.logger)
        let entity = AcquiringEntity(
            identity: configuration.identity,
            home: SignatureClient(to: link),
            providers: providers,
            logger: log.logger
        )
        let started = StartSignal(awaiting: 1)
        var services: [any Service] = []
        if let configuration = configuration.operator {
            services.append(
                try OperatorListener(
                    configuration,
                    metrics: metrics,
                    dependencies: ["providers": { providers.isReady }],
                    logger: log.logger
                )
            )
        }
        services.append(BackgroundWork { await providers.run() })
        services.append(server(entity, providers, started))
        // The first request should find a directory; a home that is away now is asked again and again.
        await providers.pull()
        let parts = services
        try await withTaskExecutorPreference(EventLoopTasks.shared) {
            try await ServiceRun.run(parts, started: started, logger: log.logger)
        }
    }

    private func server(
        _ entity: AcquiringEntity,
        _ providers: ProviderCache,
        _ started: StartSignal
    ) -> MeshServer {
        var settings = MeshServer.Settings(
            host: configuration.listen.host,
            port: configuration.listen.port,
            tls: material,
            profile: .edge,
            gate: .everyone([.signature, .status, .receipt, .profile, .handshake, .cancel, .fit])
        )
        settings.exposesTiming = configuration.exposesTiming ?? false
        settings.publicAddress = configuration.publicURL
        if configuration.json ?? false {
            settings.json = JSONBinding { peer in
                providers.wantsPreciseStatus(peer).map { $0 ? .precise : .one } ?? .stranger
            }
        }
        return MeshServer(
            settings,
            services: WireServices(signatures: entity, handshakes: entity, callers: providers),
            tally: metrics,
            logger: log.logger,
            listening: { _ in started.listening() }
        )
    }
}
