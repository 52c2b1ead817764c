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
        case bindTransceiver(Bind)
        /// The system_id of the message centre.
        case bindTransceiverResponse(String)
        case submit(ShortMessageUnit)
        /// message_id, empty when the message was not taken.
        case submitResponse(String)
        case deliver(ShortMessageUnit)
        case deliverResponse
        case enquireLink
        case enquireLinkResponse
        case unbind
        case unbindResponse
        case genericNack
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
        case .bindTransceiver: 0x09
        case .bindTransceiverResponse: 0x09 | PDU.response
        case .submit: 0x04
        case .submitResponse: 0x04 | PDU.response
        case .deliver: 0x05
        case .deliverResponse: 0x05 | PDU.response
        case .enquireLink: 0x15
        case .enquireLinkResponse: 0x15 | PDU.response
        case .unbind: 0x06
        case .unbindResponse: 0x06 | PDU.response
        case .genericNack: PDU.response
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
        switch command {
        case 0x09: body = .bindTransceiver(try Bind(&reader))
        // An answer that refuses may leave its body out.
        case 0x09 | Self.response:
            body = .bindTransceiverResponse(reader.isAtEnd ? "" : try reader.text(16, "system_id"))
        case 0x04: body = .submit(try ShortMessageUnit(&reader))
        case 0x04 | Self.response:
            body = .submitResponse(reader.isAtEnd ? "" : try reader.text(65, "message_id"))
        case 0x05: body = .deliver(try ShortMessageUnit(&reader))
        case 0x05 | Self.response: body = .deliverResponse
        case 0x15: body = .enquireLink
        case 0x15 | Self.response: body = .enquireLinkResponse
        case 0x06: body = .unbind
        case 0x06 | Self.response: body = .unbindResponse
        case Self.response: body = .genericNack
        default: body = .other(command, Array(octets[16...]))
        }
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
        case .bindTransceiver(let bind): try bind.write(to: &octets)
        case .bindTransceiverResponse(let systemID): try octets.append(text: systemID, 16, "system_id")
        case .submit(let message), .deliver(let message): try message.write(to: &octets)
        case .submitResponse(let id): try octets.append(text: id, 65, "message_id")
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
