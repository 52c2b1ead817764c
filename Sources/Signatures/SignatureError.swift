/// What does not verify, in one line without personal data.
public struct SignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
