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

    public init(uri: String, value: String? = nil, isVerified: Bool = true) {
        self.uri = uri
        self.value = value
        self.isVerified = isVerified
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

        public var uri: String {
            switch self {
            case .validate: "http://uri.etsi.org/TS102204/v1.1.2#validate"
            case .eventID, .noSpam, .userLang, .displayName: "http://mss.ficom.fi/TS102204/v1.0.0#" + rawValue
            case .signingCertificate: "http://www.methics.fi/KiuruMSSP/v5.0.0#signingCertificate"
            case .subscriberInfo: "http://mid.swisscom.ch/as#subscriberInfo"
            }
        }

        /// The element, or the member in JSON, that holds its value.
        public var element: String? {
            switch self {
            case .validate, .signingCertificate, .subscriberInfo: nil
            case .eventID: "EventID"
            case .noSpam: "NoSpamCode"
            case .userLang: "UserLang"
            case .displayName: "DisplayName"
            }
        }

        /// Whether a provider that may not ask for it is served without it.
        public var isInformational: Bool { self == .userLang || self == .subscriberInfo }
    }
}
