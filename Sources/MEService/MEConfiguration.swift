import MSSRuntime
import MSSWire

/// What an operator sets for the management entity (deploy/config/me.toml).
struct MEConfiguration: Decodable, Sendable {
    var listen: ListenAddress
    /// This service's name, as the home knows it.
    var identity: String
    /// The face to registration agents and administrators.
    var tls: CredentialFiles
    var home: LinkConfiguration
    var authority: Authority
    var roles: RoleList
    var audit: Audit
    /// What the listener takes at most.
    var limits: WireLimits?
    var log: LogConfiguration?
    var `operator`: OperatorConfiguration?

    /// The CA of the users' certificates, and the credential that requests are signed with.
    struct Authority: Decodable, Sendable {
        var url: String
        var certificate: ConfiguredPath
        var raCertificate: ConfiguredPath
        var raKey: ConfiguredPath

        private enum CodingKeys: String, CodingKey {
            case url, certificate
            case raCertificate = "ra_certificate"
            case raKey = "ra_key"
        }
    }

    /// Who may register, by the URI in the certificate.
    struct RoleList: Decodable, Sendable {
        var registrationAgents: [String]

        private enum CodingKeys: String, CodingKey {
            case registrationAgents = "registration_agents"
        }
    }

    struct Audit: Decodable, Sendable {
        var file: ConfiguredPath
    }
}
