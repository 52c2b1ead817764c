/// What opens the KEKs of a vault: a token's PIN, or the key that locks a file of a KEK.
public struct CustodySecret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// 32 octets: without them the file of a KEK is of no use.
        case unlockKey = 1
        /// 1 to 63 octets.
        case pin = 2
    }

    public let kind: Kind
    let octets: [UInt8]

    /// A new key to lock files with.
    public static func newUnlockKey() -> Self {
        var random = SystemRandomNumberGenerator()
        return Self(kind: .unlockKey, octets: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// - Throws: ``VaultError/unusable(_:)`` for one that no token takes, or that custodians could not share.
    public static func pin(_ octets: [UInt8]) throws(VaultError) -> Self {
        guard (1...63).contains(octets.count) else { throw .unusable("a PIN has 1 to 63 octets") }
        return Self(kind: .pin, octets: octets)
    }

    private init(kind: Kind, octets: [UInt8]) {
        self.kind = kind
        self.octets = octets
    }

    public var description: String { "‹custody secret›" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// What is shared: of a length that does not tell how long a PIN is.
    var padded: [UInt8] {
        guard kind == .pin else { return octets }
        let length = octets.count < 32 ? 32 : 64
        return [UInt8(octets.count)] + octets + [UInt8](repeating: 0, count: length - 1 - octets.count)
    }

    /// - Returns: `nil` for octets that are none.
    init?(_ kind: Kind, padded: [UInt8]) {
        switch kind {
        case .unlockKey:
            guard padded.count == 32 else { return nil }
            self.init(kind: kind, octets: padded)
        case .pin:
            guard let length = padded.first.map({ Int($0) }), (1..<padded.count).contains(length),
                padded.dropFirst(length + 1).allSatisfy({ $0 == 0 })
            else { return nil }
            self.init(kind: kind, octets: Array(padded[1...length]))
        }
    }
}
