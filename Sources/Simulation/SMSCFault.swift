/// Something that a message centre does wrong.
public enum SMSCFault: Sendable, Hashable {
    /// To a submit_sm: ESME_RTHROTTLED, ESME_RMSGQFUL, or any other status.
    case throttle
    case queueFull
    case reject(UInt32)
    /// The message is taken, and submit_sm_resp never comes.
    case unanswered
    /// The link is cut: before a message is taken, or between taking it and answering.
    case drop
    case dropAfter
    /// To a message for a handset, or from one.
    case lost(Way)
    case late(Way, milliseconds: Int)
    case doubled(Way)
    /// It goes after the next one, or after a second.
    case reordered(Way)

    public enum Way: String, Sendable, Hashable {
        case down, up
    }

    /// Where it can strike.
    enum Place: Sendable, Equatable {
        case submit, down, up
    }

    var place: Place {
        switch self {
        case .throttle, .queueFull, .reject, .unanswered, .drop, .dropAfter: .submit
        case .lost(let way), .late(let way, _), .doubled(let way), .reordered(let way): way == .down ? .down : .up
        }
    }

    /// `throttle`, `queueFull`, `reject:HEX`, `unanswered`, `drop`, `dropAfter`; with `down-` or `up-` before them `lost`,
    /// `late:MILLISECONDS`, `doubled`, `reordered`.
    public init?(_ text: some StringProtocol) {
        switch text {
        case "throttle": self = .throttle
        case "queueFull": self = .queueFull
        case "unanswered": self = .unanswered
        case "drop": self = .drop
        case "dropAfter": self = .dropAfter
        default:
            if text.hasPrefix("reject:"), let status = UInt32(text.dropFirst(7), radix: 16), status > 0 {
                self = .reject(status)
                return
            }
            let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let way = Way(rawValue: String(parts[0])) else { return nil }
            switch parts[1] {
            case "lost": self = .lost(way)
            case "doubled": self = .doubled(way)
            case "reordered": self = .reordered(way)
            default:
                guard parts[1].hasPrefix("late:"), let time = AnswerFault.milliseconds(parts[1].dropFirst(5))
                else { return nil }
                self = .late(way, milliseconds: time)
            }
        }
    }

    public var name: String {
        switch self {
        case .throttle: "throttle"
        case .queueFull: "queueFull"
        case .reject(let status): "reject:" + String(status, radix: 16)
        case .unanswered: "unanswered"
        case .drop: "drop"
        case .dropAfter: "dropAfter"
        case .lost(let way): way.rawValue + "-lost"
        case .late(let way, let time): way.rawValue + "-late:\(time)"
        case .doubled(let way): way.rawValue + "-doubled"
        case .reordered(let way): way.rawValue + "-reordered"
        }
    }
}
