/// The one-octet tags of a message's fields.
enum Tag: UInt8 {
    case transaction = 0x80
    case key = 0x81
    case algorithm = 0x82
    case text = 0x83
    case hash = 0x84
    case timeLimit = 0x85
    case code = 0x86
    case pinPolicy = 0x87
    case keyVersion = 0x88
    case form = 0x8A
    case extra = 0x8B
    case head = 0x8C
    case keyPolicy = 0x8D
    case mid = 0x8E
    case status = 0x90
    case signature = 0x91
    case publicKey = 0x92
    case proof = 0x93
    case tries = 0x94
    case info = 0x95
    case counters = 0x96
    case wrappedKey = 0x97
}

/// BER-TLV fields one after the other, as an answer may have them more than once.
struct FieldList {
    private(set) var fields: [(tag: UInt8, value: [UInt8])] = []

    /// Reads fields to the end of the octets.
    ///
    /// - Throws: ``WPKIError/malformed`` for lengths that do not fit or are longer than they need to be.
    init(decoding octets: ArraySlice<UInt8>) throws(WPKIError) {
        var rest = octets
        while let tag = rest.popFirst() {
            guard let first = rest.popFirst() else { throw .malformed }
            var length = Int(first)
            switch first {
            case 0..<0x80: break
            case 0x81:
                guard let octet = rest.popFirst(), octet >= 0x80 else { throw .malformed }
                length = Int(octet)
            case 0x82:
                guard let high = rest.popFirst(), let low = rest.popFirst(), high > 0 else { throw .malformed }
                length = Int(high) << 8 | Int(low)
            default: throw .malformed
            }
            guard length <= rest.count else { throw .malformed }
            fields.append((tag, Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
    }

    /// Tag, length in the shortest form, value.
    static func octets(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            switch value.count {
            case 0..<0x80: [UInt8(value.count)]
            case 0x80..<0x100: [0x81, UInt8(value.count)]
            default: [0x82, UInt8(value.count >> 8 & 0xFF), UInt8(value.count & 0xFF)]
            }
        return [tag] + length + value
    }
}

/// BER-TLV fields of a message, in rising order of their tags.
struct Fields {
    private var values: [UInt8: [UInt8]] = [:]

    init() {}

    subscript(tag: Tag) -> [UInt8]? {
        get { values[tag.rawValue] }
        set { values[tag.rawValue] = newValue }
    }

    var tags: some Collection<UInt8> { values.keys }

    /// Reads fields to the end of the octets.
    ///
    /// - Throws: ``WPKIError/malformed`` for lengths that do not fit or a tag that comes twice.
    init(decoding octets: ArraySlice<UInt8>) throws(WPKIError) {
        try self.init(FieldList(decoding: octets).fields)
    }

    /// - Throws: ``WPKIError/malformed`` for a tag that comes twice.
    init(_ fields: [(tag: UInt8, value: [UInt8])]) throws(WPKIError) {
        for (tag, value) in fields {
            guard values.updateValue(value, forKey: tag) == nil else { throw .malformed }
        }
    }

    var octets: [UInt8] {
        values.sorted { $0.key < $1.key }.flatMap { FieldList.octets($0.key, $0.value) }
    }
}
