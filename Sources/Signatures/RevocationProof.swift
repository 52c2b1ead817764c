/// What proves that a certificate stood, in DER.
public enum RevocationProof: Sendable, Equatable {
    /// OCSPResponse (RFC 6960).
    case answer([UInt8])
    /// CertificateList (RFC 5280).
    case list([UInt8])

    /// Which of the two, as evidence names them.
    public enum Kind: String, Sendable {
        case answer = "ocsp"
        case list = "crl"
    }

    public init(_ kind: Kind, _ der: [UInt8]) {
        self = kind == .answer ? .answer(der) : .list(der)
    }

    public var kind: Kind { if case .answer = self { .answer } else { .list } }

    public var der: [UInt8] {
        switch self {
        case .answer(let der), .list(let der): der
        }
    }
}

/// A proof by its name, and a way to its octets.
public struct NamedProof: Sendable {
    public var kind: RevocationProof.Kind
    /// SHA-256 of its DER.
    public var digest: [UInt8]
    public var der: @Sendable () -> [UInt8]
}
