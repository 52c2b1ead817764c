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
    private let credential: TLSCredential
    private let homes: Homes
    /// What requests about ported numbers are looked up in; without files nothing is.
    private let ported = PortedTable()
    private let portedFiles: PortedFiles?
    /// Reaches providers that want to be told; nobody is without it.
    private let outward: NotificationClient?

    init(_ configuration: AEConfiguration) throws {
        self.configuration = configuration
        let entries = try HomeEntries(configuration.home, configuration.homes ?? [])
        credential = TLSCredential(try configuration.tls.load(TLSMaterial.init))
        outward = try configuration.notification?.client(showing: credential)
        let parts = try entries.all.map { named throws(StartError) in try HomeParts(named, configuration.providers) }
        let times = try DirectoryParts.times(configuration.providers)
        portedFiles = try configuration.ported?.files(
            homes: entries.all.map(\.name),
            into: ported,
            tally: metrics
        )
        log = try ServiceLog.start(configuration.log, service: "ae", tally: metrics)
        homes = Homes(
            parts,
            peer: PeerIdentity(uri: configuration.identity),
            configuration.providers,
            times,
            tally: metrics,
            logger: log.logger
        )
    }

    func run() async throws {
        do { try await serve() } catch {
            await homes.shutdown()
            throw error
        }
        await homes.shutdown()
    }

    private func serve() async throws {
        let providers = homes.caches
        homes.show(in: metrics)
        try portedFiles?.start(log.logger)
        let entity = AcquiringEntity(
            identity: configuration.identity,
            homes: homes.routes(ported, tally: metrics, logger: log.logger),
            notifies: outward != nil,
            meter: RequestMeter(tally: metrics),
            tally: metrics,
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
                    watched: homes.watched.merging(["directory": { providers.isFresh }]) { $1 },
                    clock: homes.clock,
                    logger: log.logger
                )
            )
        }
        services.append(credentials())
        for home in homes.all {
            services.append(BackgroundWork { await home.providers.run() })
            if let outward { services.append(notifications(of: home, outward)) }
        }
        if let portedFiles {
            metrics.gauge("ae_ported_numbers") { [ported] in Double(ported.count) }
            metrics.gauge("ae_ported_serial") { [ported] in Double(ported.serial) }
            services.append(BackgroundWork { [logger = log.logger] in await portedFiles.follow(logger) })
        }
        services.append(server(entity, providers, started))
        // The first request should find a directory.
        await providers.start()
        let parts = services
        try await withTaskExecutorPreference(EventLoopTasks.shared) {
            try await ServiceRun.run(parts, started: started, logger: log.logger)
        }
    }

    private func notifications(of home: Homes.Home, _ outward: NotificationClient) -> BackgroundWork {
        let work = NotificationWork(
            home: ProviderClient(to: home.link),
            peer: PeerIdentity(uri: configuration.identity),
            providers: home.providers,
            channel: outward,
            tally: home.tally,
            logger: home.logger
        )
        return BackgroundWork { await work.run() }
    }

    /// New certificates are taken without a restart.
    private func credentials() -> BackgroundWork {
        let own = CredentialWatch.Credential("tls", configuration.tls, take: credential.replace) { [credential] in
            credential.end
        }
        let watch = CredentialWatch([own] + homes.credentials, tally: metrics, logger: log.logger)
        watch.show(in: metrics)
        return BackgroundWork { await watch.run() }
    }

    private func server(
        _ entity: AcquiringEntity,
        _ providers: ProviderCaches,
        _ started: StartSignal
    ) -> MeshServer {
        let operations: Set<WireOperation> = [.signature, .status, .receipt, .profile, .handshake, .cancel, .fit]
        let looksUp = configuration.certificateLookup ?? false
        var settings = MeshServer.Settings(
            host: configuration.listen.host,
            port: configuration.listen.port,
            tls: credential,
            profile: .edge,
            gate: .everyone(looksUp ? operations.union([.registration]) : operations)
        )
        settings.exposesTiming = configuration.exposesTiming ?? false
        settings.limits = configuration.limits ?? settings.limits
        settings.publicAddress = configuration.publicURL
        settings.hasTwoLevels = { providers.wantsSpecifiers($0) }
        if configuration.json ?? false {
            settings.json = JSONBinding { peer in
                providers.wantsPreciseStatus(peer).map { $0 ? .precise : .one } ?? .stranger
            }
        }
        return MeshServer(
            settings,
            services: WireServices(
                signatures: entity,
                handshakes: entity,
                signed: entity,
                certificates: looksUp ? entity : nil,
                callers: providers
            ),
            tally: metrics,
            logger: log.logger,
            listening: { _ in started.listening() }
        )
    }
}
