import AE
import Logging
import MSSCore
import MSSRuntime
import MSSWire

/// What a home's entry names, read and checked; nothing is connected yet.
struct HomeParts: Sendable {
    let name: String
    let entry: HomeEntry
    let ways: HomeLink.Ways
    let credential: TLSCredential
    let seal: DirectorySeal

    /// - Throws: ``StartError`` that names the key.
    init(_ named: HomeEntries.Named, _ providers: AEConfiguration.Providers) throws(StartError) {
        let entry = named.entry
        name = named.name
        ways = named.ways
        credential = TLSCredential(try entry.credential.load(TLSMaterial.init))
        seal = try DirectoryParts.seal(entry.providersTrust ?? providers.trust, of: PeerIdentity(uri: entry.identity))
        self.entry = entry
    }
}

/// The homes that AE serves, each with its connection and its directory; where there is one, nothing is named after it.
struct Homes: Sendable {
    struct Home: Sendable {
        let parts: HomeParts
        let link: MeshConnection
        let providers: ProviderCache
        let tally: any Tally
        let logger: Logger
    }

    let all: [Home]

    /// - Parameters:
    ///   - parts: At least one.
    ///   - peer: This acquiring entity.
    ///   - configuration: Where directories are kept.
    ///   - times: Of the directories.
    ///   - tally: Counts, by home where there are several.
    ///   - logger: Is told, by home where there are several.
    init(
        _ parts: [HomeParts],
        peer: PeerIdentity,
        _ configuration: AEConfiguration.Providers,
        _ times: ProviderCache.Times,
        tally: any Tally,
        logger: Logger
    ) {
        let areSeveral = parts.count > 1
        all = parts.map { parts in
            let tally: any Tally = areSeveral ? HomeTally(home: parts.name, base: tally) : tally
            var logger = logger
            if areSeveral { logger[metadataKey: "home"] = "\(parts.name, as: .open)" }
            let link = MeshConnection(
                to: parts.entry.url,
                or: parts.entry.others ?? [],
                server: PeerIdentity(uri: parts.entry.identity),
                credential: parts.credential,
                tally: tally,
                logger: logger,
                roaming: parts.entry.roaming ?? false
                    ? RoamingSender(identity: peer, home: PeerIdentity(uri: parts.entry.identity)) : nil,
                role: areSeveral || parts.entry.roaming ?? false ? .acquiringEntity : nil
            )
            let file = configuration.cache.map { areSeveral ? ConfiguredPath("\($0).\(parts.name)") : $0 }
            let providers = ProviderCache(
                home: ProviderClient(to: link),
                peer: peer,
                reader: parts.seal,
                shelf: file.map { DirectoryFile(path: $0) },
                times: times,
                tally: tally,
                logger: logger
            )
            return Home(parts: parts, link: link, providers: providers, tally: tally, logger: logger)
        }
    }

    var areSeveral: Bool { all.count > 1 }
    var caches: ProviderCaches { ProviderCaches(all.map(\.providers)) }

    /// As requests are routed between them.
    func routes(_ ported: PortedTable, tally: any Tally, logger: Logger) -> HomeRoutes {
        let links = all.map { home in
            HomeLink(
                name: home.parts.name,
                identity: PeerIdentity(uri: home.parts.entry.identity),
                ways: home.parts.ways,
                signatures: SignatureClient(to: home.link),
                relay: SignedMessageClient(to: home.link),
                providers: home.providers
            )
        }
        return HomeRoutes(links, ported: ported, tally: tally, logger: logger)
    }

    func show(in metrics: ServiceMetrics) {
        for home in all {
            let labels = areSeveral ? [("home", home.parts.name)] : []
            metrics.gauge("ae_directory_number", labels) { Double(home.providers.number) }
            metrics.gauge("ae_directory_age_seconds", labels) { home.providers.age }
        }
    }

    /// Each of several homes by its name: one that is away is shown, and does not make AE unready.
    var watched: [String: OperatorListener.Question] {
        var questions: [String: OperatorListener.Question] = [:]
        guard areSeveral else { return questions }
        for home in all { questions["home." + home.parts.name] = { home.providers.isFresh } }
        return questions
    }

    /// That of the first home; another operator's clock is not this one's to mend.
    var clock: ClockOffset? { all.first?.link.clock }

    /// What AE shows to each.
    var credentials: [CredentialWatch.Credential] {
        all.map { home in
            let credential = home.parts.credential
            let name = areSeveral ? "home." + home.parts.name : "home"
            return CredentialWatch.Credential(name, home.parts.entry.credential, take: credential.replace) {
                credential.end
            }
        }
    }

    func shutdown() async {
        for home in all { await home.link.shutdown() }
    }
}
