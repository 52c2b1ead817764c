/// Why a command did not go out, or that nobody knows whether it did.
public enum SIMLinkError: Error, Sendable, Equatable {
    /// No card can have it whole, and it may go another time: no session, overloaded, or too late.
    case notSent(String)
    /// No card can have it whole, and it will not go another time either: the message centre refuses it for good.
    case refused(String)
    /// It left, and no message centre said what became of it.
    case unknownOutcome
}

/// A command that no card has and none will get, as the message centre's receipts say.
public struct UndeliveredCommand: Sendable, Equatable {
    /// As it was named when the command was sent.
    public var transaction: String
    /// The receipt's state in the standard's words, and the network's error where it named one.
    public var reason: String
}
