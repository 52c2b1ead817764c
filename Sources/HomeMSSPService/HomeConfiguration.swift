import MSSRuntime

/// What an operator sets for the home (deploy/config/home.toml).
struct HomeConfiguration: Decodable, Sendable {
    var listen: ListenAddress
    /// This service's name: in its server certificate, and as MSSP_ID in answers.
    var identity: String
    /// Every MSSP_TransID of this home begins with it.
    var prefix: String
    var providers: ConfiguredPath
    /// Who may ask for signatures and the provider directory.
    var acquiringEntities: [String]
    /// Who may register.
    var managementEntities: [String]
    var tls: CredentialFiles
    var database: Database
    var vault: VaultFiles
    var smsc: MessageCentreAddress
    var users: Users
    var log: LogConfiguration?
    var `operator`: OperatorConfiguration?

    private enum CodingKeys: String, CodingKey {
        case listen, identity, prefix, providers, tls, database, vault, smsc, users, log, `operator`
        case acquiringEntities = "acquiring_entities"
        case managementEntities = "management_entities"
    }

    /// libpq's connection string, passwords in its passfile; and how many connections at most.
    struct Database: Decodable, Sendable {
        var connection: String
        var connections: Int?
    }

    /// What wraps the vault's keys: a token, or a file for trying; and the credential that personalisers encrypt to.
    struct VaultFiles: Decodable, Sendable {
        var topKey: ConfiguredPath?
        var token: Token?
        /// Where the epoch of the counters is kept; outside the database and its backups.
        var epoch: ConfiguredPath
        var importKey: ConfiguredPath
        var importCertificate: ConfiguredPath

        private enum CodingKeys: String, CodingKey {
            case token, epoch
            case topKey = "top_key"
            case importKey = "import_key"
            case importCertificate = "import_certificate"
        }
    }

    /// A PKCS#11 token; the file of its PIN is the credential for unattended starts.
    struct Token: Decodable, Sendable {
        var module: ConfiguredPath
        var label: String
        var pin: ConfiguredPath
    }

    struct MessageCentreAddress: Decodable, Sendable {
        var address: ListenAddress
        var systemID: String
        var password: ConfiguredPath
        var sourceAddress: String
        var window: Int?

        private enum CodingKeys: String, CodingKey {
            case address, password, window
            case systemID = "system_id"
            case sourceAddress = "source_address"
        }
    }

    /// The users' CA, and its revocation list if one is kept up to date.
    struct Users: Decodable, Sendable {
        var authority: ConfiguredPath
        var revocations: ConfiguredPath?
    }
}

/// The providers that this home serves (deploy/config/providers.toml).
struct ProviderFile: Decodable, Sendable {
    var provider: [Entry]

    struct Entry: Decodable, Sendable {
        var id: String
        var name: String
        var identities: [String]
        var acquiringEntities: [String]

        private enum CodingKeys: String, CodingKey {
            case id, name, identities
            case acquiringEntities = "acquiring_entities"
        }
    }
}

/// What `migrate` needs: the schema's owner, and the folder of the migrations (deploy/config/migrate.toml).
struct MigrationConfiguration: Decodable, Sendable {
    var connection: String
    var migrations: ConfiguredPath
}
