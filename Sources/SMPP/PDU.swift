/// One protocol data unit of SMPP 3.4, both ways (§4).
public struct PDU: Sendable, Equatable {
    /// command_status; `ok` in every request.
    public var status: CommandStatus
    /// 1 to 7FFFFFFF; an answer repeats its request's.
    public var sequence: UInt32
    public var body: Body

    public init(_ body: Body, sequence: UInt32, status: CommandStatus = .ok) {
        self.status = status
        self.sequence = sequence
        self.body = body
    }

    public enum Body: Sendable, Equatable {
        case bindReceiver(Bind)
        /// The system_id of the message centre, as in the answers to the other two binds.
        case bindReceiverResponse(String)
        case bindTransmitter(Bind)
        case bindTransmitterResponse(String)
        case bindTransceiver(Bind)
        /// The system_id of the message centre.
        case bindTransceiverResponse(String)
        case submit(ShortMessageUnit)
        /// message_id, empty when the message was not taken.
        case submitResponse(String)
        case deliver(ShortMessageUnit)
        case deliverResponse
        case data(DataUnit)
        /// message_id, empty when the message was not taken.
        case dataResponse(String)
        case enquireLink
        case enquireLinkResponse
        case unbind
        case unbindResponse
        case genericNack
        /// A message centre asks for a session; has no answer (§4.1.7).
        case outbind(Outbind)
        /// A handset can be reached again; has no answer (§4.12).
        case alertNotification(AlertNotification)
        /// A command that this codec does not speak, with its octets.
        case other(UInt32, [UInt8])
    }

    /// The bit that tells an answer from a request.
    static let response: UInt32 = 0x8000_0000

    /// Whether it answers a request of ours.
    public var isResponse: Bool { body.commandID & Self.response != 0 }
}

extension PDU.Body {
    var commandID: UInt32 {
        switch self {
        case .bindReceiver: 0x01
        case .bindReceiverResponse: 0x01 | PDU.response
        case .bindTransmitter: 0x02
        case .bindTransmitterResponse: 0x02 | PDU.response
        case .bindTransceiver: 0x09
        case .bindTransceiverResponse: 0x09 | PDU.response
        case .submit: 0x04
        case .submitResponse: 0x04 | PDU.response
        case .deliver: 0x05
        case .deliverResponse: 0x05 | PDU.response
        case .data: 0x0103
        case .dataResponse: 0x0103 | PDU.response
        case .enquireLink: 0x15
        case .enquireLinkResponse: 0x15 | PDU.response
        case .unbind: 0x06
        case .unbindResponse: 0x06 | PDU.response
        case .genericNack: PDU.response
        case .outbind: 0x0B
        case .alertNotification: 0x0102
        case .other(let command, _): command
        }
    }
}

extension PDU {
    /// Reads one whole unit: header and body, as ``Frames`` cut it out.
    public init(_ octets: [UInt8]) throws(SMPPError) {
        guard octets.count >= 16 else { throw .truncated }
        let command = Self.uint32(octets[4..<8])
        status = CommandStatus(rawValue: Self.uint32(octets[8..<12]))
        sequence = Self.uint32(octets[12..<16])
        var reader = OctetReader(octets[16...])
        body = try Body(command, &reader)
    }

    /// The sequence number of octets that are no unit this codec can read, to answer them with generic_nack.
    public static func sequence(of octets: [UInt8]) -> UInt32 {
        octets.count >= 16 ? uint32(octets[12..<16]) : 0
    }

    /// Whether octets that are no unit this codec can read are an answer, which is never answered itself.
    public static func isResponse(_ octets: [UInt8]) -> Bool {
        octets.count >= 16 && octets[4] & 0x80 != 0
    }

    /// Header and body.
    ///
    /// - Throws: ``SMPPError/fieldTooLong(_:)`` or ``SMPPError/invalidText(_:)`` if a field cannot hold its value;
    ///   ``SMPPError/length(_:)`` if the whole is longer than ``Frames/longest``.
    public func octets() throws(SMPPError) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(256)
        octets.append(uint32: 0)
        octets.append(uint32: body.commandID)
        octets.append(uint32: status.rawValue)
        octets.append(uint32: sequence)
        switch body {
        case .bindReceiver(let bind), .bindTransmitter(let bind), .bindTransceiver(let bind):
            try bind.write(to: &octets)
        case .bindReceiverResponse(let systemID), .bindTransmitterResponse(let systemID),
            .bindTransceiverResponse(let systemID):
            try octets.append(text: systemID, 16, "system_id")
        case .submit(let message), .deliver(let message): try message.write(to: &octets)
        case .data(let message): try message.write(to: &octets)
        case .submitResponse(let id), .dataResponse(let id): try octets.append(text: id, 65, "message_id")
        case .outbind(let outbind): try outbind.write(to: &octets)
        case .alertNotification(let alert): try alert.write(to: &octets)
        // message_id of deliver_sm_resp is unused and empty (§4.6.2).
        case .deliverResponse: octets.append(0)
        case .enquireLink, .enquireLinkResponse, .unbind, .unbindResponse, .genericNack: break
        case .other(_, let rest): octets += rest
        }
        let length = UInt32(clamping: octets.count)
        guard length <= UInt32(Frames.longest) else { throw .length(length) }
        for index in 0..<4 { octets[index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
        return octets
    }

    static func uint32(_ octets: ArraySlice<UInt8>) -> UInt32 {
        octets.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension PDU.Body {
    /// Reads the body of a command; what follows the mandatory fields of an answer is of no use to a client.
    fileprivate init(_ command: UInt32, _ reader: inout OctetReader) throws(SMPPError) {
        // An answer that refuses may leave its body out.
        switch command {
        case 0x01: self = .bindReceiver(try Bind(&reader))
        case 0x01 | PDU.response: self = .bindReceiverResponse(try reader.textIfAny(16, "system_id"))
        case 0x02: self = .bindTransmitter(try Bind(&reader))
        case 0x02 | PDU.response: self = .bindTransmitterResponse(try reader.textIfAny(16, "system_id"))
        case 0x09: self = .bindTransceiver(try Bind(&reader))
        case 0x09 | PDU.response: self = .bindTransceiverResponse(try reader.textIfAny(16, "system_id"))
        case 0x04: self = .submit(try ShortMessageUnit(&reader))
        case 0x04 | PDU.response: self = .submitResponse(try reader.textIfAny(65, "message_id"))
        case 0x05: self = .deliver(try ShortMessageUnit(&reader))
        case 0x05 | PDU.response: self = .deliverResponse
        case 0x0103: self = .data(try DataUnit(&reader))
        case 0x0103 | PDU.response: self = .dataResponse(try reader.textIfAny(65, "message_id"))
        case 0x0B: self = .outbind(try Outbind(&reader))
        case 0x0102: self = .alertNotification(try AlertNotification(&reader))
        case 0x15: self = .enquireLink
        case 0x15 | PDU.response: self = .enquireLinkResponse
        case 0x06: self = .unbind
        case 0x06 | PDU.response: self = .unbindResponse
        case PDU.response: self = .genericNack
        default: self = .other(command, reader.remaining())
        }
    }
}
