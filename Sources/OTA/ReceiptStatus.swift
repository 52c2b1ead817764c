/// What a proof of receipt says of a command (TS 102 225 §5.2 table 5; 0B and 0C: 3GPP TS 31.115 §7).
public struct ReceiptStatus: RawRepresentable, Sendable, Equatable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let ok = ReceiptStatus(rawValue: 0x00)
    public static let checkFailed = ReceiptStatus(rawValue: 0x01)
    public static let counterLow = ReceiptStatus(rawValue: 0x02)
    public static let counterHigh = ReceiptStatus(rawValue: 0x03)
    public static let counterBlocked = ReceiptStatus(rawValue: 0x04)
    public static let cipheringError = ReceiptStatus(rawValue: 0x05)
    public static let securityError = ReceiptStatus(rawValue: 0x06)
    public static let insufficientMemory = ReceiptStatus(rawValue: 0x07)
    public static let moreTime = ReceiptStatus(rawValue: 0x08)
    public static let unknownApplication = ReceiptStatus(rawValue: 0x09)
    public static let insufficientSecurityLevel = ReceiptStatus(rawValue: 0x0A)
    public static let answerFollowsBySMS = ReceiptStatus(rawValue: 0x0B)
    public static let answerFollowsByUSSD = ReceiptStatus(rawValue: 0x0C)

    /// Whether the application's answer is still to come.
    public var promisesMore: Bool {
        self == .ok || self == .moreTime || self == .answerFollowsBySMS || self == .answerFollowsByUSSD
    }
}
