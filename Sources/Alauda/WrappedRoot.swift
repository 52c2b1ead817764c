/// WKEY: a new root key for a card, wrapped under its present one (AES-KW, RFC 3394).
public struct WrappedRoot: Sendable, Equatable {
    /// The KVN that the new root gets; above every one that the card has had.
    public var keyVersion: UInt8
    /// The root's length in bits: 128 (alg 01) or 256 (alg 02).
    public var bits: Int
    /// 24 or 40 octets.
    public var wrapped: [UInt8]
    /// First 3 octets of AES(root, 01^16).
    public var keyCheckValue: [UInt8]

    init(keyVersion: UInt8, bits: Int, wrapped: [UInt8], keyCheckValue: [UInt8]) {
        self.keyVersion = keyVersion
        self.bits = bits
        self.wrapped = wrapped
        self.keyCheckValue = keyCheckValue
    }

    /// KVN, alg, the wrapped root, KCV.
    public var octets: [UInt8] { [keyVersion, bits == 256 ? 0x02 : 0x01] + wrapped + keyCheckValue }

    /// `nil` for a KVN of 00 or FF, an alg that is no AES key's, or another length than that key has when wrapped.
    public init?(_ octets: [UInt8]) {
        guard octets.count >= 2, (0x01...0xFE).contains(octets[0]) else { return nil }
        switch (octets[1], octets.count) {
        case (0x01, 2 + 24 + 3): bits = 128
        case (0x02, 2 + 40 + 3): bits = 256
        default: return nil
        }
        keyVersion = octets[0]
        wrapped = Array(octets[2..<(octets.count - 3)])
        keyCheckValue = Array(octets.suffix(3))
    }
}
