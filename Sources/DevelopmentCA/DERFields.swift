/// The fields of a DER sequence, in order: a tag octet and the content (X.690 §8.1, definite lengths only).
struct DERFields {
    private var rest: ArraySlice<UInt8>

    /// - Returns: `nil` unless `octets` are one constructed sequence and nothing else.
    init?(sequence octets: [UInt8]) {
        rest = octets[...]
        guard let outer = next(), outer.tag == 0x30, rest.isEmpty else { return nil }
        rest = outer.content
    }

    /// Whether all has been read.
    var isAtEnd: Bool { rest.isEmpty }

    /// The next field; `nil` at the end, or if what follows is not DER: ``isAtEnd`` tells which.
    mutating func next() -> (tag: UInt8, content: ArraySlice<UInt8>)? {
        var octets = rest
        guard let tag = octets.popFirst(), tag & 0x1F != 0x1F, let first = octets.popFirst() else { return nil }
        var length = Int(first)
        if first & 0x80 != 0 {
            // At most three octets of length: nothing here is longer than a message.
            let count = Int(first & 0x7F)
            guard (1...3).contains(count), octets.count >= count else { return nil }
            length = octets.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            octets = octets.dropFirst(count)
        }
        guard octets.count >= length else { return nil }
        rest = octets.dropFirst(length)
        return (tag, octets.prefix(length))
    }
}
