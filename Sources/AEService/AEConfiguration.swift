import AE
import MSSCore
import MSSRuntime
import MSSWire

/// What an operator sets for the acquiring entity (deploy/config/ae.toml).
struct AEConfiguration: Decodable, Sendable {
    var listen: ListenAddress
    /// This service's name, as the home knows it.
    var identity: String
    /// Where providers reach this service, if the Host field of their requests does not tell it; the WSDL names it.
    var publicURL: PublicAddress?
    /// Tells callers what the SIM side took of the time; for measuring.
    var exposesTiming: Bool?
    /// Offers JSON beside SOAP; no unless set.
    var json: Bool?
    /// Offers MSS_Registration as a look-up of certificates; no unless set.
    var certificateLookup: Bool?
    /// The face to application providers.
    var tls: CredentialFiles
    var home: HomeEntry
    /// Further homes; none unless they are here.
    var homes: [HomeEntry]?
    /// The table of ported numbers; none unless this section is there.
    var ported: Ported?
    var providers: Providers
    /// Tells providers of ended transactions (asynchServerServer); no unless this section is there.
    var notification: NotificationConfiguration?
    /// What the listener takes at most.
    var limits: WireLimits?
    var log: LogConfiguration?
    var `operator`: OperatorConfiguration?

    private enum CodingKeys: String, CodingKey {
        case listen, identity, json, tls, home, homes, ported, providers, notification, limits, log, `operator`
        case publicURL = "public_url"
        case exposesTiming = "exposes_timing"
        case certificateLookup = "certificate_lookup"
    }

    /// Which numbers are with another home than their beginning says.
    struct Ported: Decodable, Sendable {
        var table: ConfiguredPath
        /// What is other than in the table; the file may be missing.
        var changes: ConfiguredPath?

        private enum CodingKeys: String, CodingKey {
            case table, changes
        }

        /// - Throws: ``StartError`` where there is one home.
        func files(
            homes: [String],
            into numbers: PortedTable,
            tally: any Tally
        ) throws(StartError) -> PortedFiles {
            guard homes.count > 1 else { throw StartError("ported: of use beside [[homes]] only") }
            return PortedFiles(table: table, changes: changes, homes: homes, numbers: numbers, tally: tally)
        }
    }

    /// The directory of application providers, which the home signs.
    struct Providers: Decodable, Sendable {
        /// The roots of the platform's signing identities; no certificate of TLS stands under them.
        var trust: ConfiguredPath
        /// Keeps the last good directory; without it a start needs the home.
        var cache: ConfiguredPath?
        /// Seconds that a directory serves after it was signed: 60 to 604800; 3600 unless set.
        var serveFor: Int?
        /// Seconds between two pulls: 1 to 3600; 10 unless set.
        var pullEvery: Int?

        private enum CodingKeys: String, CodingKey {
            case trust, cache
            case serveFor = "serve_for"
            case pullEvery = "pull_every"
        }
    }
}
