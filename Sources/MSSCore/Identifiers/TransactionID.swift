/// MSSP_TransID: the home's prefix and 26 base32 characters of randomness (130 bits).
///
/// The prefix lets an acquiring entity find the home without a route table; the rest cannot be guessed.
public struct TransactionID: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    private static let randomLength = 26

    /// Makes a new id.
    ///
    /// The prefix is a letter and up to five letters or digits, so that the whole is an NCName of at most
    /// 32 characters (FiCom 2.1).
    public static func random(prefix: Prefix) -> TransactionID {
        var generator = SystemRandomNumberGenerator()
        var characters = Array(prefix.description.utf8)
        for _ in 0..<randomLength {
            characters.append(alphabet[Int(generator.next() & 31)])
        }
        return TransactionID(unchecked: String(decoding: characters, as: UTF8.self))
    }

    /// Reads an id of any home; `nil` if it cannot be one.
    public init?(_ text: some StringProtocol) {
        let length = text.utf8.count
        guard (Self.randomLength + 1...Self.randomLength + 6).contains(length),
            Prefix(text.dropLast(Self.randomLength)) != nil,
            text.utf8.suffix(Self.randomLength).allSatisfy({ Self.alphabet.contains($0) })
        else { return nil }
        description = String(text)
    }

    private init(unchecked text: String) {
        description = text
    }

    /// What names the home.
    public var prefix: Substring { description.dropLast(Self.randomLength) }

    /// A home's short name: a lower-case letter, then up to five lower-case letters or digits.
    public struct Prefix: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        public init?(_ text: some StringProtocol) {
            let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            guard (1...6).contains(text.utf8.count), let first = text.utf8.first, letters.contains(first),
                text.utf8.allSatisfy({ letters.contains($0) || digits.contains($0) })
            else { return nil }
            description = String(text)
        }
    }
}
