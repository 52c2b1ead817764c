/// Hexadecimal digits to octets and back.
enum Hex {
    /// `nil` for an odd number of digits or anything that is none.
    static func octets(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { digit -> UInt8 in
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x61...0x66: digit - 0x61 + 10
            case 0x41...0x46: digit - 0x41 + 10
            default: 255
            }
        }
        guard digits.count.isMultiple(of: 2), !digits.contains(255) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Two digits; `nil` for anything else.
    static func octet(_ text: some StringProtocol) -> UInt8? {
        guard text.utf8.count == 2, let octets = octets(String(text)) else { return nil }
        return octets.first
    }

    static func text(_ octets: some Sequence<UInt8>) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
