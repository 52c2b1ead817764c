/// What is wrong with a configuration, in words for the operator.
enum ConfigurationProblem {
    /// The words for what a type threw while it was decoded.
    static func text(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            "missing key \(KeyPlace(context.codingPath + [key]))"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            "\(subject(context.codingPath)): \(context.debugDescription)"
        case let error as StartError:
            error.description
        default:
            "cannot be read (\(type(of: error)))"
        }
    }

    private static func subject(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "the file" : "key \(KeyPlace(path))"
    }
}
