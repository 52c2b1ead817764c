public import Logging
public import MSSCore

/// One fact of the audit trail.
///
/// `details` are written as log values are: by the asset class that each carries, a person's value as a pseudonym.
public struct AuditEntry: Sendable {
    /// What was done: the name of an operation.
    public var act: String
    /// `intent` before an act that cannot be taken back, `result` after it.
    public var phase: String
    /// How it ended; of a result.
    public var outcome: String?
    /// Who asked, on whose behalf and under which trace; `nil` for acts of the process itself.
    public var call: Call?
    public var details: Logger.Metadata

    public init(
        act: String,
        phase: String,
        outcome: String? = nil,
        call: Call? = nil,
        details: Logger.Metadata = [:]
    ) {
        self.act = act
        self.phase = phase
        self.outcome = outcome
        self.call = call
        self.details = details
    }
}

/// Why an entry is not, or not surely, in the audit trail; what it was to precede must not be done.
public enum AuditError: Error, Equatable, CustomStringConvertible {
    /// The disk did not take it; the entry is not in the file.
    case notWritten(String)
    /// An earlier failure left the file in doubt: nothing more is written until the service is started again.
    case inDoubt
    /// Too many entries wait.
    case overloaded
    /// The disk did not answer in time; the entry may yet be written.
    case late
    /// The entry is longer than a line may be.
    case tooLong

    public var description: String {
        switch self {
        case .notWritten(let cause): "the audit trail was not written: \(cause)"
        case .inDoubt: "the audit trail is in doubt since a failed write"
        case .overloaded: "too many audit entries wait for the disk"
        case .late: "the disk did not take an audit entry in time"
        case .tooLong: "an audit entry is too long"
        }
    }
}
