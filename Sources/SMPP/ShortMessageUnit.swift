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
    /// What the message is: a handset's own, or the message centre's word about another (§5.2.12).
    public var kind: MessageKind { MessageKind(esmClass: esmClass) }
    /// The user data, wherever the other side put it.
    public var userData: [UInt8] { parameters.value(of: OptionalParameter.messagePayload) ?? shortMessage }
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
