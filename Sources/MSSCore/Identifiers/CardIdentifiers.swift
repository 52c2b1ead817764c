/// The number printed on a card (ITU-T E.118): 18–20 digits beginning with 89.
public struct ICCID: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard (18...20).contains(text.utf8.count), text.hasPrefix("89"), Digits.only(text) else { return nil }
        description = String(text)
    }

    /// Ten octets: the digits in printed order, two to an octet, filled with F (WPKI profile, key derivation context).
    public var octets: [UInt8] {
        let nibbles = description.utf8.map { $0 - UInt8(ascii: "0") } + Array(repeating: 15, count: 20)
        return (0..<10).map { nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1] }
    }
}

/// The subscription a card stands for (3GPP TS 23.003): 14 or 15 digits.
public struct IMSI: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard (14...15).contains(text.utf8.count), Digits.only(text) else { return nil }
        description = String(text)
    }
}

/// The code that ties an activation to the person at the desk: 6–8 digits, typed on the phone.
///
/// A secret while it lives: it has no description.
public struct VerifyCode: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// ASCII digits.
    public let digits: String
    public var description: String { "‹verify code›" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    public init?(_ text: some StringProtocol) {
        guard (6...8).contains(text.utf8.count), Digits.only(text) else { return nil }
        digits = String(text)
    }
}
