import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime
import MSSWire
import PostgreSQL
import SIMLink
import ServiceLifecycle
import Signatures

/// Joins the parts of the home: everything is read, checked and opened here, before anything listens.
struct Composition {
    private let configuration: HomeConfiguration
    private let metrics = ServiceMetrics()
    private let log: ServiceLog
    private let credential: TLSCredential
    private let providerFile: ProviderFile
    private let providers: ProviderRegister
    private let prefix: TransactionID.Prefix
    private let vault: Vault
    private let access: KEKAccess
    private let evidence: CMSEvidence
    private let fetcher: RevocationFetcher
    private let stampFetcher = RevocationFetcher(tally: NoTally())
    private let stamper: CMSStamper?
    private let smsc: [SMSCSettings]
    private let legacyBatches: LegacyBatches
    private let keepDays: Int
    private let limits: PromptLimits
    private let networks: [String]
    private let sandbox: Sandbox
    private let roles: [MSISDN: [String]]
    private let mostDocuments: Int
    private let validity: Duration
    private let roaming: RoamingRules?

    init(_ configuration: HomeConfiguration) throws {
        self.configuration = configuration
        credential = TLSCredential(try configuration.tls.load(TLSMaterial.init))
        providerFile = ProviderFile(path: configuration.providers)
        providers = ProviderRegister(try providerFile.read(), tally: metrics)
        prefix = try Parts.prefix(configuration.prefix)
        legacyBatches = try LegacyBatches(configuration.legacyBatches ?? [])
        keepDays = try Parts.keepDays(configuration.evidence)
        limits = try Parts.limits(configuration.abuse)
        networks = try Parts.networks(configuration.users)
        sandbox = try Parts.sandbox(configuration.sandbox)
        roles = try Parts.roles(configuration.roles)
        mostDocuments = try Parts.mostDocuments(configuration.documents)
        validity = try Parts.validity(configuration.directory)
        roaming = try configuration.roaming?.rules(configuration.identity, configuration.acquiringEntities)
        vault = try Parts.vault(configuration.vault, legacy: legacyBatches.permissions)
        access = try KEKAccess(configuration.vault, hasConsole: configuration.console != nil)
        fetcher = RevocationFetcher(tally: metrics)
        evidence = CMSEvidence(authority: try Parts.users(configuration.users, fetcher: fetcher))
        stamper = try Parts.stamper(configuration.timestamp, fetcher: stampFetcher)
        smsc = try MessageCentreParts.settings(configuration.smsc)
        log = try ServiceLog.start(configuration.log, service: "home", tally: metrics)
    }

