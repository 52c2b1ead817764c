import Foundation

/// A first look at a JSON text's octets, before a decoder builds anything of them (RFC 8259).
///
/// It bounds the text and refuses what decoders disagree about: names that come twice in one object, half surrogate
/// pairs, characters that XML cannot carry on to the home. The grammar itself is the decoder's matter.
struct JSONSurvey {
    private let octets: [UInt8]
    private let limits: JSONLimits
    private var position = 0
    private var values = 0
    /// The names of each object that is open; `nil` for an array.
    private var open: [Set<String>?] = []
    /// Whether a string would be a member's name here.
    private var awaitsName = false

    /// - Throws: What is refused of the text; what is merely not well-formed may pass.
    static func check(_ octets: [UInt8], _ limits: JSONLimits) throws(JSONError) {
        guard octets.count <= limits.octets else { throw .tooLong }
        guard (try? UTF8Span(validating: octets.span)) != nil, !octets.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw .malformed
        }
        var survey = JSONSurvey(octets: octets, limits: limits)
        while survey.position < octets.count { try survey.next() }
        guard survey.open.isEmpty else { throw .malformed }
    }

    private init(octets: [UInt8], limits: JSONLimits) {
        self.octets = octets
        self.limits = limits
    }

    private mutating func next() throws(JSONError) {
        let octet = octets[position]
        switch octet {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try count()
            guard open.count < limits.depth else { throw .tooDeep }
            awaitsName = octet == UInt8(ascii: "{")
            open.append(awaitsName ? [] : nil)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            guard let names = open.popLast(), (names == nil) == (octet == UInt8(ascii: "]")) else { throw .malformed }
            awaitsName = false
        case UInt8(ascii: ","): awaitsName = open.last.map { $0 != nil } ?? false
        case UInt8(ascii: ":"): awaitsName = false
        case UInt8(ascii: "\""): return try string()
        case 0x20, 0x09, 0x0A, 0x0D: break
        default: return try word()
        }
        position += 1
    }

    /// A number, `true`, `false` or `null`: the decoder looks at those alone that the message has a place for.
    private mutating func word() throws(JSONError) {
        try count()
        let start = position
        while position < octets.count, isWord(octets[position]) { position += 1 }
        guard position > start, position - start <= limits.number else { throw .malformed }
        let word = octets[start..<position]
        guard Self.words.contains(where: { word.elementsEqual($0) }) || isNumber(word) else { throw .malformed }
    }

    private static let words = ["true", "false", "null"].map { Array($0.utf8) }

    private func isWord(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
        var rest = word
        func digits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leading = rest.first
        let whole = digits()
        guard whole == 1 || whole > 1 && leading != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        guard let exponent = rest.first else { return true }
        guard exponent | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return digits() > 0 && rest.isEmpty
    }

    private mutating func string() throws(JSONError) {
        let start = position
        position += 1
        var isPlain = true
        while position < octets.count, octets[position] != UInt8(ascii: "\"") {
            guard octets[position] >= 0x20, !isNoncharacter else { throw .character }
            if octets[position] == UInt8(ascii: "\\") {
                isPlain = false
                try escape()
            } else {
                position += 1
            }
        }
        guard position < octets.count else { throw .malformed }
        position += 1
        guard position - start - 2 <= limits.string else { throw .tooLong }
        guard awaitsName else { return try count() }
        try name(octets[start..<position], isPlain)
    }

    /// U+FFFE or U+FFFF, whose last octet is here.
    private var isNoncharacter: Bool {
        let octet = octets[position]
        return (octet == 0xBE || octet == 0xBF) && octets[position - 1] == 0xBF && position >= 2
            && octets[position - 2] == 0xEF
    }

    /// A member's name with its quotes: the same name may be written in several ways.
    private mutating func name(_ quoted: ArraySlice<UInt8>, _ isPlain: Bool) throws(JSONError) {
        try count()
        awaitsName = false
        var name = String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
        if !isPlain {
            guard let read = try? JSONDecoder().decode(String.self, from: Data(quoted)) else { throw .malformed }
            name = read
        }
        guard open[open.count - 1]?.insert(name).inserted == true else { throw .twice }
    }

    private mutating func count() throws(JSONError) {
        values += 1
        guard values <= limits.values else { throw .tooMany }
    }

    private mutating func escape() throws(JSONError) {
        guard position + 1 < octets.count else { throw .malformed }
        switch octets[position + 1] {
        case UInt8(ascii: "u"):
            let unit = try unit()
            switch unit {
            case 0xD800..<0xDC00:
                guard position < octets.count, octets[position] == UInt8(ascii: "\\"),
                    (0xDC00..<0xE000).contains(try self.unit())
                else { throw .character }
            case 0x09, 0x0A, 0x0D, 0x20..<0xD800, 0xE000..<0xFFFE: return
            default: throw .character
            }
        // XML has no backspace and no form feed.
        case UInt8(ascii: "b"), UInt8(ascii: "f"): throw .character
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            position += 2
        default: throw .malformed
        }
    }

    /// The UTF-16 unit of `\uXXXX` here.
    private mutating func unit() throws(JSONError) -> UInt16 {
        let end = position + 6
        guard end <= octets.count, octets[position + 1] == UInt8(ascii: "u"), octets[position + 2] != UInt8(ascii: "+"),
            let unit = UInt16(String(decoding: octets[position + 2..<end], as: UTF8.self), radix: 16)
        else { throw .malformed }
        position = end
        return unit
    }
}

/// How much of a JSON text is taken; beyond it the text is refused.
struct JSONLimits {
    var octets = 131_072
    /// Names and values of every kind, the outermost object counted.
    var values = 2_000
    var depth = 32
    /// Octets of a string as it is written.
    var string = 98_304
    /// Characters of a number.
    var number = 64

    static let request = JSONLimits()
}

/// Why octets are no JSON that this platform reads; each a sentence a stranger may read.
struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    let description: String

    static let malformed = JSONError(description: "The message is not well-formed JSON in UTF-8.")
    static let character = JSONError(description: "The message holds a character that texts here cannot have.")
    static let tooLong = JSONError(description: "The message, or a string in it, is too long.")
    static let tooDeep = JSONError(description: "The message's values are nested too deeply.")
    static let tooMany = JSONError(description: "The message has too many values.")
    static let twice = JSONError(description: "An object in the message has two members of one name.")
}
