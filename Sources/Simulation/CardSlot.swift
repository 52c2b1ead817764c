import Crypto

/// A signing key on the card and the PIN that guards it.
struct CardSlot {
    /// What typing a PIN led to.
    enum Entry {
        case right
        case wrong
        /// No try is left, now or since long: there is no way back.
        case blocked
    }

    let key: P256.Signing.PrivateKey
    private let pin: String
    private let tries: UInt8
    private(set) var triesLeft: UInt8

    init(_ key: P256.Signing.PrivateKey, pin: String, tries: UInt8) {
        self.key = key
        self.pin = pin
        self.tries = tries
        triesLeft = tries
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
}
