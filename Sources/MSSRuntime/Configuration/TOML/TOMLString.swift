/// The four kinds of TOML strings.
enum TOMLString {
    private static let quote = UInt8(ascii: "\"")
    private static let apostrophe = UInt8(ascii: "'")

    /// Reads a string of any kind, at its opening.
    static func read(_ cursor: inout TOMLCursor) throws(TOMLProblem) -> String {
        let mark = cursor.next
        guard cursor.peek(1) == mark, cursor.peek(2) == mark else { return try line(&cursor) }
        cursor.advance(3)
        _ = cursor.takeLineEnd()
        return try body(&cursor, mark: mark, isMultiLine: true)
    }

    /// Reads a string that ends in its line, at its opening.
    static func line(_ cursor: inout TOMLCursor) throws(TOMLProblem) -> String {
        let mark = cursor.next
        cursor.advance()
        return try body(&cursor, mark: mark, isMultiLine: false)
    }

    private static func body(
        _ cursor: inout TOMLCursor,
        mark: UInt8,
        isMultiLine: Bool
    ) throws(TOMLProblem) -> String {
        var text = ""
        while !cursor.isAtEnd {
            if cursor.next == mark, try closes(&cursor, mark, isMultiLine, &text) { return text }
            switch cursor.next {
            case mark: continue
            case UInt8(ascii: "\\") where mark == quote:
                try escape(&cursor, isMultiLine, &text)
            case _ where isMultiLine && cursor.takeLineEnd():
                text += "\n"
            case _ where TOMLCursor.isText(cursor.next):
                text += cursor.takeWhile { octet in
                    TOMLCursor.isText(octet) && octet != mark && (octet != UInt8(ascii: "\\") || mark != quote)
                }
            default:
                throw cursor.problem("a string should end before this")
            }
        }
        throw cursor.problem("a string does not end")
    }

    /// Takes the marks that come next: the closing ones, up to two of the text before them, or text alone.
    private static func closes(
        _ cursor: inout TOMLCursor,
        _ mark: UInt8,
        _ isMultiLine: Bool,
        _ text: inout String
    ) throws(TOMLProblem) -> Bool {
        guard isMultiLine else {
            cursor.advance()
            return true
        }
        let marks = cursor.takeWhile { $0 == mark }
        guard marks.utf8.count <= 5 else { throw cursor.problem("too many quotation marks") }
        text += marks.utf8.count >= 3 ? String(marks.dropLast(3)) : marks
        return marks.utf8.count >= 3
    }

    private static func escape(
        _ cursor: inout TOMLCursor,
        _ isMultiLine: Bool,
        _ text: inout String
    ) throws(TOMLProblem) {
        let start = cursor
        cursor.advance()
        let kind = cursor.next
        if isMultiLine, kind == UInt8(ascii: " ") || kind == UInt8(ascii: "\t") || kind == 0x0A || kind == 0x0D {
            return try joinLines(&cursor)
        }
        cursor.advance()
        switch kind {
        case UInt8(ascii: "b"): text += "\u{8}"
        case UInt8(ascii: "t"): text += "\t"
        case UInt8(ascii: "n"): text += "\n"
        case UInt8(ascii: "f"): text += "\u{C}"
        case UInt8(ascii: "r"): text += "\r"
        case UInt8(ascii: "\""): text += "\""
        case UInt8(ascii: "\\"): text += "\\"
        case UInt8(ascii: "u"): try unicode(&cursor, digits: 4, &text)
        case UInt8(ascii: "U"): try unicode(&cursor, digits: 8, &text)
        default: throw start.problem("an unknown escape")
        }
    }

    /// A backslash at the end of a line takes all blanks and line ends up to the next character.
    private static func joinLines(_ cursor: inout TOMLCursor) throws(TOMLProblem) {
        cursor.skipBlanks()
        guard cursor.takeLineEnd() else { throw cursor.problem("an unknown escape") }
        repeat { cursor.skipBlanks() } while cursor.takeLineEnd()
    }

    private static func unicode(
        _ cursor: inout TOMLCursor,
        digits count: Int,
        _ text: inout String
    ) throws(TOMLProblem) {
        let start = cursor
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = Character(UnicodeScalar(cursor.next)).hexDigitValue, cursor.next < 0x80 else {
                throw cursor.problem("\(count) hexadecimal digits should stand here")
            }
            value = value << 4 | UInt32(digit)
            cursor.advance()
        }
        guard value > 0, let scalar = Unicode.Scalar(value) else { throw start.problem("no character has this number") }
        text.unicodeScalars.append(scalar)
    }
}
