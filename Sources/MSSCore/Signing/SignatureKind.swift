/// A kind of signature that a provider can ask for, by the name that its entry and MSS_Format have for it
/// (docs/signatures.md, "Forms").
public enum SignatureKind: String, Sendable, CaseIterable {
    /// CMS with the two mandatory attributes signed, the content inside.
    case cms
    case cmsDetached = "cms-detached"
    /// CMS without signed attributes.
    case cms0 = "cms-0"
    case cms0Detached = "cms-0-detached"
    /// CMS with signing-time and signing-certificate-v2 signed besides.
    case ades
    case adesDetached = "ades-detached"
    /// The signature value alone.
    case pkcs1
    /// The signature value and the certificate that verifies it, in FiCom's element.
    case fiPKCS1 = "fi-pkcs1"

    /// MSS_Format/mssURI that asks for this kind and no other.
    public var format: String {
        switch self {
        case .pkcs1: "http://www.methics.fi/KiuruMSSP/v3.2.0#PKCS1"
        case .fiPKCS1: "http://mss.ficom.fi/TS102204/v1.0.0#PKCS1"
        default: "urn:mssp:format:1#" + rawValue
        }
    }

    /// MSS_Format/mssURI of a signature value alone that must be RSASSA-PSS: Kiuru's clients name it so.
    public static let pssFormat = pkcs1.format + "#rsa-pss"

    /// The kind that a format asks for; `nil` for one that leaves it open or is nobody's.
    public init?(format: String?) {
        let format = format == Self.pssFormat ? Self.pkcs1.format : format
        guard let kind = Self.allCases.first(where: { $0.format == format }) else { return nil }
        self = kind
    }

    /// MSS_Format/mssURI for any CMS: the first kind of a provider's entry.
    public static let anyCMS: Set<String> = [
        "http://uri.etsi.org/TS102204/v1.1.2#PKCS7", "http://uri.etsi.org/TS102204/v1.1.2#CMS-Signature",
    ]

    public var structure: SigningForm.Structure {
        switch self {
        case .cms, .cms0, .ades: .attached
        case .cmsDetached, .cms0Detached, .adesDetached: .detached
        case .pkcs1, .fiPKCS1: .pkcs1
        }
    }

    /// Whether signing-time and signing-certificate-v2 are signed.
    public var isAdvanced: Bool { self == .ades || self == .adesDetached }

    /// How it is made of a text, with these attributes where the kind has any.
    ///
    /// - Parameters:
    ///   - kind: What its octets are.
    ///   - attributes: What is signed beside the two mandatory ones.
    /// - Returns: The manner in which the home keeps it with the transaction.
    public func manner(
        of kind: SigningManner.Kind = .utf8,
        adding attributes: AddedAttributes = AddedAttributes()
    ) -> SigningManner {
        SigningManner(
            kind: kind,
            form: SigningForm(structure: structure, attributes: signsAttributes ? attributes : nil),
            bringsCertificate: self == .fiPKCS1
        )
    }

    private var signsAttributes: Bool {
        switch self {
        case .cms, .cmsDetached, .ades, .adesDetached: true
        case .cms0, .cms0Detached, .pkcs1, .fiPKCS1: false
        }
    }
}
