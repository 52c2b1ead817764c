/// The body of outbind: a message centre names itself (SMPP 3.4 §4.1.7).
public struct Outbind: Sendable, Equatable {
    public var systemID: String
    public var password: String

    public init(systemID: String, password: String) {
        self.systemID = systemID
        self.password = password
    }
}

/// Its password has no place in a log.
extension Outbind: CustomStringConvertible, CustomReflectable {
    public var description: String { "outbind of \(systemID)" }
    public var customMirror: Mirror { Mirror(self, children: ["systemID": systemID]) }
}

/// The body of alert_notification: a handset can be reached again (SMPP 3.4 §4.12.1).
public struct AlertNotification: Sendable, Equatable {
    /// The handset; at most 64 characters here.
    public var source: Address
    /// Who asked to be told.
    public var destination: Address
    public var parameters: [OptionalParameter] = []

    public init(source: Address, destination: Address) {
        self.source = source
        self.destination = destination
    }
}

extension Outbind {
    init(_ reader: inout OctetReader) throws(SMPPError) {
        systemID = try reader.text(16, "system_id")
        password = try reader.text(9, "password")
    }

    func write(to octets: inout [UInt8]) throws(SMPPError) {
        try octets.append(text: systemID, 16, "system_id")
        try octets.append(text: password, 9, "password")
    }
}

extension AlertNotification {
    init(_ reader: inout OctetReader) throws(SMPPError) {
        source = try Address(&reader, Address.longestInData)
        destination = try Address(&reader, Address.longestInData)
        parameters = try OptionalParameter.read(&reader)
    }

    func write(to octets: inout [UInt8]) throws(SMPPError) {
        try source.write(to: &octets, Address.longestInData)
        try destination.write(to: &octets, Address.longestInData)
        try OptionalParameter.write(parameters, to: &octets)
    }
}
