/// One line of JSON, built octet by octet: what it is given can neither end the line nor its string.
struct JSONLine {
    /// Octets a single string may have; what is longer is cut and ends in `…`.
    static let longestText = 2_048

    private(set) var octets: [UInt8] = []

    init() {
        octets.reserveCapacity(512)
    }

    /// Appends characters of the code, never of anyone else.
    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { octets.append(contentsOf: $0) }
    }

    /// Appends what is known to need no escape: hexadecimal digits.
    mutating func digits(_ text: String) {
        octets.append(contentsOf: text.utf8)
    }

    mutating func number(_ number: UInt64) {
        octets.append(contentsOf: String(number).utf8)
    }

    mutating func time(_ time: LogTime) {
        octets.append(UInt8(ascii: "\""))
        time.write(to: &octets)
        octets.append(UInt8(ascii: "\""))
    }

    /// Appends a JSON string.
    mutating func text(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        if !appendPlain(text) { appendEscaped(text) }
        octets.append(UInt8(ascii: "\""))
    }

    /// Most strings are short and printable ASCII.
    private mutating func appendPlain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            let isPlain =
                utf8.count <= Self.longestText
                && utf8.allSatisfy { octet in
                    octet >= 0x20 && octet < 0x7F && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
                }
            if isPlain { octets.append(contentsOf: utf8) }
            return isPlain
        }
    }

    private mutating func appendEscaped(_ text: String) {
        let limit = octets.count + Self.longestText
        for scalar in text.unicodeScalars {
            guard octets.count < limit else { return octets.append(contentsOf: "…".utf8) }
            switch scalar {
            case "\"", "\\":
                octets.append(UInt8(ascii: "\\"))
                octets.append(UInt8(ascii: scalar))
            case _ where Self.isHarmless(scalar): octets.append(contentsOf: UTF8.encode(scalar) ?? .init())
            default: appendUTF16(scalar)
            }
        }
    }

    /// Controls, line separators and marks that turn the direction of text could make a line look like another.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    private mutating func appendUTF16(_ scalar: Unicode.Scalar) {
        let digits = Array("0123456789abcdef".utf8)
        for unit in Character(scalar).utf16 {
            octets.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
            for shift in [12, 8, 4, 0] { octets.append(digits[Int(unit >> UInt16(shift)) & 15]) }
        }
    }
}
