/// Writing and strictly reading the few elements of DER that a signature is made of.
enum DERElement {
    /// Tag, shortest length, content.
    static func encode(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
        var octets: [UInt8] = [tag]
        octets.reserveCapacity(content.count + 6)
        let count = content.count
        if count < 0x80 {
            octets.append(UInt8(count))
        } else {
            let bytes = (count.bitWidth - count.leadingZeroBitCount + 7) / 8
            octets.append(0x80 | UInt8(bytes))
            for shift in (0..<bytes).reversed() { octets.append(UInt8(truncatingIfNeeded: count >> (8 * shift))) }
        }
        octets.append(contentsOf: content)
        return octets
    }
}

/// Walks through DER; whatever is not exactly what was expected ends it.
struct DERCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ octets: some Collection<UInt8>) {
        rest = ArraySlice(octets)
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next element's tag.
    var tag: UInt8? { rest.first }

    /// Takes an element and returns its content; `nil` if another one stands here, or its length is not DER's.
    mutating func take(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard rest.first == tag else { return nil }
        var header = rest.dropFirst()
        guard let first = header.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let bytes = Int(first & 0x7F)
            guard (1...4).contains(bytes), header.count >= bytes else { return nil }
            length = 0
            for _ in 0..<bytes { length = length << 8 | Int(header.removeFirst()) }
            guard length >= 0x80, length >> (8 * (bytes - 1)) > 0 else { return nil }
        }
        guard length <= header.count else { return nil }
        rest = header.dropFirst(length)
        return header.prefix(length)
    }

    /// Takes an element with its header.
    mutating func takeWhole(_ tag: UInt8) -> ArraySlice<UInt8>? {
        let before = rest
        guard take(tag) != nil else { return nil }
        return before.prefix(before.count - rest.count)
    }

    /// Goes into an element; this cursor stands after it then.
    mutating func enter(_ tag: UInt8) -> DERCursor? {
        take(tag).map { DERCursor($0) }
    }

    /// Takes exactly these octets.
    mutating func expect(_ octets: [UInt8]) -> Bool {
        guard rest.starts(with: octets) else { return false }
        rest = rest.dropFirst(octets.count)
        return true
    }
}
