/// The check against attribute confusion (eprint 2023/1801).
///
/// A signature without signed attributes covers the content's digest, one with them the digest of a SET OF Attribute.
/// Where the content is itself such a set, one signature passes for both: for these octets, and for whatever other
/// content their messageDigest names.
public enum AttributeConfusion {
    /// Whether octets parse as SET OF Attribute (RFC 5652 §5.3), in BER with any form of length.
    ///
    /// An empty set counts too. The types and values inside an attribute do not matter: verifiers skip those that they
    /// do not know.
    public static func isSetOfAttributes(_ octets: [UInt8]) -> Bool {
        var rest = octets[...]
        guard var attributes = element(0x31, &rest), rest.isEmpty else { return false }
        while !attributes.isEmpty {
            guard var attribute = element(0x30, &attributes), element(0x06, &attribute) != nil,
                element(0x31, &attribute) != nil, attribute.isEmpty
            else { return false }
        }
        return true
    }

    /// Takes an element with this tag and returns what is in it; the caller's octets begin after it then.
    private static func element(_ tag: UInt8, _ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.first == tag, let length = header(&rest) else { return nil }
        if let length {
            guard length <= rest.count else { return nil }
            defer { rest = rest.dropFirst(length) }
            return rest.prefix(length)
        }
        let content = rest
        // How many indefinite lengths are open; each ends with two zero octets.
        var open = 1
        while open > 0 {
            if rest.starts(with: [0, 0]) {
                open -= 1
                guard open > 0 else { break }
                rest = rest.dropFirst(2)
                continue
            }
            guard let length = header(&rest) else { return nil }
            if let length {
                guard length <= rest.count else { return nil }
                rest = rest.dropFirst(length)
            } else {
                open += 1
            }
        }
        defer { rest = rest.dropFirst(2) }
        return content.prefix(content.count - rest.count)
    }

    /// Takes tag and length; `.some(nil)` is an indefinite length, `nil` no header.
    private static func header(_ rest: inout ArraySlice<UInt8>) -> Int?? {
        guard let tag = rest.popFirst() else { return nil }
        if tag & 0x1F == 0x1F {
            while let octet = rest.popFirst(), octet & 0x80 != 0 {}
        }
        guard let first = rest.popFirst() else { return nil }
        if first < 0x80 { return Int(first) }
        if first == 0x80 { return .some(nil) }
        var length = 0
        for _ in 0..<(first & 0x7F) {
            guard let octet = rest.popFirst(), length < 1 << 40 else { return nil }
            length = length << 8 | Int(octet)
        }
        return length
    }
}
