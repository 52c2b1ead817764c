import Alauda

/// A signing key on the card, the PIN that guards it, and the PUK that guards the PIN.
struct CardSlot: Sendable {
    /// What typing a PIN or PUK led to.
    enum Entry {
        case right
        case wrong
        /// No try is left, now or since long.
        case blocked
    }

    static let pukTries: UInt8 = 5

    var key: CardSigningKey
    var policy: KeyPolicy
    let lengths: ClosedRange<Int>
    private(set) var pin: String
    let puk: String
    let tries: UInt8
    private(set) var triesLeft: UInt8
    private(set) var pukTriesLeft: UInt8

    /// A new key's slot, with a PUK drawn by lot.
    init(
        _ key: CardSigningKey,
        pin: String,
        tries: UInt8,
        lengths: ClosedRange<Int> = PINPolicy.standard.lengths,
        policy: KeyPolicy = []
    ) {
        self.key = key
        self.pin = pin
        self.tries = tries
        self.lengths = lengths
        self.policy = policy
        triesLeft = tries
        puk = String((0..<8).map { _ in Character(String(Int.random(in: 0...9))) })
        pukTriesLeft = Self.pukTries
    }

    /// Compares a PIN; the right one gives all tries back, as long as one is left.
    mutating func enter(_ typed: String) -> Entry {
        guard triesLeft > 0 else { return .blocked }
        guard typed == pin else {
            triesLeft -= 1
            return triesLeft == 0 ? .blocked : .wrong
        }
        triesLeft = tries
        return .right
    }

    /// Compares a PUK, as ``enter(_:)`` does a PIN.
    mutating func enter(puk typed: String) -> Entry {
        guard pukTriesLeft > 0 else { return .blocked }
        guard typed == puk else {
            pukTriesLeft -= 1
            return pukTriesLeft == 0 ? .blocked : .wrong
        }
        pukTriesLeft = Self.pukTries
        return .right
    }

    /// A new PIN, with all its tries.
    mutating func set(_ pin: String) {
        self.pin = pin
        triesLeft = tries
    }
}

extension CardSlot: Codable {
    private enum CodingKeys: String, CodingKey {
        case algorithm, key, policy, shortest, longest, pin, puk, tries, triesLeft, pukTriesLeft
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let shortest = try values.decode(Int.self, forKey: .shortest)
        let longest = try values.decode(Int.self, forKey: .longest)
        guard let algorithm = SignatureAlgorithm(rawValue: try values.decode(UInt8.self, forKey: .algorithm)),
            let octets = Hex.octets(try values.decode(String.self, forKey: .key)), shortest <= longest
        else { throw SimulationError("a slot is not as it must be") }
        key = try CardSigningKey(algorithm, octets: octets)
        policy = KeyPolicy(rawValue: try values.decode(UInt8.self, forKey: .policy))
        lengths = shortest...longest
        pin = try values.decode(String.self, forKey: .pin)
        puk = try values.decode(String.self, forKey: .puk)
        tries = try values.decode(UInt8.self, forKey: .tries)
        triesLeft = try values.decode(UInt8.self, forKey: .triesLeft)
        pukTriesLeft = try values.decode(UInt8.self, forKey: .pukTriesLeft)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(key.algorithm.rawValue, forKey: .algorithm)
        try values.encode(Hex.text(key.octets), forKey: .key)
        try values.encode(policy.rawValue, forKey: .policy)
        try values.encode(lengths.lowerBound, forKey: .shortest)
        try values.encode(lengths.upperBound, forKey: .longest)
        try values.encode(pin, forKey: .pin)
        try values.encode(puk, forKey: .puk)
        try values.encode(tries, forKey: .tries)
        try values.encode(triesLeft, forKey: .triesLeft)
        try values.encode(pukTriesLeft, forKey: .pukTriesLeft)
    }
}
