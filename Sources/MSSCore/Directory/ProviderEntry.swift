import Foundation

/// An application provider as files write it, the home's own and the directories made of it: each key is one of
/// deploy/config/providers.toml.
public struct ProviderEntry: Codable, Sendable, Equatable {
    public var id: String
    public var name: String
    public var identities: [String]
    public var acquiringEntities: [String]
    /// Whether the provider may have another text shown than the one that is signed; no unless set.
    public var separateDisplay: Bool?
    /// Whether it may have digests signed; no unless set.
    public var digests: Bool?
    /// Whether its faults in JSON come with a status of HTTP each; 500 unless set.
    public var preciseStatus: Bool?
    /// The kinds of signature it may ask for; "cms" alone unless set.
    public var signatures: [String]?
    /// Whether it hears of users who cannot sign, and may have certificates without a signature; no unless set.
    public var profiles: Bool?
    /// The certificates that may be shown for it; any certificate of its identities unless set.
    public var certificates: [Certificate]?
    /// The same as files in PEM; in the home's own file alone, where they are read.
    public var certificateFiles: [String]?
    /// The certificates that its messages are signed with as XML, in DER and base64; without one they are not signed.
    public var messageCertificates: [String]?
    /// The same as files in PEM; in the home's own file alone, where they are read.
    public var messageCertificateFiles: [String]?
    /// What each text that it has shown must begin with.
    public var textPrefix: String?
    /// SignatureProfile URIs that it may ask for; all unless set.
    public var signatureProfiles: [String]?
    /// The additional services that it may ask for beside validation; none unless set.
    public var services: [String]?
    /// What of the signer may be told to it by the additional service personIdentity; nothing, and no such service, unless
    /// set.
    public var personAttributes: [String]?
    /// Messaging modes that it may use; all that are offered unless set.
    public var modes: [String]?
    /// Numbers that it may ask, as `+35840` or `+358401000000..+358401999999`; all unless set.
    public var numbers: [String]?
    /// https URLs to which its notifications may go.
    public var notify: [String]?
    /// The version of SOAP that they are in, `1.1` or `1.2`; 1.2 unless set.
    public var notifySOAP: String?
    /// Requests of any kind a second, 1 to 100,000; without end unless set.
    public var requestsPerSecond: Int?
    /// Signature requests that wait at a time, 1 to 100,000; without end unless set.
    public var signaturesAtOnce: Int?
    /// How its requests must be: `etsi`, `ficom` or `swisscom`; etsi unless set.
    public var rules: String?
    /// Whether its faults have a second level; as its rules have it unless set.
    public var twoLevelFaults: Bool?
    /// Whether answers about a signature tell it the trace id; no unless set.
    public var traceInAnswers: Bool?
    /// Whether each of its signatures is validated, asked for or not; no unless set.
    public var alwaysValidate: Bool?
    /// Whether it reaches nobody but the home's test numbers; no unless set.
    public var sandbox: Bool?

    /// A certificate by its digest.
    public struct Certificate: Codable, Sendable, Equatable {
        public var sha256: String
        /// As 2027-05-01T00:00:00Z.
        public var expires: String

        private enum CodingKeys: String, CodingKey {
            case sha256, expires
        }

        public init(_ certificate: ProviderCertificate) {
            sha256 = certificate.sha256
            expires = certificate.expires.formatted(.iso8601)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, identities, digests, signatures, profiles
        case acquiringEntities = "acquiring_entities"
        case separateDisplay = "separate_display"
        case preciseStatus = "precise_status"
        case certificates, services, modes, numbers, notify, rules, sandbox
        case certificateFiles = "certificate_files"
        case messageCertificates = "message_certificates"
        case messageCertificateFiles = "message_certificate_files"
        case notifySOAP = "notify_soap"
        case textPrefix = "text_prefix"
        case signatureProfiles = "signature_profiles"
        case personAttributes = "person_attributes"
        case requestsPerSecond = "requests_per_second"
        case signaturesAtOnce = "signatures_at_once"
        case twoLevelFaults = "two_level_faults"
        case traceInAnswers = "trace_in_answers"
        case alwaysValidate = "always_validate"
    }
}

/// What is wrong with an entry; one line that names provider and key.
public struct EntryProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ key: String, of id: String, _ problem: String) {
        description = "\(key) of \(id) \(problem)"
    }
}
