import CertificateAuthority
import Logging
import ME
import MSSCore
import MSSRuntime
import MSSWire
import ServiceLifecycle

/// Joins the parts of the management entity: everything is read and checked here, before anything listens.
struct Composition {
    private let configuration: MEConfiguration
    private let metrics = ServiceMetrics()
    private let log: ServiceLog
    private let credential: TLSCredential
    private let homeCredential: TLSCredential
    private let authority: CMPClient
    private let audit: AuditFile
    private let link: MeshConnection

    init(_ configuration: MEConfiguration) throws {
        self.configuration = configuration
        let home = configuration.home
        credential = TLSCredential(try configuration.tls.load(TLSMaterial.init))
        homeCredential = TLSCredential(try home.credential.load(TLSMaterial.init))
        authority = try Self.authority(configuration.authority, tally: metrics)
        log = try ServiceLog.start(configuration.log, service: "me", tally: metrics)
        audit = try AuditFile(path: configuration.audit.file.path, pseudonyms: log.pseudonyms, tally: metrics)
        link = MeshConnection(
            to: home.url,
            or: home.others ?? [],
            server: PeerIdentity(uri: home.identity),
            credential: homeCredential,
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
        let activations = ActivationQueue(identity: configuration.identity)
        let entity = ManagementEntity(
            home: RegistrationClient(to: link),
            authority: CMPAuthority(client: authority),
            roles: Roles(
                registrationAgents: Set(configuration.roles.registrationAgents.map { PeerIdentity(uri: $0) })
            ),
            audit: FileAudit(file: audit),
            activations: activations,
            logger: log.logger
        )
        let started = StartSignal(awaiting: 1)
        var services: [any Service] = []
        if let configuration = configuration.operator {
            services.append(
                try OperatorListener(configuration, metrics: metrics, clock: link.clock, logger: log.logger)
            )
        }
        services.append(BackgroundWork { await activations.run(entity) })
        services.append(credentials())
        var settings = MeshServer.Settings(
            host: configuration.listen.host,
            port: configuration.listen.port,
            tls: credential,
            profile: .edge,
            gate: .everyone([.registration])
        )
        settings.limits = configuration.limits ?? settings.limits
        services.append(
            MeshServer(
                settings,
                services: WireServices(registrations: entity),
                tally: metrics,
                logger: log.logger,
                listening: { _ in started.listening() }
            )
        )
        try await ServiceRun.run(services, started: started, logger: log.logger)
    }

    /// New certificates are taken without a restart.
    private func credentials() -> BackgroundWork {
        let watch = CredentialWatch(
            [
                CredentialWatch.Credential("tls", configuration.tls, take: credential.replace) { [credential] in
                    credential.end
                },
                CredentialWatch.Credential("home", configuration.home.credential, take: homeCredential.replace) {
                    [homeCredential] in
                    homeCredential.end
                },
            ],
            tally: metrics,
            logger: log.logger
        )
        watch.show(in: metrics)
        return BackgroundWork { await watch.run() }
    }

    private static func authority(_ files: MEConfiguration.Authority, tally: any Tally) throws -> CMPClient {
        let settings = CMPSettings(
            url: files.url,
            raCertificate: try PublicFile.read(files.raCertificate.path),
            raKey: try SecretFile.read(files.raKey.path),
            authorityCertificate: try PublicFile.read(files.certificate.path)
        )
        do { return try CMPClient(settings, tally: tally) } catch { throw StartError("authority: \(error)") }
    }
}
