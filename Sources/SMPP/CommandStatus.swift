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

extension CommandStatus: CustomStringConvertible {
    /// The standard's name where this code knows it, and the number.
    public var description: String {
        let number = "0x" + String(rawValue, radix: 16, uppercase: true)
        return Self.names[self].map { "\($0) (\(number))" } ?? number
    }
}
