import Simulation

/// A command and `--name value` pairs, each given and taken once; what nobody takes is an error.
struct Arguments {
    let command: String
    private(set) var wantsHelp = false
    private var values: [String: String] = [:]
    private var broken: String?

    init(_ arguments: [String]) {
        command = arguments.first ?? ""
        wantsHelp = arguments.contains("--help") || arguments.contains("-h")
        var rest = arguments.dropFirst()
        while let name = rest.popFirst(), broken == nil {
            guard name.hasPrefix("--"), name.count > 2 else {
                broken = "arguments are --name value"
                break
            }
            guard let value = rest.popFirst() else {
                broken = "\(name) has no value"
                break
            }
            if values.updateValue(value, forKey: String(name.dropFirst(2))) != nil { broken = "\(name) is given twice" }
        }
    }

    mutating func text(_ name: String, or standard: String? = nil) throws(UsageError) -> String {
        guard let value = values.removeValue(forKey: name) ?? standard else {
            throw UsageError(broken ?? "--\(name) is missing")
        }
        return value
    }

    mutating func optional(_ name: String) -> String? {
        values.removeValue(forKey: name)
    }

    mutating func number(_ name: String, in range: ClosedRange<UInt64>, or standard: UInt64? = nil) throws(UsageError)
        -> UInt64
    {
        guard let number = UInt64(try text(name, or: standard.map { String($0) })), range.contains(number) else {
            throw UsageError("--\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func address(_ name: String) throws(UsageError) -> (host: String, port: Int) {
        let text = try text(name)
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = UInt16(text[text.index(after: colon)...])
        else { throw UsageError("--\(name) must be HOST:PORT") }
        return (text[..<colon].trimmingBrackets, Int(port))
    }

    /// - Throws: ``UsageError`` if an argument is left that nobody asked for.
    func finish() throws(UsageError) {
        if let left = values.keys.sorted().first { throw UsageError("unknown option --\(left)") }
        if let broken { throw UsageError(broken) }
    }
}

extension Substring {
    /// An IPv6 address as it stands before a port, without its brackets.
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
    }
}

/// A wrong call, in one line.
struct UsageError: Error {
    var text: String

    init(_ text: String) {
        self.text = text
    }
}
