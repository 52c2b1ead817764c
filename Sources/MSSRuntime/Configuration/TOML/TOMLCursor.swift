/// A place in a TOML document where it is not one.
struct TOMLProblem: Error, Equatable {
    /// Counted from 1.
    let line: Int
    /// Counted from 1, in octets.
    let column: Int
    let text: String
}

/// Goes through a document octet by octet; at its end there is 0, which no document may hold.
struct TOMLCursor {
    private let octets: [UInt8]
    private(set) var position = 0

    init(_ text: String) {
        octets = Array(text.utf8)
    }

    var isAtEnd: Bool { position >= octets.count }
    var next: UInt8 { peek(0) }

    func peek(_ distance: Int) -> UInt8 {
        position + distance < octets.count ? octets[position + distance] : 0
    }

    func text(from start: Int) -> String { String(decoding: octets[start..<position], as: UTF8.self) }

    func problem(_ text: String) -> TOMLProblem {
        let before = octets[..<min(position, octets.count)]
        let lineFeed = UInt8(ascii: "\n")
        let start = before.lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
        return TOMLProblem(line: before.count { $0 == lineFeed } + 1, column: before.count - start + 1, text: text)
    }

    mutating func advance(_ count: Int = 1) {
        position = min(position + count, octets.count)
    }

    /// Takes `text` if it comes next.
    mutating func take(_ text: StaticString) -> Bool {
        let isNext = text.withUTF8Buffer { octets[position...].starts(with: $0) }
        if isNext { advance(text.utf8CodeUnitCount) }
        return isNext
    }

    /// Takes the octets for which `condition` holds.
    mutating func takeWhile(_ condition: (UInt8) -> Bool) -> String {
        let start = position
        while !isAtEnd, condition(next) { position += 1 }
        return text(from: start)
    }

    mutating func skipBlanks() {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { advance() }
    }

    /// Takes one line feed, with or without its carriage return.
    mutating func takeLineEnd() -> Bool { take("\n") || take("\r\n") }

    /// Takes a comment, up to the end of its line.
    mutating func skipComment() throws(TOMLProblem) {
        guard take("#") else { return }
        while !isAtEnd, next != UInt8(ascii: "\n"), !(next == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n")) {
            guard TOMLCursor.isText(next) else { throw problem("a control character") }
            advance()
        }
    }

    /// Takes blanks, comments and ends of lines.
    mutating func skipLines() throws(TOMLProblem) {
        repeat {
            skipBlanks()
            try skipComment()
        } while takeLineEnd()
    }

    /// What a line may hold: all but control characters, of which a tab is none.
    static func isText(_ octet: UInt8) -> Bool { octet == UInt8(ascii: "\t") || octet >= 0x20 && octet != 0x7F }
}
