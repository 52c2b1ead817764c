/// A tag-length-value parameter after the mandatory ones (§5.3).
public struct OptionalParameter: Sendable, Equatable {
    public var tag: UInt16
    public var value: [UInt8]

    public init(tag: UInt16, value: [UInt8]) {
        self.tag = tag
        self.value = value
    }
}

/// Tags that a client of a message centre meets (§5.3.2).
extension OptionalParameter {
    /// Words about why a message failed.
    public static let additionalStatusInformation: UInt16 = 0x001D
    /// The message that a receipt speaks of.
    public static let receiptedMessageID: UInt16 = 0x001E
    public static let userMessageReference: UInt16 = 0x0204
    public static let sarReference: UInt16 = 0x020C
    public static let sarTotalSegments: UInt16 = 0x020E
    public static let sarSegment: UInt16 = 0x020F
    /// The version that a message centre speaks, in its answer to a bind.
    public static let interfaceVersion: UInt16 = 0x0210
    /// What the network said: its kind, then a code of two octets.
    public static let networkErrorCode: UInt16 = 0x0423
    public static let messagePayload: UInt16 = 0x0424
    public static let deliveryFailureReason: UInt16 = 0x0425
    public static let moreMessagesToSend: UInt16 = 0x0426
    public static let messageState: UInt16 = 0x0427
}

extension [OptionalParameter] {
    /// The value of the first parameter of this tag.
    public func value(of tag: UInt16) -> [UInt8]? { first { $0.tag == tag }?.value }

    /// The value of the first parameter of this tag that has so many octets: others are as good as none.
    public func value(of tag: UInt16, length: Int) -> [UInt8]? {
        first { $0.tag == tag && $0.value.count == length }?.value
    }
}

extension OptionalParameter {
    static func read(_ reader: inout OctetReader) throws(SMPPError) -> [OptionalParameter] {
        var parameters: [OptionalParameter] = []
        while !reader.isAtEnd {
            let tag = try reader.uint16()
            parameters.append(OptionalParameter(tag: tag, value: try reader.octets(Int(try reader.uint16()))))
        }
        return parameters
    }

    static func write(_ parameters: [OptionalParameter], to octets: inout [UInt8]) throws(SMPPError) {
        for parameter in parameters {
            guard let length = UInt16(exactly: parameter.value.count) else { throw .fieldTooLong("TLV") }
            octets.append(uint16: parameter.tag)
            octets.append(uint16: length)
            octets += parameter.value
        }
    }
}
