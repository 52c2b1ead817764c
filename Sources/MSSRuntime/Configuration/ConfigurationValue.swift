import TOMLKit

/// A TOML value, free of the parser's memory.
enum ConfigurationValue {
    case table([String: ConfigurationValue])
    case array([ConfigurationValue])
    case text(String)
    case integer(Int)
    case number(Double)
    case truth(Bool)
    /// A date or time: the platform's configurations have none.
    case moment

    /// What the value is, in the words of TOML.
    var kind: String {
        switch self {
        case .table: "a table"
        case .array: "an array"
        case .text: "a string"
        case .integer: "an integer"
        case .number: "a float"
        case .truth: "a boolean"
        case .moment: "a date or time"
        }
    }

    /// A key that the parser lists and does not find again: one with U+0000 in it.
    struct UnreadableKey: Error {}

    static func entries(_ table: TOMLTable) throws -> [String: ConfigurationValue] {
        var entries: [String: ConfigurationValue] = [:]
        for key in table.keys {
            guard let value = table[key] else { throw UnreadableKey() }
            entries[key] = try ConfigurationValue(value)
        }
        return entries
    }

    private init(_ value: any TOMLValueConvertible) throws {
        if let table = value.table {
            self = .table(try ConfigurationValue.entries(table))
        } else if let array = value.array {
            self = .array(try (0..<array.count).map { try ConfigurationValue(array[$0]) })
        } else if let text = value.string {
            self = .text(text)
        } else if let truth = value.bool {
            self = .truth(truth)
        } else if let integer = value.int {
            self = .integer(integer)
        } else if let number = value.double {
            self = .number(number)
        } else {
            self = .moment
        }
    }
}
