/// Which further attributes a card lets into the signed set: whole ones, in DER order around its own two, and neither of
/// these a second time (WPKI profile v1, MID and EXTRA).
enum AttributeRule {
    private static let contentType: [UInt8] = [
        0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03,
    ]
    /// With SHA-256; its length differs with another digest, and with it the place where it sorts.
    private static let messageDigest: [UInt8] = [
        0x30, 0x2F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04,
    ]

    /// Whether the attributes may stand there; messageDigest has 32 octets, or 48 with SHA-384.
    static func allows(mid: [UInt8], extra: [UInt8], digestLength: Int = 32) -> Bool {
        guard let mid = attributes(mid), let extra = attributes(extra) else { return false }
        let own = [contentType, messageDigest].map { Array($0[2...]) }
        guard (mid + extra).allSatisfy({ !own.contains(type(of: $0)) }) else { return false }
        let digest = [0x30, UInt8(15 + digestLength)] + messageDigest[2...]
        let set = [contentType] + mid + [digest] + extra
        return zip(set, set.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
    }

    /// Cuts a row of attributes into each one's encoding.
    private static func attributes(_ octets: [UInt8]) -> [[UInt8]]? {
        var attributes: [[UInt8]] = []
        var rest = octets[...]
        while !rest.isEmpty {
            guard let (element, content) = element(rest, tag: 0x30), let (_, type) = self.element(content, tag: 0x06),
                !type.isEmpty, let last = self.element(content[type.endIndex...], tag: 0x31),
                last.content.endIndex == content.endIndex
            else { return nil }
            attributes.append(Array(element))
            rest = rest[element.endIndex...]
        }
        return attributes
    }

    /// Tag, length and content of an attribute's type.
    private static func type(of attribute: [UInt8]) -> [UInt8] {
        guard let (_, content) = element(attribute[...], tag: 0x30), let (type, _) = element(content, tag: 0x06)
        else { return [] }
        return Array(type)
    }

    /// The element that octets begin with, if it has that tag and a length of DER.
    private static func element(
        _ octets: ArraySlice<UInt8>,
        tag: UInt8
    ) -> (whole: ArraySlice<UInt8>, content: ArraySlice<UInt8>)? {
        var rest = octets
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
        let content = rest.prefix(length)
        return (octets[octets.startIndex..<content.endIndex], content)
    }
}
