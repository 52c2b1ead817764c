/// A telephone number in E.164 form.
///
/// A person's value: it is logged as `.mobileUser` only.
public struct MSISDN: Sendable, Hashable, CustomStringConvertible {
    /// `+` and 7–15 digits.
    public let description: String
    /// Without the `+`, as SMPP wants addresses.
    public var digits: Substring { description.dropFirst() }

    /// Reads a number with or without its leading `+` (FiCom wants it, Swisscom's clients leave it out); `nil` for
    /// anything but 7–15 digits that do not begin with 0.
    public init?(_ text: some StringProtocol) {
        let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard (7...15).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "0"), Digits.only(digits)
        else { return nil }
        description = "+" + digits
    }
}

enum Digits {
    static func only(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
