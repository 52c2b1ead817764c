import MSSCore
import MSSRuntime
import MSSWire

/// What an operator sets for the home (deploy/config/home.toml).
struct HomeConfiguration: Decodable, Sendable {
    var listen: ListenAddress
    /// This service's name: in its server certificate, and as MSSP_ID in answers.
    var identity: String
    /// Every MSSP_TransID of this home begins with it.
    var prefix: String
    var providers: ConfiguredPath
    var directory: Directory?
    /// Who may ask for signatures and the provider directory.
    var acquiringEntities: [String]
    /// What is asked of acquiring entities of other operators; nothing unless this section is there.
    var roaming: Roaming?
    /// Who may register.
    var managementEntities: [String]
    var tls: CredentialFiles
    var database: Database
    var vault: VaultFiles
    var smsc: MessageCentreList
    var users: Users
    /// Card batches that may still use triple DES.
    var legacyBatches: [LegacyBatch]?
    var results: Results?
    var documents: Documents?
    /// Who stamps signatures with the time; nobody unless it is here.
    var timestamp: Timestamp?
    /// What the role service tells of users.
    var roles: [Role]?
    var evidence: Evidence?
    /// What the listener takes at most.
    var limits: WireLimits?
    /// How often a person may be asked in vain.
    var abuse: Abuse?
    /// Test numbers for sandbox providers; none unless it is here.
    var sandbox: TestNumbers?
    var log: LogConfiguration?
    var `operator`: OperatorConfiguration?
    /// The local console; off unless it is here.
    var console: ConsoleConfiguration?

    private enum CodingKeys: String, CodingKey {
        case listen, identity, prefix, providers, directory, tls, database, vault, smsc, users, results, evidence,
            documents, timestamp
        case limits, abuse, sandbox, log, `operator`, console, roaming
        case acquiringEntities = "acquiring_entities"
        case managementEntities = "management_entities"
        case legacyBatches = "legacy_batch"
        case roles = "role"
    }

    /// A role, and the numbers of those who have it.
    struct Role: Decodable, Sendable {
        var name: String
        var numbers: [String]

        private enum CodingKeys: String, CodingKey {
            case name, numbers
        }
    }

    /// One batch, its algorithm (3des-2 or 3des-3), and the last day of the permission.
    struct LegacyBatch: Decodable {
        var name: String
        var algorithm: String
        var lastDay: String

        private enum CodingKeys: String, CodingKey {
            case name, algorithm
            case lastDay = "last_day"
        }
    }

    /// libpq's connection string, passwords in its passfile; and how many connections at most.
    struct Database: Decodable, Sendable {
        var connection: String
        var connections: Int?
    }

    /// What wraps the vault's keys: a token, or a file for trying; and the credential that personalisers encrypt to.
    struct VaultFiles: Decodable, Sendable {
        /// `unattended` unless it is `sealed`.
        var start: String?
        var topKey: ConfiguredPath?
        var token: Token?
        /// Where the epoch of the counters is kept; outside the database and its backups.
        var epoch: ConfiguredPath
        var importKey: ConfiguredPath
        var importCertificate: ConfiguredPath

        private enum CodingKeys: String, CodingKey {
            case start, token, epoch
            case topKey = "top_key"
            case importKey = "import_key"
            case importCertificate = "import_certificate"
        }
    }

    /// A PKCS#11 token; the file of its PIN is the credential for unattended starts, and for no others.
    struct Token: Decodable, Sendable {
        var module: ConfiguredPath
        var label: String
        var pin: ConfiguredPath?
    }

    /// The directory of providers that each acquiring entity gets.
    struct Directory: Decodable, Sendable {
        /// 60 to 604800; 86400 unless set.
        var validSeconds: Int

        private enum CodingKeys: String, CodingKey {
            case validSeconds = "valid_seconds"
        }
    }

    /// Who must tell the route of each message.
    struct Roaming: Decodable, Sendable {
        var requiredOf: [String]

        private enum CodingKeys: String, CodingKey {
            case requiredOf = "required_of"
        }

