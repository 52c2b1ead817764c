import Crypto
import Foundation

/// What all keys of a series of cards are derived from: 32 octets, secret.
public struct CardSeed: Sendable {
    private let key: SymmetricKey

    /// Takes 32 octets.
    init?(_ octets: [UInt8]) {
        guard octets.count == 32 else { return nil }
        key = SymmetricKey(data: octets)
    }

    /// A new one.
    public init() {
        key = SymmetricKey(size: .bits256)
    }

    /// Reads a seed, 64 hexadecimal digits; where there is no file one is made with a new seed, mode 0600.
    ///
    /// - Throws: ``SimulationError`` that names the file, if others may read it or it holds something else.
    public init(file: String) throws(SimulationError) {
        guard let data = try PrivateFile.read(file) else {
            self.init()
            let digits = key.withUnsafeBytes { Hex.text($0) }
            try PrivateFile.write(Data((digits + "\n").utf8), file, isNew: true)
            return
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let octets = Hex.octets(text), let seed = CardSeed(octets) else {
            throw SimulationError("\(file) must hold 64 hexadecimal digits")
        }
        self = seed
    }

    /// Octets for one card and purpose: HKDF-Expand with SHA-256 (RFC 5869), the seed as its pseudorandom key.
    func octets(_ purpose: String, card: Int, count: Int) -> [UInt8] {
        let info = Array("mssp simulated card 1|\(purpose)|\(card)".utf8)
        return HKDF<SHA256>.expand(pseudoRandomKey: key, info: info, outputByteCount: count)
            .withUnsafeBytes { Array($0) }
    }
}

/// It has no place in a log.
extension CardSeed: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹seed›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