    func run() async throws {
        legacyBatches.warn(log.logger)
        let watch = DatabaseWatch()
        let pool = try await Parts.database(configuration.database, watch: watch)
        let epoch = try HomeEpoch(configuration.vault.epoch, pool, for: .serving, watch: watch)
        try await epoch.check()
        let unsealing = Unsealing(vault: vault, table: VaultKeyTable(pool: pool))
        try await start(unsealing)
        let gate = WhileUnsealed(vault: vault)
        let rowCodes = RowCodes(vault: vault, tally: metrics, logger: log.logger)
        let seen = SeenPersons()
        let subscribers = SubscriberTable(pool: pool, authenticator: rowCodes, seen: seen)
        let ledger = PostgreSQLLedger(
            pool: pool,
            subscribers: subscribers,
            authenticator: rowCodes,
            readable: try Parts.readable(configuration.results),
            limits: limits
        )
        let answers = CardAnswers()
        let relay = ReceiptRelay(pool: pool)
        let messageCentres = MessageCentres(
            smsc,
            parts: PartTable(pool: pool),
            receive: { packet, msisdn in await answers.receive(packet, from: msisdn) },
            undelivered: { command, msisdn in await answers.undelivered(command, to: msisdn) },
            elsewhere: { notice in await relay.tell(notice) },
            tally: metrics,
            logger: log.logger
        )
        let exchange = CardExchange(
            vault: CardKeys(vault: vault),
            channel: ShortMessageChannel(messageCentres: messageCentres),
            directory: subscribers,
            ledger: ledger,
            evidence: evidence,
            keeper: SealedEvidence(vault: vault, authority: evidence.authority, days: keepDays),
            stamper: stamper,
            keys: CardKeyTable(pool: pool),
            tally: metrics,
            logger: log.logger
        )
        answers.go(to: exchange)
        let started = StartSignal(awaiting: 1)
        var services: [any Service] = []
        let clock = DatabaseClock(pool: pool, clock: ClockOffset())
        services.append(BackgroundWork { await clock.run() })
        if let configuration = configuration.operator {
            services.append(
                try OperatorListener(
                    configuration,
                    metrics: metrics,
                    dependencies: [
                        "vault": { [vault] in !vault.isSealed },
                        "database": { await pool.check(deadline: .now + .seconds(1)) },
                        "smsc": { messageCentres.isBound },
                    ],
                    watched: watched(messageCentres),
                    words: ["vault": "sealed"],
                    clock: clock.clock,
                    logger: log.logger
                )
            )
        }
        if let configuration = configuration.console {
            // Two thousand cards a statement take longer than a service's own may.
            let batches = Pool(
                self.configuration.database.connection,
                size: 1,
                limits: .migration,
                admit: { try await watch.admit($0) }
            )
            let console = console(
                unsealing,
                epoch,
                CustodyLock(
                    pool: Pool(
                        self.configuration.database.connection,
                        size: 1,
                        admit: { try await watch.admit($0) }
                    )
                ),
                CardBatchTable(pool: batches, authenticator: rowCodes),
                EvidenceTable(pool: pool),
                RootRollover(prefix: prefix, directory: subscribers, exchange: exchange),
                checkpoints(pool)
            )
            services.append(
                ConsoleServer(
                    configuration,
                    commands: console.commands,
                    audit: console.audit,
                    tally: metrics,
                    logger: log.logger
                )
            )
        }
        services.append(gate.work { await messageCentres.run() })
        services.append(
            gate.work { [configuration] in
                await ledger.listen(
                    configuration.database.connection,
                    channels: [ReceiptRelay.channel: { relay.hear($0) }]
                )
            }
        )
        services.append(
            gate.work { for await notice in relay.notices { await messageCentres.take(notice) } }
        )
        services.append(gate.work { await exchange.run() })
        services.append(
            BackgroundWork {
                await evidence.authority.run()
                await fetcher.close()
                await stampFetcher.close()
            }
        )
        services.append(
            BackgroundWork { [logger = log.logger, vault] in await epoch.follow(logger) { vault.reseal() } }
        )
        services.append(
            BackgroundWork { [providerFile, providers, metrics, logger = log.logger] in
                await providerFile.follow(providers, tally: metrics, logger: logger)
            }
        )
        let certificates = CertificateWatch(register: providers, logger: log.logger)
        certificates.show(in: metrics)
        services.append(BackgroundWork { await certificates.run() })
        services.append(credentials())
        services.append(
            ListeningWhenBound(
                server: server(gate, pool, rowCodes, seen, subscribers, ledger, exchange, started),
                isBound: { [vault] in messageCentres.isBound || vault.isSealed }
            )
        )
        let parts = services
        try await withTaskExecutorPreference(EventLoopTasks.shared) {
            try await ServiceRun.run(parts, started: started, logger: log.logger)
        }
    }

    /// Each message centre by its name: one that is away is shown, and does not make the home unready.
    private func watched(_ messageCentres: MessageCentres) -> [String: OperatorListener.Question] {
        var questions: [String: OperatorListener.Question] = [:]
        for name in smsc.map(\.name) { questions["smsc." + name] = { messageCentres.isBound(name) } }
        return questions
    }

    /// Opens the vault, or leaves it to those who come to the console.
    private func start(_ unsealing: Unsealing) async throws(StartError) {
        unsealing.tell(access.keeper, metrics, log.logger)
        switch access.start {
        case .sealed:
            log.logger.warning("the vault is sealed: nothing is signed or registered before HomeMSSPService unseal")
        case .unattended:
            do throws(Unsealing.Failure) {
                try await unsealing.unseal("\(access.keeper.rawValue), unattended") { () throws(VaultError) in
                    try access.unattended()
                }
            } catch { throw StartError(error.reason) }
        }
    }

    private func console(
        _ unsealing: Unsealing,
        _ epoch: HomeEpoch,
        _ lock: CustodyLock,
        _ batches: CardBatchTable,
        _ evidence: EvidenceTable,
        _ rollover: RootRollover,
        _ checkpoints: AuditCheckpoints
    ) -> HomeConsole {
        let custody = Custody(access, lock: lock, tally: metrics)
        let unseal = UnsealCommand(custody: custody, unsealing: unsealing) { () async throws(StartError) in
            try await epoch.check()
        }
        let export = EvidenceExport(vault: vault, table: evidence, tally: metrics, logger: log.logger)
        return HomeConsole(
            vault: vault,
            table: unsealing.table,
            acts: [
                ImportCommand(work: CardImport(vault: vault, table: batches)).command,
                EvidenceCommand(export: export).command, RollKeyCommand(rollover: rollover).command, unseal.command,
                CustodiansCommand(custody: custody, unsealing: unsealing).command,
            ] + RotationCommands(custody: custody, unsealing: unsealing).commands
                + IdentityCommands(identity: checkpoints.identity).commands
                + CheckpointCommands(checkpoints: checkpoints).commands
        )
    }

