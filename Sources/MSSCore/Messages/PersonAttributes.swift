/// What may be told of a person, by FiCom's names (FiCom 2.1 §5.2, PersonID).
public enum PersonAttribute: String, Sendable, CaseIterable {
    /// The Finnish personal identity code.
    case hetu
    /// The Finnish electronic client identifier.
    case satu
    case address
    case age
    /// Whether the person is of age.
    case ageClass
    case email
    /// M or F.
    case gender
    case givenName
    case surName
    /// The subject of the certificate that signed.
    case subject
    /// When that certificate ends, xs:dateTime.
    case validUntil

    /// What the names of attributes begin with, and those of the answer's status.
    public static let namespace = "http://mss.ficom.fi/TS102204/v1.0.0/PersonID#"

    public var uri: String { Self.namespace + rawValue }

    /// - Returns: `nil` for a name that is none of FiCom's.
    public init?(uri: String) {
        guard uri.hasPrefix(Self.namespace) else { return nil }
        self.init(rawValue: String(uri.dropFirst(Self.namespace.count)))
    }
}

/// `samlp:AttributeQuery` of personIdentity: which attributes of the signer a provider would know.
public struct AttributeQuery: Sendable, Equatable {
    /// Any text: clients put names of their own here, also such as xs:ID does not allow.
    public var id: String
    /// saml:Attribute/@Name, as they were written; none asks for all that may be told.
    public var names: [String]

    /// Octets of ``id`` at most.
    public static let longestID = 1_024
    /// How many attributes there may be at most.
    public static let mostNames = 32

    public init(id: String, names: [String]) {
        self.id = id
        self.names = names
    }
}
