/// Reads a unit's fields one after another; every step checks that there is something to read.
struct OctetReader {
    private var rest: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) {
        rest = octets
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func octet() throws(SMPPError) -> UInt8 {
        guard let octet = rest.popFirst() else { throw .truncated }
        return octet
    }

    mutating func uint16() throws(SMPPError) -> UInt16 {
        UInt16(try octet()) << 8 | UInt16(try octet())
    }

    mutating func octets(_ count: Int) throws(SMPPError) -> [UInt8] {
        guard count <= rest.count else { throw .truncated }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// Everything that is left.
    mutating func remaining() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    /// A C-Octet String, or an empty text where nothing is left.
    mutating func textIfAny(_ limit: Int, _ name: String) throws(SMPPError) -> String {
        isAtEnd ? "" : try text(limit, name)
    }

    /// A C-Octet String of at most `limit` octets, the closing NUL among them (§3.1).
    ///
    /// Octets that are no ASCII become `?`.
    mutating func text(_ limit: Int, _ name: String) throws(SMPPError) -> String {
        guard let end = rest.prefix(limit).firstIndex(of: 0) else {
            throw rest.count < limit ? .truncated : .fieldTooLong(name)
        }
        let octets = rest[rest.startIndex..<end].map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
        rest = rest[(end + 1)...]
        return String(decoding: octets, as: UTF8.self)
    }
}

extension [UInt8] {
    mutating func append(uint16 value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(value & 0xFF))
    }

    mutating func append(uint32 value: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Writes a C-Octet String of at most `limit` octets, the closing NUL among them (§3.1).
    ///
    /// - Throws: ``SMPPError/fieldTooLong(_:)``, or ``SMPPError/invalidText(_:)`` for anything but printable ASCII.
    mutating func append(text: String, _ limit: Int, _ name: String) throws(SMPPError) {
        guard text.utf8.count < limit else { throw .fieldTooLong(name) }
        guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { throw .invalidText(name) }
        append(contentsOf: text.utf8)
        append(0)
    }
}
