/// What an envelope must look like before libcrypto opens it (RFC 5083 §2.1, RFC 5084 §3.2).
///
/// libcrypto takes any length of tag and nonce: a tag of one octet is guessed in 256 tries, and then the content, an
/// ICCID for instance, can be changed at will.
enum EnvelopeShape {
    private static let authEnvelopedData: [UInt8] = [
        0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17,
    ]
    /// aes128-GCM and aes256-GCM: 2.16.840.1.101.3.4.1.6 and .46.
    private static let ciphers: [[UInt8]] = [
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x06], [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2E],
    ]
    private static let nonceLength = 12
    private static let tagLength: UInt8 = 16

    /// Whether a ContentInfo in DER holds AuthEnvelopedData under AES-GCM with a nonce of 12 and a tag of 16 octets.
    static func isAuthenticated(_ contentInfo: [UInt8]) -> Bool {
        var outer = DERFields(contentInfo[...])
        guard var info = outer.next(0x30), info.next(0x06)?.isEqual(to: authEnvelopedData) == true,
            var explicit = info.next(0xA0), var data = explicit.next(0x30), data.next(0x02) != nil
        else { return false }
        _ = data.next(0xA0)
        guard data.next(0x31) != nil, var content = data.next(0x30), content.next(0x06) != nil,
            var algorithm = content.next(0x30), let cipher = algorithm.next(0x06),
            ciphers.contains(where: { cipher.isEqual(to: $0) }),
            var parameters = algorithm.next(0x30), let nonce = parameters.next(0x04), nonce.count == nonceLength,
            parameters.next(0x02)?.isEqual(to: [tagLength]) == true
        else { return false }
        _ = data.next(0xA1)
        return data.next(0x04)?.count == Int(tagLength)
    }
}

/// The elements inside one of DER, taken one after the other.
private struct DERFields {
    private var rest: ArraySlice<UInt8>

    init(_ content: ArraySlice<UInt8>) {
        rest = content
    }

    var count: Int { rest.count }

    func isEqual(to octets: [UInt8]) -> Bool { rest.elementsEqual(octets) }

    /// Takes the next element if it has this tag and ends inside.
    mutating func next(_ tag: UInt8) -> DERFields? {
        var octets = rest
        guard octets.popFirst() == tag, let first = octets.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            guard (0x81...0x82).contains(first) else { return nil }
            length = 0
            for _ in 0..<(first & 0x7F) {
                guard let octet = octets.popFirst() else { return nil }
                length = length << 8 | Int(octet)
            }
        }
        guard length <= octets.count else { return nil }
        rest = octets.dropFirst(length)
        return DERFields(octets.prefix(length))
    }
}
