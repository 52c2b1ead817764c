/// Reads TOML 1.0 without dates and times, which no configuration of the platform has.
///
/// Nothing that stands in a file can trap it: depth and length of keys are bounded, and so is the file.
struct TOMLDocument {
    /// Arrays and inline tables within each other.
    private static let deepest = 32
    /// Names of a dotted key.
    private static let longestKey = 16

    private var cursor: TOMLCursor
    private let root = TOMLTable(.header)

    private init(_ text: String) {
        cursor = TOMLCursor(text)
    }

    /// Reads a whole document.
    static func read(_ text: String) throws(TOMLProblem) -> ConfigurationValue {
        var document = TOMLDocument(text)
        return try document.read()
    }

    private mutating func read() throws(TOMLProblem) -> ConfigurationValue {
        var table = root
        try cursor.skipLines()
        while !cursor.isAtEnd {
            if cursor.next == UInt8(ascii: "[") {
                table = try header()
            } else {
                try keyValue(in: table, depth: 0)
            }
            cursor.skipBlanks()
            try cursor.skipComment()
            guard cursor.isAtEnd || cursor.takeLineEnd() else { throw cursor.problem("the line should end here") }
            try cursor.skipLines()
        }
        return root.value
    }

    private mutating func header() throws(TOMLProblem) -> TOMLTable {
        let isArray = cursor.take("[[")
        if !isArray { cursor.advance() }
        let start = cursor
        let path = try key()
        guard isArray ? cursor.take("]]") : cursor.take("]") else {
            throw cursor.problem(isArray ? "]] should stand here" : "] should stand here")
        }
        guard let table = isArray ? root.appended(path) : root.opened(path) else {
            throw start.problem("\(path.joined(separator: ".")) is there already")
        }
        return table
    }

    private mutating func keyValue(in table: TOMLTable, depth: Int) throws(TOMLProblem) {
        let start = cursor
        let path = try key()
        guard cursor.take("=") else { throw cursor.problem("= should stand here") }
        cursor.skipBlanks()
        guard table.set(path, try value(depth: depth)) else {
            throw start.problem("\(path.joined(separator: ".")) is there already")
        }
    }

    /// A key with the blanks around it.
    private mutating func key() throws(TOMLProblem) -> [String] {
        var path: [String] = []
        repeat {
            cursor.skipBlanks()
            path.append(try name())
            cursor.skipBlanks()
            guard path.count <= Self.longestKey else { throw cursor.problem("a key of too many names") }
        } while cursor.take(".")
        return path
    }

    private mutating func name() throws(TOMLProblem) -> String {
        switch cursor.next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try TOMLString.line(&cursor)
        default:
            let name = cursor.takeWhile { octet in
                octet == UInt8(ascii: "_") || octet == UInt8(ascii: "-") || TOMLNumber.isAlphanumeric(octet)
            }
            guard !name.isEmpty else { throw cursor.problem("a key should stand here") }
            return name
        }
    }

    private mutating func value(depth: Int) throws(TOMLProblem) -> ConfigurationValue {
        guard depth <= Self.deepest else { throw cursor.problem("too many values within each other") }
        switch cursor.next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try TOMLString.read(&cursor))
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "{"): return try inlineTable(depth: depth)
        default: return try TOMLNumber.read(&cursor)
        }
    }

    private mutating func array(depth: Int) throws(TOMLProblem) -> ConfigurationValue {
        cursor.advance()
        var elements: [ConfigurationValue] = []
        try cursor.skipLines()
        while !cursor.take("]") {
            elements.append(try value(depth: depth + 1))
            try cursor.skipLines()
            if cursor.take(",") {
                try cursor.skipLines()
            } else if cursor.next != UInt8(ascii: "]") {
                throw cursor.problem(", or ] should stand here")
            }
        }
        return .array(elements)
    }

    private mutating func inlineTable(depth: Int) throws(TOMLProblem) -> ConfigurationValue {
        cursor.advance()
        let table = TOMLTable(.header)
        cursor.skipBlanks()
        guard !cursor.take("}") else { return table.value }
        repeat {
            try keyValue(in: table, depth: depth + 1)
            cursor.skipBlanks()
        } while cursor.take(",")
        guard cursor.take("}") else { throw cursor.problem(", or } should stand here") }
        return table.value
    }
}
