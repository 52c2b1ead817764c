/// The body of the three binds (SMPP 3.4 §4.1.1).
public struct Bind: Sendable, Equatable {
    /// At most 15 characters.
    public var systemID: String
    /// At most 8 characters.
    public var password: String
    public var systemType = ""
    public var interfaceVersion: UInt8 = 0x34
    public var typeOfNumber: UInt8 = 0
    public var numberingPlan: UInt8 = 0
    public var addressRange = ""

    public init(systemID: String, password: String) {
        self.systemID = systemID
        self.password = password
    }
}

/// Its password has no place in a log.
extension Bind: CustomStringConvertible, CustomReflectable {
    public var description: String { "bind of \(systemID)" }
    public var customMirror: Mirror { Mirror(self, children: ["systemID": systemID]) }
}

extension Bind {
    init(_ reader: inout OctetReader) throws(SMPPError) {
        self.init(systemID: try reader.text(16, "system_id"), password: try reader.text(9, "password"))
        systemType = try reader.text(13, "system_type")
        interfaceVersion = try reader.octet()
        typeOfNumber = try reader.octet()
        numberingPlan = try reader.octet()
        addressRange = try reader.text(41, "address_range")
    }

    func write(to octets: inout [UInt8]) throws(SMPPError) {
        try octets.append(text: systemID, 16, "system_id")
        try octets.append(text: password, 9, "password")
        try octets.append(text: systemType, 13, "system_type")
        octets += [interfaceVersion, typeOfNumber, numberingPlan]
        try octets.append(text: addressRange, 41, "address_range")
    }
}
