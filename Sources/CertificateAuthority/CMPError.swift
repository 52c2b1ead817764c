/// Which of the settings cannot be used, in one line.
public struct CMPError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
