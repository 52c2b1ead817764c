/// The TOML values that have no marks around them: booleans, integers and floats.
enum TOMLNumber {
    static func isAlphanumeric(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
        default: false
        }
    }

    static func read(_ cursor: inout TOMLCursor) throws(TOMLProblem) -> ConfigurationValue {
        let start = cursor
        let word = cursor.takeWhile { isAlphanumeric($0) || "_+-.:".utf8.contains($0) }
        guard let value = value(of: word) else {
            let isMissing = word.isEmpty
            throw start.problem(isMissing ? "a value should stand here" : "no value: text stands in quotation marks")
        }
        return value
    }

    private static func value(of word: String) -> ConfigurationValue? {
        switch word {
        case "true": return .truth(true)
        case "false": return .truth(false)
        case "inf", "+inf": return .number(.infinity)
        case "-inf": return .number(-.infinity)
        case "nan", "+nan", "-nan": return .number(.nan)
        default: break
        }
        if let match = word.wholeMatch(of: #/0(?:x([0-9a-fA-F_]+)|o([0-7_]+)|b([01_]+))/#) {
            let digits = match.1 ?? match.2 ?? match.3 ?? ""
            return integer(digits, radix: match.1 != nil ? 16 : match.2 != nil ? 8 : 2)
        }
        if word.wholeMatch(of: #/[+-]?(?:0|[1-9][0-9_]*)/#) != nil { return integer(word[...], radix: 10) }
        let float = #/[+-]?(?:0|[1-9][0-9_]*)(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?/#
        guard word.wholeMatch(of: float) != nil, let digits = withoutSeparators(word[...]) else { return nil }
        return Double(digits).map { .number($0) }
    }

    private static func integer(_ digits: Substring, radix: Int) -> ConfigurationValue? {
        withoutSeparators(digits).flatMap { Int($0, radix: radix) }.map { .integer($0) }
    }

    /// The digits alone; `nil` when an `_` stands anywhere but between two digits.
    private static func withoutSeparators(_ digits: Substring) -> String? {
        let parts = digits.split(separator: "_", omittingEmptySubsequences: false)
        let isWhole = zip(parts, parts.dropFirst()).allSatisfy { before, after in
            before.last?.isHexDigit == true && after.first?.isHexDigit == true
        }
        return isWhole ? parts.joined() : nil
    }
}
