/// The additional services that have an answer of their own with a signature, as they are kept with its transaction.
public struct AnsweredServices: OptionSet, Sendable, Hashable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let signingCertificate = AnsweredServices(rawValue: 1)
    public static let subscriberInfo = AnsweredServices(rawValue: 2)
    public static let timestamp = AnsweredServices(rawValue: 4)
    public static let role = AnsweredServices(rawValue: 8)
    /// What is asked stands beside it (``PersonQuestion``).
    public static let personIdentity = AnsweredServices(rawValue: 16)
}
