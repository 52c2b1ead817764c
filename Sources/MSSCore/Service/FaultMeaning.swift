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

    /// Whether a specifier is one of FiCom 2.1 Appendix C; the others are this platform's own.
    public static func isFiComs(_ specifier: Int) -> Bool { fiCom.contains(specifier) }

    private static let fiCom: Set<Int> = [
        1011, 1012, 1013, 1014, 1015, 1016, 1017, 1021, 1022, 1041, 1042, 1043, 1044, 1045, 1051, 1052, 1053, 1054,
        2081, 2082, 2091, 2092, 2093, 2094, 4011, 4012, 4013, 4021, 4031, 4032, 4041, 4042, 4071, 4072, 4073, 9001,
        9002, 9003, 9004, 9005, 9006, 9007, 9008,
    ]

    /// The fault of a number: a code's three digits, or a specifier's four.
    public static func numbered(_ number: Int) -> FaultMeaning? { of[number] }

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
