/// MID and EXTRA: the attributes that a command adds to contentType and messageDigest (RFC 5652 §5.3).
enum AdditionalAttributes {
    /// Whether they are whole attributes, keep the SET OF in DER order (X.690 §11.6), and none of them is a second
    /// contentType or messageDigest: with one, the signature would pass over another content than the shown one.
    static func fit(mid: [UInt8], extra: [UInt8], digestLength: Int) -> Bool {
        guard let middle = attributes(mid), let last = attributes(extra) else { return false }
        // Only the beginning of messageDigest decides its place, as no other attribute has that beginning.
        let digest = SignedContent.messageDigest([UInt8](repeating: 0, count: digestLength))
        let all = [SignedContent.contentType] + middle + [digest] + last
        return zip(all, all.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
    }

    /// The attributes one by one; `nil` unless the octets are nothing else.
    private static func attributes(_ octets: [UInt8]) -> [[UInt8]]? {
        var rest = octets[...]
        var attributes: [[UInt8]] = []
        while !rest.isEmpty {
            let before = rest
            guard var fields = element(0x30, &rest), let type = element(0x06, &fields), element(0x31, &fields) != nil,
                fields.isEmpty, !reserved.contains(Array(type))
            else { return nil }
            attributes.append(Array(before.prefix(before.count - rest.count)))
        }
        return attributes
    }

    /// contentType and messageDigest: 1.2.840.113549.1.9.3 and .4.
    private static let reserved: [[UInt8]] = [
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03], [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04],
    ]

    /// Takes an element of this tag with its length in the shortest form.
    private static func element(_ tag: UInt8, _ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first == 0x81 {
            guard let octet = rest.popFirst(), octet >= 0x80 else { return nil }
            length = Int(octet)
        } else if first == 0x82 {
            guard let high = rest.popFirst(), let low = rest.popFirst(), high > 0 else { return nil }
            length = Int(high) << 8 | Int(low)
        } else if first >= 0x80 {
            return nil
        }
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
