import Alauda

/// What a card says to an authentic message that it cannot read: STATUS 0E, 07 or 06 (WPKI profile v1).
struct MalformedAnswer {
    /// MT of the answer, TXN and STATUS.
    let plaintext: [UInt8]
    /// TXN, as it stood in the message.
    let transaction: [UInt8]

    /// `nil` if there is nothing to answer to: no message type, or no transaction among the fields.
    ///
    /// REPEAT has no answer of its own, nor has an MT that the profile does not know: both get that of STATUS.
    init?(to message: [UInt8], status: AppletStatus = .malformed) {
        guard let type = message.first, (0x01...0x3F).contains(type), let transaction = Self.transaction(message[1...])
        else { return nil }
        self.transaction = transaction
        let answer = UpMessage.Kind(rawValue: type | 0x80) ?? .status
        plaintext = [answer.rawValue, 0x80, 4] + transaction + [0x90, 1, status.octet]
    }

    private static func transaction(_ fields: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = fields
        while let tag = rest.popFirst(), let first = rest.popFirst() {
            var length = Int(first)
            if first == 0x81 || first == 0x82 {
                guard let octet = rest.popFirst() else { return nil }
                length = Int(octet)
                if first == 0x82 {
                    guard let low = rest.popFirst() else { return nil }
                    length = length << 8 | Int(low)
                }
            } else if first >= 0x80 {
                return nil
            }
            guard length <= rest.count else { return nil }
            if tag == 0x80, length == 4 { return Array(rest.prefix(4)) }
            rest = rest.dropFirst(length)
        }
        return nil
    }
}
