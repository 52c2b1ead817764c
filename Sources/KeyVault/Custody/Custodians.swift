import Crypto

/// Shares a vault's secret between N custodians, any K of whom open it together.
public enum Custodians {
    /// Why shares do not open anything; one line that names the share.
    public enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        case numbers
        case tooFew(have: Int, need: Int)
        case twice(UInt8)
        case otherSet(UInt8)
        case forged

        public var description: String {
            switch self {
            case .numbers: "there are 2 to \(most) custodians, and 2 of them or more must be needed"
            case .tooFew(let have, let need): "\(have) shares of \(need)"
            case .twice(let number): "share \(number) was entered twice"
            case .otherSet(let number): "share \(number) is of another set than the first one: look for an older paper"
            case .forged: "the shares are of one set and do not fit together: one of them was made by somebody else"
            }
        }
    }

    /// Shares of one set at most.
    public static let most = 16

    /// Shares 1 to `count` of a new set.
    public static func share(_ secret: CustodySecret, count: Int, need: Int) throws(Refusal) -> [CustodianShare] {
        guard (2...most).contains(count), (2...count).contains(need) else { throw .numbers }
        var random = SystemRandomNumberGenerator()
        let set = UInt16.random(in: 0...UInt16.max, using: &random)
        var whole = secret.padded + check(of: secret.padded, secret.kind, set)
        defer { whole.erase() }
        return SecretSharing.split(whole, count: count, need: need).map { point in
            CustodianShare(
                kind: secret.kind,
                set: set,
                need: UInt8(need),
                number: point.place,
                values: point.values
            )
        }
    }

    /// Whether a share may come to those that are there.
    public static func admit(_ share: CustodianShare, to others: [CustodianShare]) throws(Refusal) {
        guard let first = others.first else { return }
        guard share.set == first.set, share.need == first.need, share.kind == first.kind,
            share.values.count == first.values.count
        else { throw .otherSet(share.number) }
        guard !others.contains(where: { $0.number == share.number }) else { throw .twice(share.number) }
    }

    /// The secret of enough shares; what is more than enough must fit, too.
    ///
    /// - Throws: ``Refusal``; the secret carries a check of its own, so a token is not asked with a wrong PIN.
    public static func combine(_ shares: [CustodianShare]) throws(Refusal) -> CustodySecret {
        guard let first = shares.first else { throw .tooFew(have: 0, need: 2) }
        for index in shares.indices { try admit(shares[index], to: Array(shares[..<index])) }
        let need = Int(first.need)
        guard shares.count >= need else { throw .tooFew(have: shares.count, need: need) }
        // All points: one that is not on the curve of the others changes the result.
        var whole = SecretSharing.combine(shares.map { SecretSharing.Point(place: $0.number, values: $0.values) })
        defer { whole.erase() }
        let padded = Array(whole.dropLast(checkLength))
        guard check(of: padded, first.kind, first.set) == Array(whole.suffix(checkLength)),
            let secret = CustodySecret(first.kind, padded: padded)
        else { throw .forged }
        return secret
    }

    private static let checkLength = 8

    /// Part of what is shared: nobody with fewer than K shares has any of it.
    private static func check(of padded: [UInt8], _ kind: CustodySecret.Kind, _ set: UInt16) -> [UInt8] {
        let head = Array("mssp custodians".utf8) + [kind.rawValue, UInt8(set >> 8), UInt8(set & 0xFF)]
        return Array(SHA256.hash(data: head + padded).prefix(checkLength))
    }
}
