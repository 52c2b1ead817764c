/// A message_id, compared with how the other side of the same message centre may write it.
///
/// Many centres answer submit_sm with a hexadecimal number and name the same message in decimal in its receipt, or the
/// other way round; some pad with zeros (SMPP 3.4 leaves the form open, §5.2.23).
public struct MessageID: Sendable, Hashable, CustomStringConvertible {
    /// Lower case, without blanks around it and zeros before it.
    public let description: String

    /// `nil` for an empty text and one of more than 64 characters or outside ASCII.
    public init?(_ text: some StringProtocol) {
        let octets = Array(text.utf8.drop { $0 == 0x20 })
        guard let last = octets.lastIndex(where: { $0 != 0x20 }) else { return nil }
        let trimmed = octets[...last]
        guard trimmed.count <= 64, trimmed.allSatisfy({ (0x21..<0x7F).contains($0) }) else { return nil }
        let plain = trimmed.drop { $0 == 0x30 }
        let lower = plain.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        description = lower.isEmpty ? "0" : String(decoding: lower, as: UTF8.self)
    }

    /// The number that it is if it is written in decimal.
    public var decimal: UInt64? { number(radix: 10) }
    /// The number that it is if it is written in hexadecimal.
    public var hexadecimal: UInt64? { number(radix: 16) }

    /// Whether a receipt that names `other` may speak of this message.
    public func mayName(_ other: MessageID) -> Bool {
        if self == other { return true }
        if let value = hexadecimal, value == other.decimal { return true }
        guard let value = decimal else { return false }
        return value == other.hexadecimal
    }

    private func number(radix: Int) -> UInt64? {
        // A sign is a digit to nobody but the parser.
        let isNumber = description.utf8.allSatisfy { octet in
            (0x30...0x39).contains(octet) || radix == 16 && (0x61...0x66).contains(octet)
        }
        return isNumber ? UInt64(description, radix: radix) : nil
    }
}
