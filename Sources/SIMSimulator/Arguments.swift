import Simulation

/// A command and `--name value` pairs, each taken once; what nobody takes is an error.
struct Arguments {
    let command: String
    private var values: [String: String] = [:]
    private var isBroken = false

    init(_ arguments: [String]) {
        command = arguments.first ?? ""
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else {
                isBroken = true
                return
            }
            values[String(name.dropFirst(2))] = value
        }
    }

    mutating func text(_ name: String, or standard: String? = nil) throws -> String {
        guard let value = values.removeValue(forKey: name) ?? standard else {
            throw UsageError(text: "SIMSimulator: --\(name) is missing")
        }
        return value
    }

    mutating func number(_ name: String, or standard: Int? = nil) throws -> Int {
        if values[name] == nil, let standard { return standard }
        guard let number = Int(try text(name)) else {
            throw UsageError(text: "SIMSimulator: --\(name) must be a number")
        }
        return number
    }

    mutating func address(_ name: String) throws -> (host: String, port: Int) {
        let parts = try text(name).split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw UsageError(text: "SIMSimulator: --\(name) must be HOST:PORT")
        }
        return (String(parts[0]), Int(port))
    }

    /// - Throws: ``UsageError`` if an argument is left that nobody asked for.
    func finish() throws {
        if let left = values.keys.sorted().first { throw UsageError(text: "SIMSimulator: unknown argument --\(left)") }
        if isBroken { throw UsageError(text: "SIMSimulator: arguments are --name value") }
    }
}

/// A wrong call, in one line.
struct UsageError: Error {
    var text: String
}
