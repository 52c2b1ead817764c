/// command_status: how a request was taken (SMPP 3.4 §5.1.3).
public struct CommandStatus: RawRepresentable, Sendable, Hashable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let ok = CommandStatus(rawValue: 0x00)
    public static let invalidMessageLength = CommandStatus(rawValue: 0x01)
    public static let invalidCommandLength = CommandStatus(rawValue: 0x02)
    public static let invalidCommandID = CommandStatus(rawValue: 0x03)
    public static let invalidBindStatus = CommandStatus(rawValue: 0x04)
    public static let alreadyBound = CommandStatus(rawValue: 0x05)
    public static let systemError = CommandStatus(rawValue: 0x08)
    public static let invalidSource = CommandStatus(rawValue: 0x0A)
    public static let invalidDestination = CommandStatus(rawValue: 0x0B)
    public static let bindFailed = CommandStatus(rawValue: 0x0D)
    public static let invalidPassword = CommandStatus(rawValue: 0x0E)
    public static let invalidSystemID = CommandStatus(rawValue: 0x0F)
    public static let queueFull = CommandStatus(rawValue: 0x14)
    public static let invalidESMClass = CommandStatus(rawValue: 0x43)
    public static let submitFailed = CommandStatus(rawValue: 0x45)
    public static let throttled = CommandStatus(rawValue: 0x58)
    public static let invalidSchedule = CommandStatus(rawValue: 0x61)
    public static let invalidExpiry = CommandStatus(rawValue: 0x62)
    /// Cannot be taken now; the other side keeps it and sends it again.
    public static let temporaryApplicationError = CommandStatus(rawValue: 0x64)
    public static let permanentApplicationError = CommandStatus(rawValue: 0x65)
    public static let rejectedByApplication = CommandStatus(rawValue: 0x66)
    public static let deliveryFailure = CommandStatus(rawValue: 0xFE)
    public static let unknownError = CommandStatus(rawValue: 0xFF)

    private static let names: [CommandStatus: String] = [
        CommandStatus(rawValue: 0x06): "ESME_RINVPRTFLG", CommandStatus(rawValue: 0x07): "ESME_RINVREGDLVFLG",
        CommandStatus(rawValue: 0x0C): "ESME_RINVMSGID", CommandStatus(rawValue: 0x11): "ESME_RCANCELFAIL",
        CommandStatus(rawValue: 0x13): "ESME_RREPLACEFAIL", CommandStatus(rawValue: 0x15): "ESME_RINVSERTYP",
        CommandStatus(rawValue: 0x33): "ESME_RINVNUMDESTS", CommandStatus(rawValue: 0x34): "ESME_RINVDLNAME",
        CommandStatus(rawValue: 0x40): "ESME_RINVDESTFLAG", CommandStatus(rawValue: 0x42): "ESME_RINVSUBREP",
        CommandStatus(rawValue: 0x44): "ESME_RCNTSUBDL", CommandStatus(rawValue: 0x48): "ESME_RINVSRCTON",
        CommandStatus(rawValue: 0x49): "ESME_RINVSRCNPI", CommandStatus(rawValue: 0x50): "ESME_RINVDSTTON",
        CommandStatus(rawValue: 0x51): "ESME_RINVDSTNPI", CommandStatus(rawValue: 0x53): "ESME_RINVSYSTYP",
        CommandStatus(rawValue: 0x54): "ESME_RINVREPFLAG", CommandStatus(rawValue: 0x55): "ESME_RINVNUMMSGS",
        CommandStatus(rawValue: 0x63): "ESME_RINVDFTMSGID", CommandStatus(rawValue: 0x67): "ESME_RQUERYFAIL",
        CommandStatus(rawValue: 0xC0): "ESME_RINVOPTPARSTREAM", CommandStatus(rawValue: 0xC1): "ESME_ROPTPARNOTALLWD",
        CommandStatus(rawValue: 0xC2): "ESME_RINVPARLEN", CommandStatus(rawValue: 0xC3): "ESME_RMISSINGOPTPARAM",
        CommandStatus(rawValue: 0xC4): "ESME_RINVOPTPARAMVAL",
        ok: "ESME_ROK", invalidMessageLength: "ESME_RINVMSGLEN", invalidCommandLength: "ESME_RINVCMDLEN",
        invalidCommandID: "ESME_RINVCMDID", invalidBindStatus: "ESME_RINVBNDSTS", alreadyBound: "ESME_RALYBND",
        systemError: "ESME_RSYSERR", invalidSource: "ESME_RINVSRCADR", invalidDestination: "ESME_RINVDSTADR",
        bindFailed: "ESME_RBINDFAIL", invalidPassword: "ESME_RINVPASWD", invalidSystemID: "ESME_RINVSYSID",
        queueFull: "ESME_RMSGQFUL", invalidESMClass: "ESME_RINVESMCLASS", submitFailed: "ESME_RSUBMITFAIL",
        throttled: "ESME_RTHROTTLED", invalidSchedule: "ESME_RINVSCHED", invalidExpiry: "ESME_RINVEXPIRY",
        temporaryApplicationError: "ESME_RX_T_APPN", permanentApplicationError: "ESME_RX_P_APPN",
        rejectedByApplication: "ESME_RX_R_APPN", deliveryFailure: "ESME_RDELIVERYFAILURE",
        unknownError: "ESME_RUNKNOWNERR",
    ]
}

extension CommandStatus {
    /// The standard's name, where it has one.
    public var name: String? { Self.names[self] }
}

extension CommandStatus: CustomStringConvertible {
    /// The standard's name where this code knows it, and the number.
    public var description: String {
        let number = "0x" + String(rawValue, radix: 16, uppercase: true)
        return Self.names[self].map { "\($0) (\(number))" } ?? number
    }
}
