/// An identity of the platform as it rests (`identities`): a P-256 key that only its vault can open.
///
/// State, public key and certificates are under the row's code; the key's seal covers what it is, too.
public struct IdentityRecord: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        /// Made; it signs requests for a certificate and nothing else.
        case pending
        /// The one that signs.
        case active
        /// Its key is gone; what it signed can still be verified.
        case retired
    }

    /// 1 for the first identity of the platform, then one more each.
    public var number: Int32
    public var state: State
    /// An uncompressed point: 04‖X‖Y.
    public var publicKey: [UInt8]
    /// Its certificate and those between it and the root, one behind the other in DER; empty while it has none.
    public var certificates: [UInt8]
    /// The private key, as ``IdentitySeal`` writes it; empty once it is retired.
    public var sealed: [UInt8]
    /// 33 octets over all the rest.
    public var code: [UInt8]

    public init(
        number: Int32,
        state: State,
        publicKey: [UInt8],
        certificates: [UInt8],
        sealed: [UInt8],
        code: [UInt8]
    ) {
        self.number = number
        self.state = state
        self.publicKey = publicKey
        self.certificates = certificates
        self.sealed = sealed
        self.code = code
    }

    /// Each certificate, its own first.
    public var chain: [[UInt8]] { IdentityChain(der: certificates)?.der ?? [] }

    /// DER SubjectPublicKeyInfo.
    public var subjectPublicKeyInfo: [UInt8] { Self.p256Prefix + publicKey }

    /// What the code is over: the table's name and each column, with its length before it in four octets.
    var row: [UInt8] {
        [Array("identities".utf8), numberOctets, Array(state.rawValue.utf8), publicKey, certificates, sealed]
            .flatMap { column in
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: column.count).bigEndian) { Array($0) } + column
            }
    }

    var numberOctets: [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// SubjectPublicKeyInfo of a point on P-256, up to the point.
    private static let p256Prefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]
}
