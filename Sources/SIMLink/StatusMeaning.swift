import SMPP

/// What a message centre's answer to a submission asks for.
enum StatusMeaning: Equatable {
    case taken
    /// Throttled, or its queue is full: later, and slower.
    case overloaded
    /// Later, or by another centre.
    case temporary
    /// May be chance: once more.
    case once
    /// The centre does not know this session any more.
    case unbound
    /// Never.
    case permanent
    /// Never, and the fault is this program's or its configuration's.
    case defect

    init(_ status: CommandStatus) {
        self =
            switch status {
            case .ok: .taken
            case .throttled, .queueFull: .overloaded
            case .systemError, .temporaryApplicationError: .temporary
            case .submitFailed, .deliveryFailure, .unknownError: .once
            case .invalidBindStatus, .alreadyBound: .unbound
            case .invalidMessageLength, .invalidCommandLength, .invalidCommandID: .defect
            case let other where (0xC0...0xC4).contains(other.rawValue): .defect
            default: .permanent
            }
    }
}

extension CommandStatus {
    /// Whether a bind that got this answer would get it again: name, password or account are not as they should be.
    var refusesSessions: Bool { self == .bindFailed || self == .invalidPassword || self == .invalidSystemID }
}
