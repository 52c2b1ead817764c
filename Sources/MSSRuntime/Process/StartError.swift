/// Why a service does not start: one line that says what is wrong, where, and what to do about it.
///
/// It is shown to the operator as it stands, so it names files and keys and never quotes what a secret file holds.
public struct StartError: Error, Equatable, CustomStringConvertible {
    public let description: String
    /// Whether it is the command line that makes no sense: another exit code, and a way to see how it must be.
    let isUsage: Bool

    /// Keeps `text` as one line: control characters become spaces, and it is cut after 1,000 characters.
    public init(_ text: String) {
        description = OneLine.text(text)
        isUsage = false
    }

    /// Of a command whose options or arguments are not as it wants them.
    public init(usage text: String) {
        description = OneLine.text(text)
        isUsage = true
    }
}

/// Text from anywhere, made fit for one line on a terminal.
enum OneLine {
    private static let maximum = 1_000

    static func text(_ text: String) -> String {
        let safe = text.unicodeScalars.lazy.prefix(maximum).map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        return String(safe)
    }
}
