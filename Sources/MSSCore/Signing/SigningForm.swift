/// The digest of a signature: of the content, and of the signed attributes.
public enum DigestAlgorithm: String, Sendable, CaseIterable {
    case sha256 = "SHA-256"
    case sha384 = "SHA-384"

    /// Octets of a digest.
    public var length: Int { self == .sha384 ? 48 : 32 }
}

/// The shape of a signature, and what it covers beside the content (docs/signatures.md).
public struct SigningForm: Sendable, Equatable {
    /// What the provider is given.
    public enum Structure: String, Sendable, CaseIterable {
        /// A CMS SignedData that holds the content.
        case attached = "cms"
        /// A CMS SignedData without the content: who verifies it has the content already.
        case detached = "cms-detached"
        /// The signature value alone: the RSA signature, or ECDSA's r and s in DER.
        case pkcs1
    }

    public var structure: Structure
    /// What is signed beside contentType and messageDigest; `nil` where the content's digest itself is signed (CMS-0,
    /// PKCS#1), with no attributes at all.
    public var attributes: AddedAttributes?

    public init(structure: Structure, attributes: AddedAttributes?) {
        self.structure = structure
        self.attributes = attributes
    }

    /// CMS-A: attached, contentType and messageDigest signed.
    public static let standard = SigningForm(structure: .attached, attributes: AddedAttributes())
    /// CMS-0: attached, without signed attributes.
    public static let withoutAttributes = SigningForm(structure: .attached, attributes: nil)
    /// The value over the content's digest.
    public static let pkcs1 = SigningForm(structure: .pkcs1, attributes: nil)
}

/// MID and EXTRA of the WPKI profile: signed attributes in DER, in the order of a SET OF (X.690 §11.6).
public struct AddedAttributes: Sendable, Equatable {
    /// Those between contentType and messageDigest.
    public var mid: [UInt8]
    /// Those after messageDigest.
    public var extra: [UInt8]

    public init(mid: [UInt8] = [], extra: [UInt8] = []) {
        self.mid = mid
        self.extra = extra
    }
}

/// What is to be signed, by the way its octets came about.
public enum SigningContent: Sendable, Equatable {
    /// Text in UTF-8, as it was sent and shown.
    case utf8([UInt8])
    /// Text in the GSM alphabet, an octet a character, as it was shown (FiCom).
    case gsm([UInt8])
    /// Text in UCS-2, two octets a character.
    case ucs2([UInt8])
    /// Octets that nobody can read on a phone.
    case binary([UInt8])
    /// A digest of something that the platform never sees.
    case digest([UInt8])

    /// The content; `nil` where there is only its digest.
    public var octets: [UInt8]? {
        switch self {
        case .utf8(let octets), .gsm(let octets), .ucs2(let octets), .binary(let octets): octets
        case .digest: nil
        }
    }
}
