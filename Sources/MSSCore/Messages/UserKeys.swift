/// What one of a person's keys is for: each has its own place on the card and its own PIN, and stays what it is.
public enum KeyUse: String, Sendable, CaseIterable {
    /// Signs texts that were shown, to prove who someone is; the key that every user has.
    case authentication
    /// Signs texts that were shown, as somebody's will.
    case nonRepudiation = "non-repudiation"
    /// Signs digests of what the phone cannot show, and nothing else.
    case digests

    /// KEY of the WPKI profile.
    public var reference: UInt8 {
        switch self {
        case .authentication: 1
        case .nonRepudiation: 2
        case .digests: 3
        }
    }

    /// The use of the key at a place; `nil` where the platform makes none.
    public init?(reference: UInt8) {
        guard let use = Self.allCases.first(where: { $0.reference == reference }) else { return nil }
        self = use
    }
}

/// What a key that is to be made signs with.
public enum KeyAlgorithm: String, Sendable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case rsa2048 = "RSA-2048"
    case rsaPSS = "RSA-2048-PSS"
}
