/// One entry of AdditionalServices (§9): its URI, and what belongs to it.
///
/// Its value is a person's or a provider's text: it has no description and is never logged.
public struct AdditionalService: Sendable, Equatable {
    /// Asks that the signature be validated (status 501, 502, 503 in place of 500).
    public static let validate = Name.validate.uri

    public var uri: String
    /// EventID, NoSpamCode, UserLang or DisplayName, as the service has it.
    public var value: String?
    /// NoSpamCode/@verify: whether the code is to be compared with the user's.
    public var isVerified: Bool
    /// What batchsign or docsign has signed beside the message's own.
    public var document: DocumentToBeSigned?
    /// What personIdentity asks of the signer.
    public var query: AttributeQuery?

    public init(
        uri: String,
        value: String? = nil,
        isVerified: Bool = true,
        document: DocumentToBeSigned? = nil,
        query: AttributeQuery? = nil
    ) {
        self.uri = uri
        self.value = value
        self.isVerified = isVerified
        self.document = document
        self.query = query
    }

    /// Which of the platform's services it is, if any; FiCom's name of validation is the standard's.
    public var name: Name? {
        uri == Self.fiComValidate ? .validate : Name.allCases.first { $0.uri == uri }
    }

    private static let fiComValidate = "http://mss.ficom.fi/TS102204/v1.0.0#validate"
}

extension AdditionalService: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { uri }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["uri": uri]) }
}

extension AdditionalService {
    /// The services that a provider's entry may name (FiCom 2.1 §5.2, with Kiuru's additions).
    public enum Name: String, Sendable, CaseIterable {
        /// Every provider's.
        case validate
        /// A short name of the event, shown on the provider's page and on the phone.
        case eventID = "eventId"
        /// The user's code against requests of strangers.
        case noSpam
        /// The language in which the platform speaks to the user.
        case userLang
        /// A name that the provider goes by in this request, beside its registered one.
        case displayName
        /// The signer's certificate, beside the signature.
        case signingCertificate
        /// Whose subscriber the user is.
        case subscriberInfo
        /// One more document, signed like the message's own with the same PIN entry.
        case batchSign = "batchsign"
        /// The same for a document with a name, and with a format of its own.
        case documentSign = "docsign"
        /// What is known of the signer, signed by the platform (SAML 2.0).
        case personIdentity
        /// The user's roles, as the operator registered them.
        case role
        /// A time stamp over each signature (RFC 3161).
        case timestamp

        public var uri: String {
            switch self {
            case .validate, .timestamp: "http://uri.etsi.org/TS102204/v1.1.2#" + rawValue
            case .eventID, .noSpam, .userLang, .displayName, .personIdentity:
                "http://mss.ficom.fi/TS102204/v1.0.0#" + rawValue
            case .signingCertificate, .batchSign, .documentSign, .role:
                "http://www.methics.fi/KiuruMSSP/v5.0.0#" + rawValue
            case .subscriberInfo: "http://mid.swisscom.ch/as#subscriberInfo"
            }
        }

        /// The element, or the member in JSON, that holds its value.
        public var element: String? {
            switch self {
            case .validate, .signingCertificate, .subscriberInfo, .batchSign, .documentSign, .timestamp, .role,
                .personIdentity:
                nil
            case .eventID: "EventID"
            case .noSpam: "NoSpamCode"
            case .userLang: "UserLang"
            case .displayName: "DisplayName"
            }
        }

        /// The element, or the member in JSON, that holds a document.
        public var documentElement: String? {
            switch self {
            case .batchSign: "BatchSignatureRequest"
            case .documentSign: "AdditionalSignatureRequest"
            default: nil
            }
        }

        /// Whether a provider that may not ask for it is served without it.
        public var isInformational: Bool { self == .userLang || self == .subscriberInfo }
    }
}
