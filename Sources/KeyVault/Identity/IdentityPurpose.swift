import Crypto

/// What the platform's identity signs.
///
/// Each purpose is the first line of what is signed, so a signature of one is none of another, whatever stands below it.
public enum IdentityPurpose: String, Sendable, CaseIterable {
    /// A statement about the audit up to a row (docs/operations.md).
    case checkpoint = "audit checkpoint"
    /// The application providers of an acquiring entity (docs/wire.md).
    case directory = "provider directory"
    /// An XML signature, of a message's answer (docs/wire.md): the body is ds:SignedInfo in canonical form, whose own first
    /// octets no other purpose has.
    case message = "xml message"

    /// What is signed for a body.
    public func content(of body: [UInt8]) -> [UInt8] { heading + body }

    /// Whether a body is one for the purpose.
    func takes(_ body: [UInt8]) -> Bool { self != .message || body.starts(with: Self.signedInfo) }

    /// The body of what was signed; `nil` for the content of another purpose.
    public func body(of content: [UInt8]) -> [UInt8]? {
        guard content.starts(with: heading), takes(content) || self != .message else { return nil }
        return Array(content.dropFirst(heading.count))
    }

    private var heading: [UInt8] { self == .message ? [] : Array("mssp \(rawValue)\n".utf8) }

    private static let signedInfo = Array(#"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">"#.utf8)
}

/// What an identity signed, and its ECDSA signature over it with SHA-256.
public struct IdentitySignature: Sendable, Equatable {
    /// The purpose's line and the body.
    public var content: [UInt8]
    /// r‖s, 64 octets.
    public var value: [UInt8]

    public init(content: [UInt8], value: [UInt8]) {
        self.content = content
        self.value = value
    }

    /// Whether it is a signature for this purpose by an identity's key; the identity's row is not asked for its code.
    public func isValid(for purpose: IdentityPurpose, by record: IdentityRecord) -> Bool {
        guard purpose.body(of: content) != nil,
            let key = try? P256.Signing.PublicKey(x963Representation: record.publicKey),
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: value)
        else { return false }
        return key.isValidSignature(signature, for: content)
    }
}
