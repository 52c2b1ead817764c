/// A value of a configuration file.
enum ConfigurationValue: Equatable {
    case table([String: ConfigurationValue])
    case array([ConfigurationValue])
    case text(String)
    case integer(Int)
    case number(Double)
    case truth(Bool)

    /// What the value is, in the words of TOML.
    var kind: String {
        switch self {
        case .table: "a table"
        case .array: "an array"
        case .text: "a string"
        case .integer: "an integer"
        case .number: "a float"
        case .truth: "a boolean"
        }
    }
}