    private func identity(_ pool: Pool) -> PlatformIdentity {
        PlatformIdentity(
            vault: vault,
            table: IdentityTable(pool: pool),
            name: configuration.identity,
            tally: metrics,
            logger: log.logger
        )
    }

    private func checkpoints(_ pool: Pool) -> AuditCheckpoints {
        AuditCheckpoints(
            identity: identity(pool),
            table: CheckpointTable(pool: pool),
            tally: metrics,
            logger: log.logger
        )
    }

    /// New certificates are taken without a restart.
    private func credentials() -> BackgroundWork {
        let watch = CredentialWatch(
            [
                CredentialWatch.Credential("tls", configuration.tls, take: credential.replace) { [credential] in
                    credential.end
                }
            ],
            tally: metrics,
            logger: log.logger
        )
        watch.show(in: metrics)
        return BackgroundWork { await watch.run() }
    }

    private func server(
        _ gate: WhileUnsealed,
        _ pool: Pool,
        _ rowCodes: RowCodes,
        _ seen: SeenPersons,
        _ subscribers: SubscriberTable,
        _ ledger: PostgreSQLLedger,
        _ exchange: CardExchange,
        _ started: StartSignal
    ) -> MeshServer {
        let people = PersonAnswers(
            identity: configuration.identity,
            signer: SignedPersons(identity: identity(pool)),
            evidence: evidence,
            tally: metrics,
            logger: log.logger
        )
        let signatures = HomeSignatureService(
            identity: configuration.identity,
            prefix: prefix,
            providers: providers,
            directory: subscribers,
            ledger: ledger,
            evidence: evidence,
            exchange: exchange,
            networks: networks,
            sandbox: sandbox,
            roles: roles,
            people: people,
            mostDocuments: mostDocuments,
            logger: log.logger
        )
        let registrations = HomeRegistrationService(
            identity: configuration.identity,
            prefix: prefix,
            directory: subscribers,
            store: RegistrationTable(pool: pool, authenticator: rowCodes, seen: seen),
            vault: CardKeys(vault: vault),
            evidence: evidence,
            exchange: exchange,
            logger: log.logger
        )
        var settings = MeshServer.Settings(
            host: configuration.listen.host,
            port: configuration.listen.port,
            tls: credential,
            profile: .mesh,
            gate: grants
        )
        settings.exposesTiming = true
        settings.limits = configuration.limits ?? settings.limits
        settings.roaming = roaming
        let messages = XMLMessages(identity: identity(pool))
        return MeshServer(
            settings,
            services: WireServices(
                signatures: gate.signatures(signatures),
                registrations: gate.registrations(registrations),
                providers: HomeProviderService(
                    identity: configuration.identity,
                    providers: providers,
                    numbers: DirectoryTable(pool: pool),
                    signer: DirectoryIdentity(identity: identity(pool)),
                    validity: validity,
                    logger: log.logger
                ),
                notifications: NotificationDesk(
                    identity: configuration.identity,
                    prefix: prefix,
                    outbox: NotificationTable(pool: pool),
                    providers: providers,
                    signing: NotificationSigning(signatures: messages, write: NotificationClient.envelope),
                    directory: subscribers,
                    networks: networks,
                    roles: roles,
                    people: people,
                    exchange: exchange,
                    logger: log.logger,
                    isStopping: { Task.isShuttingDownGracefully }
                ),
                security: SignedMessageDesk(
                    providers: providers,
                    signatures: messages,
                    tally: metrics,
                    logger: log.logger
                )
            ),
            tally: metrics,
            logger: log.logger,
            listening: { _ in started.listening() }
        )
    }

    /// Acquiring entities ask for signatures, management entities register; nobody does both, nobody else does either.
    private var grants: PeerGate {
        var grants: [PeerIdentity: Set<WireOperation>] = [:]
        for entity in configuration.acquiringEntities {
            grants[PeerIdentity(uri: entity), default: []].formUnion([
                .signature, .status, .receipt, .profile, .cancel, .fit, .directory, .notifications,
            ])
        }
        for entity in configuration.managementEntities {
            grants[PeerIdentity(uri: entity), default: []].insert(.registration)
        }
        return PeerGate(grants)
    }
}
