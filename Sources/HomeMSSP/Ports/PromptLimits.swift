public import struct Foundation.Date

/// How often a person's phone may ask in vain: counted for each person and provider, with a looser sum of all providers.
///
/// Who signs is never limited: a signature ends what was counted for its provider.
public struct PromptLimits: Sendable, Equatable {
    /// Prompts of one provider that a person may leave unanswered within an hour, 1 to 100.
    public var ofOne: Int
    /// The same of all providers together; only providers that were left unanswered themselves are held back by it,
    /// so that nobody can lock a person out of the others.
    public var ofAll: Int
    /// The pause after a refusal, in seconds, 0 for none; it doubles with each further one in a row.
    public var pause: Int
    /// The longest pause, in seconds.
    public var longestPause: Int

    public init(ofOne: Int = 3, ofAll: Int = 10, pause: Int = 5, longestPause: Int = 3_600) {
        self.ofOne = ofOne
        self.ofAll = ofAll
        self.pause = pause
        self.longestPause = longestPause
    }

    /// As many refusals as "I did not start this" weighs: it is no mistake.
    public static let weightOfNotMe = 8
    /// Wrong no-spam codes of one provider for a person within an hour, after which no code is compared.
    public static let wrongCodes = 5
    /// Refusals in a row and prompts that are remembered at most.
    public static let most = 100
    /// After so many seconds without another one refusals are forgotten.
    public static let memory = 86_400
}

/// Why a person is not asked now, and until when.
public struct PromptHold: Sendable, Equatable {
    public enum Reason: Int, Sendable, CaseIterable {
        /// The person left too many prompts of this provider unanswered.
        case unanswered = 1
        /// The person refused this provider's last prompt.
        case refused = 2
        /// The person left too many prompts of all providers unanswered, one of this provider's among them.
        case unansweredOfAll = 3
        /// The provider had too many wrong no-spam codes of the person.
        case wrongCode = 4

        /// What it is called in metrics and logs.
        var word: String {
            switch self {
            case .unanswered: "unanswered"
            case .refused: "refused"
            case .unansweredOfAll: "unanswered_of_all"
            case .wrongCode: "wrong_code"
            }
        }
    }

    public var reason: Reason
    public var until: Date

    public init(_ reason: Reason, until: Date) {
        self.reason = reason
        self.until = until
    }
}