        /// - Throws: ``StartError`` for a name that is no acquiring entity's.
        func rules(_ identity: String, _ entities: [String]) throws(StartError) -> RoamingRules {
            for name in requiredOf where !entities.contains(name) {
                throw StartError("roaming.required_of: \(name) is not one of acquiring_entities")
            }
            return RoamingRules(
                identity: PeerIdentity(uri: identity),
                requiredOf: Set(requiredOf.map { PeerIdentity(uri: $0) })
            )
        }
    }

    /// How long a provider may read how its transaction ended.
    struct Results: Decodable, Sendable {
        /// 60 to 86400; 600 unless set.
        var readableSeconds: Int

        private enum CodingKeys: String, CodingKey {
            case readableSeconds = "readable_seconds"
        }
    }

    /// How many documents one PIN entry may sign (batchsign, docsign).
    struct Documents: Decodable, Sendable {
        /// In one request, its own counted: 2 to 9; 9 unless set.
        var most: Int?

        private enum CodingKeys: String, CodingKey {
            case most
        }
    }

    /// The time stamp authority (RFC 3161).
    struct Timestamp: Decodable, Sendable {
        /// http or https.
        var url: String
        /// The anchors of its certificate, PEM.
        var authority: ConfiguredPath
        /// How long it may take, 1 to 10; 3 unless set.
        var withinSeconds: Int?

        private enum CodingKeys: String, CodingKey {
            case url, authority
            case withinSeconds = "within_seconds"
        }
    }

    /// How often a person's phone may ask in vain (docs/operations.md, "Abuse").
    struct Abuse: Decodable, Sendable {
        /// Of one provider, 1 to 100; 3 unless set.
        var unansweredPerHour: Int?
        /// Of all providers, 1 to 100; 10 unless set.
        var unansweredOfAllPerHour: Int?
        /// After the first refusal, 0 to 3600; 5 unless set.
        var refusalPauseSeconds: Int?
        /// 0 to 86400; 3600 unless set.
        var longestPauseSeconds: Int?

        private enum CodingKeys: String, CodingKey {
            case unansweredPerHour = "unanswered_per_hour"
            case unansweredOfAllPerHour = "unanswered_of_all_per_hour"
            case refusalPauseSeconds = "refusal_pause_seconds"
            case longestPauseSeconds = "longest_pause_seconds"
        }
    }

    /// Numbers of nobody, which tell sandbox providers faults (docs/wire.md, "Sandbox").
    struct TestNumbers: Decodable, Sendable {
        /// What each begins with: + and 3 to 11 digits that no person's number begins with.
        var prefix: String
    }

    /// How long the evidence of a signature is kept.
    struct Evidence: Decodable, Sendable {
        /// 1 to 36500; 3650 unless set.
        var keepDays: Int

        private enum CodingKeys: String, CodingKey {
            case keepDays = "keep_days"
        }
    }

    /// The users' CA, its revocation list if one is kept up to date, and where revocation may be looked up.
    struct Users: Decodable, Sendable {
        var authority: ConfiguredPath
        var revocations: ConfiguredPath?
        /// Revocation lists to fetch; nothing is fetched that is not named here.
        var listURLs: [String]?
        /// OCSP responders to ask.
        var responderURLs: [String]?
        /// Whether responders must repeat the question's nonce.
        var requiresNonce: Bool?
        /// Certificate policies of which a valid certificate has one, and those that mark certificates for tests.
        var policies: [String]?
        var testPolicies: [String]?
        /// MCC and MNC of the networks that subscriberInfo tells; none unless set.
        var networks: [String]?

        private enum CodingKeys: String, CodingKey {
            case authority, revocations, policies, networks
            case listURLs = "crl_urls"
            case responderURLs = "ocsp_urls"
            case requiresNonce = "ocsp_nonce"
            case testPolicies = "test_policies"
        }
    }
}

/// What `migrate` needs: the schema's owner, and the folder of the migrations (deploy/config/migrate.toml).
struct MigrationConfiguration: Decodable, Sendable {
    var connection: String
    var migrations: ConfiguredPath
}
