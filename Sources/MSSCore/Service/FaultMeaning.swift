/// What a fault means to the one who gets it: who must act, and whether asking again helps.
///
/// The one source of what faults say of themselves on the wire and in docs/faults.md.
public struct FaultMeaning: Sendable, Equatable {
    /// Who can change something.
    public enum Actor: String, Sendable {
        /// The person with the phone.
        case user
        /// Who wrote the request.
        case provider
        /// Who runs the platform: registration, entitlements, its connections.
        case `operator`
        /// The platform itself: a fault of its own, which its operator should hear of.
        case platform
    }

    /// Whether the same request may be sent again.
    public enum Retry: String, Sendable {
        /// It would end the same way.
        case no
        /// With a new AP_TransID, when the user is ready.
        case anew
        /// The very same request, later: nothing was begun, or what was begun is found again.
        case later
    }

    public let code: MSSFault.Code
    /// FiCom's second level; `nil` is the code alone.
    public let specifier: Int?
    public let actor: Actor
    public let retry: Retry
    /// One sentence.
    public let meaning: String

    init(
        _ code: MSSFault.Code,
        _ specifier: Int?,
        _ actor: Actor,
        _ retry: Retry,
        _ meaning: String
    ) {
        self.code = code
        self.specifier = specifier
        self.actor = actor
        self.retry = retry
        self.meaning = meaning
    }

    init(_ code: MSSFault.Code, _ actor: Actor, _ retry: Retry, _ meaning: String) {
        self.init(code, nil, actor, retry, meaning)
    }

    /// Its place in docs/faults.md.
    public var link: String { "docs/faults.md#\(specifier ?? code.rawValue)" }
}

extension MSSFault {
    /// What it means; of a specifier that is not in the table, what its code means.
    public var meaning: FaultMeaning {
        FaultMeaning.of[specifier ?? code.rawValue] ?? FaultMeaning.of[code.rawValue] ?? .unknown
    }
}

extension FaultMeaning {
    fileprivate static let of = Dictionary(all.map { ($0.specifier ?? $0.code.rawValue, $0) }) { first, _ in first }
    fileprivate static let unknown = FaultMeaning(.internalError, .platform, .no, "A fault of the platform.")
}
