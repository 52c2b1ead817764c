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
    /// Reaches providers that want to be told; nobody is without it.
    private let outward: NotificationClient?
    private let seal: DirectorySeal
    private let times: ProviderCache.Times

    init(_ configuration: AEConfiguration) throws {
        self.configuration = configuration
        let home = configuration.home
        material = try configuration.tls.load(TLSMaterial.init)
        outward = try configuration.notification?.client(showing: material)
        let homeMaterial = try home.credential.load(TLSMaterial.init)
        seal = try DirectoryParts.seal(configuration.providers, of: PeerIdentity(uri: home.identity))
        times = try DirectoryParts.times(configuration.providers)
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
        let providers = ProviderCache(
            home: ProviderClient(to: link),
            peer: identity,
            reader: seal,
            shelf: configuration.providers.cache.map { DirectoryFile(path: $0) },
            times: times,
            tally: metrics,
            logger: log.logger
        )
        metrics.gauge("ae_directory_number") { Double(providers.number) }
        metrics.gauge("ae_directory_age_seconds") { providers.age }
        let entity = AcquiringEntity(
            identity: configuration.identity,
            home: SignatureClient(to: link),
            providers: providers,
            notifies: outward != nil,
            meter: RequestMeter(tally: metrics),
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
                    watched: ["directory": { providers.isFresh }],
                    logger: log.logger
                )
            )
        }
        services.append(BackgroundWork { await providers.run() })
        if let outward { services.append(notifications(identity, providers, outward)) }
        services.append(server(entity, providers, started))
        // The first request should find a directory.
        await providers.start()
        let parts = services
        try await withTaskExecutorPreference(EventLoopTasks.shared) {
            try await ServiceRun.run(parts, started: started, logger: log.logger)
        }
    }

    private func notifications(
        _ identity: PeerIdentity,
        _ providers: ProviderCache,
        _ outward: NotificationClient
    ) -> BackgroundWork {
        let work = NotificationWork(
            home: ProviderClient(to: link),
            peer: identity,
            providers: providers,
            channel: outward,
            tally: metrics,
            logger: log.logger
        )
        return BackgroundWork { await work.run() }
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
        settings.limits = configuration.limits ?? settings.limits
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
