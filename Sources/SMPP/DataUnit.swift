/// The body of data_sm, a message with few fields of its own and the rest as parameters (SMPP 3.4 §4.7.1).
///
/// Some message centres bring handsets' messages and receipts by it instead of deliver_sm.
public struct DataUnit: Sendable, Equatable {
    public var serviceType = ""
    /// At most 64 characters here.
    public var source: Address
    public var destination: Address
    public var esmClass: UInt8
    public var registeredDelivery: UInt8 = 0
    public var dataCoding: UInt8
    public var parameters: [OptionalParameter] = []

    public init(source: Address, destination: Address, esmClass: UInt8, dataCoding: UInt8) {
        self.source = source
        self.destination = destination
        self.esmClass = esmClass
        self.dataCoding = dataCoding
    }

    /// The same message as deliver_sm would bring it; its user data is in message_payload.
    public var asShortMessage: ShortMessageUnit {
        var message = ShortMessageUnit(
            source: source,
            destination: destination,
            esmClass: esmClass,
            protocolID: 0,
            dataCoding: dataCoding,
            shortMessage: []
        )
        message.serviceType = serviceType
        message.registeredDelivery = registeredDelivery
        message.parameters = parameters
        return message
    }
}

extension DataUnit {
    init(_ reader: inout OctetReader) throws(SMPPError) {
        serviceType = try reader.text(6, "service_type")
        source = try Address(&reader, Address.longestInData)
        destination = try Address(&reader, Address.longestInData)
        esmClass = try reader.octet()
        registeredDelivery = try reader.octet()
        dataCoding = try reader.octet()
        parameters = try OptionalParameter.read(&reader)
    }

    func write(to octets: inout [UInt8]) throws(SMPPError) {
        try octets.append(text: serviceType, 6, "service_type")
        try source.write(to: &octets, Address.longestInData)
        try destination.write(to: &octets, Address.longestInData)
        octets += [esmClass, registeredDelivery, dataCoding]
        try OptionalParameter.write(parameters, to: &octets)
    }
}
