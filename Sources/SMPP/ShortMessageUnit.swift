/// The body that submit_sm and deliver_sm share (SMPP 3.4 §4.4.1, §4.6.1).
public struct ShortMessageUnit: Sendable, Equatable {
    public var serviceType = ""
    public var source: Address
    public var destination: Address
    /// Bits: 0x43 store and forward with UDHI, 0x40 UDHI, 0x04 in deliver_sm: delivery receipt (§5.2.12).
    public var esmClass: UInt8
    /// TP-PID of the message; 0x7F is (U)SIM data download.
    public var protocolID: UInt8
    public var priority: UInt8 = 0
    public var scheduleTime = ""
    /// Absolute or relative (§7.1.1), or empty.
    public var validityPeriod = ""
    public var registeredDelivery: UInt8 = 0
    public var replacesPresent: UInt8 = 0
    /// TP-DCS of the message; 0xF6 is 8-bit data for the (U)SIM.
    public var dataCoding: UInt8
    public var defaultMessage: UInt8 = 0
    /// At most 254 octets; with UDHI it begins with the header.
    public var shortMessage: [UInt8]
    public var parameters: [OptionalParameter] = []

    public init(
        source: Address,
        destination: Address,
        esmClass: UInt8,
        protocolID: UInt8,
        dataCoding: UInt8,
        shortMessage: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.esmClass = esmClass
        self.protocolID = protocolID
        self.dataCoding = dataCoding
        self.shortMessage = shortMessage
    }

    /// UDHI: the user data begins with a header.
    public var hasUserDataHeader: Bool { esmClass & ESMClass.userDataHeader != 0 }
    /// A delivery receipt, an acknowledgement or a notification, not a message of the handset (§5.2.12).
    public var isReceipt: Bool { esmClass & ESMClass.messageType != 0 }
    /// The user data, wherever the other side put it.
    public var userData: [UInt8] {
        parameters.first { $0.tag == OptionalParameter.messagePayload }?.value ?? shortMessage
    }
}

/// An address with its type of number and numbering plan (§5.2.5, §5.2.6).
public struct Address: Sendable, Equatable {
    public var typeOfNumber: UInt8
    public var numberingPlan: UInt8
    /// At most 20 characters.
    public var digits: String

    public init(typeOfNumber: UInt8, numberingPlan: UInt8, digits: String) {
        self.typeOfNumber = typeOfNumber
        self.numberingPlan = numberingPlan
        self.digits = digits
    }

    /// An international number of the telephone network, without `+`.
    public static func international(_ digits: some StringProtocol) -> Address {
        Address(typeOfNumber: 1, numberingPlan: 1, digits: String(digits))
    }

    /// A short code of the network itself.
    public static func shortCode(_ digits: some StringProtocol) -> Address {
        Address(typeOfNumber: 3, numberingPlan: 1, digits: String(digits))
    }
}

/// A tag-length-value parameter after the mandatory ones (§5.3).
public struct OptionalParameter: Sendable, Equatable {
    public static let messagePayload: UInt16 = 0x0424
    public static let receiptedMessageID: UInt16 = 0x001E
    public static let messageState: UInt16 = 0x0427
    public static let sarReference: UInt16 = 0x020C
    public static let sarTotalSegments: UInt16 = 0x020E
    public static let sarSegment: UInt16 = 0x020F

    public var tag: UInt16
    public var value: [UInt8]

    public init(tag: UInt16, value: [UInt8]) {
        self.tag = tag
        self.value = value
    }

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

extension ShortMessageUnit {
    init(_ reader: inout OctetReader) throws(SMPPError) {
        let serviceType = try reader.text(6, "service_type")
        let source = try Address(&reader)
        let destination = try Address(&reader)
        self.init(
            source: source,
            destination: destination,
            esmClass: try reader.octet(),
            protocolID: try reader.octet(),
            dataCoding: 0,
            shortMessage: []
        )
        self.serviceType = serviceType
        priority = try reader.octet()
        scheduleTime = try reader.text(17, "schedule_delivery_time")
        validityPeriod = try reader.text(17, "validity_period")
        registeredDelivery = try reader.octet()
        replacesPresent = try reader.octet()
        dataCoding = try reader.octet()
        defaultMessage = try reader.octet()
        let length = try reader.octet()
        guard length <= 254 else { throw .fieldTooLong("short_message") }
        shortMessage = try reader.octets(Int(length))
        parameters = try OptionalParameter.read(&reader)
    }

    func write(to octets: inout [UInt8]) throws(SMPPError) {
        guard shortMessage.count <= 254 else { throw .fieldTooLong("short_message") }
        try octets.append(text: serviceType, 6, "service_type")
        try source.write(to: &octets)
        try destination.write(to: &octets)
        octets += [esmClass, protocolID, priority]
        try octets.append(text: scheduleTime, 17, "schedule_delivery_time")
        try octets.append(text: validityPeriod, 17, "validity_period")
        octets += [registeredDelivery, replacesPresent, dataCoding, defaultMessage, UInt8(shortMessage.count)]
        octets += shortMessage
        try OptionalParameter.write(parameters, to: &octets)
    }
}

extension Address {
    fileprivate init(_ reader: inout OctetReader) throws(SMPPError) {
        typeOfNumber = try reader.octet()
        numberingPlan = try reader.octet()
        digits = try reader.text(21, "address")
    }

    fileprivate func write(to octets: inout [UInt8]) throws(SMPPError) {
        octets += [typeOfNumber, numberingPlan]
        try octets.append(text: digits, 21, "address")
    }
}
