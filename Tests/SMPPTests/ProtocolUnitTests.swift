import SMPP
import Testing

@Suite("Protocol units")
struct ProtocolUnitTests {
    /// bind_transceiver by hand: SMPP3TEST, secret08, SUBMIT1, version 34, TON 1, NPI 1, no range.
    static let bind: [UInt8] =
        [0, 0, 0, 0x2F, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1] + Array("SMPP3TEST".utf8) + [0] + Array("secret08".utf8)
        + [0] + Array("SUBMIT1".utf8) + [0, 0x34, 1, 1, 0]

    /// submit_sm by hand: a segment for a card, from the short code 17017 to 358401234567.
    static let submit: [UInt8] =
        [0, 0, 0, 0x3B, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5]
        + [0, 3, 1] + Array("17017".utf8) + [0, 1, 1] + Array("358401234567".utf8) + [0]
        + [0x40, 0x7F, 0, 0, 0, 0, 0, 0xF6, 0, 9, 2, 0x70, 0, 0, 4, 0x15, 0x16, 0x21, 0x12]

    static var segment: ShortMessageUnit {
        ShortMessageUnit(
            source: .shortCode("17017"),
            destination: .international("358401234567"),
            esmClass: ESMClass.userDataHeader,
            protocolID: ProtocolID.simDataDownload,
            dataCoding: DataCoding.simSpecific,
            shortMessage: [2, 0x70, 0, 0, 4, 0x15, 0x16, 0x21, 0x12]
        )
    }

    @Test("a bind is read and written as the standard has it")
    func binds() throws {
        let unit = try PDU(Self.bind)
        guard case .bindTransceiver(let bind) = unit.body else {
            Issue.record("no bind")
            return
        }
        #expect(bind.systemID == "SMPP3TEST" && bind.password == "secret08" && bind.systemType == "SUBMIT1")
        #expect(bind.interfaceVersion == 0x34 && bind.typeOfNumber == 1 && bind.numberingPlan == 1)
        #expect(unit.sequence == 1 && !unit.isResponse)
        #expect(try unit.octets() == Self.bind)
        #expect(!"\(bind)".contains("secret08") && !String(reflecting: bind).contains("secret08"))
    }

    @Test("a command for a card is written as the standard has it")
    func submits() throws {
        let unit = PDU(.submit(Self.segment), sequence: 5)
        #expect(try unit.octets() == Self.submit)
        #expect(try PDU(Self.submit) == unit)
    }

    @Test(
        "units without a body are their header",
        arguments: [
            (PDU.Body.enquireLink, [0, 0, 0, 0x15] as [UInt8]), (.enquireLinkResponse, [0x80, 0, 0, 0x15]),
            (.unbind, [0, 0, 0, 6]), (.unbindResponse, [0x80, 0, 0, 6]), (.genericNack, [0x80, 0, 0, 0]),
        ]
    )
    func headers(body: PDU.Body, command: [UInt8]) throws {
        let unit = PDU(body, sequence: 0x7FFF_FFFF, status: .throttled)
        let octets: [UInt8] = [0, 0, 0, 16] + command + [0, 0, 0, 0x58, 0x7F, 0xFF, 0xFF, 0xFF]
        #expect(try unit.octets() == octets)
        #expect(try PDU(octets) == unit)
    }

    @Test("answers are read with and without a body")
    func answers() throws {
        let header: [UInt8] = [0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 0, 0x14, 0, 0, 0, 7]
        #expect(try PDU(header) == PDU(.submitResponse(""), sequence: 7, status: .queueFull))
        #expect(try PDU(header + [0x41, 0]).body == .submitResponse("A"))
        let delivered = PDU(.deliverResponse, sequence: 9, status: .temporaryApplicationError)
        #expect(try delivered.octets() == [0, 0, 0, 17, 0x80, 0, 0, 5, 0, 0, 0, 0x64, 0, 0, 0, 9, 0])
        #expect(try PDU(delivered.octets()) == delivered)
    }

    @Test("a command that a client does not meet is kept as it came")
    func others() throws {
        for command in [3, 7, 8, 0x21] as [UInt32] {
            var octets = Self.bind
            octets[6] = UInt8(command >> 8)
            octets[7] = UInt8(command & 0xFF)
            let unit = try PDU(octets)
            #expect(unit.body == .other(command, Array(octets[16...])))
            #expect(try unit.octets() == octets)
        }
    }

    @Test("the three binds differ in their command alone, and so do their answers")
    func kindsOfBind() throws {
        for command in [1, 2, 9] as [UInt8] {
            var octets = Self.bind
            octets[7] = command
            let unit = try PDU(octets)
            switch (command, unit.body) {
            case (1, .bindReceiver(let bind)), (2, .bindTransmitter(let bind)), (9, .bindTransceiver(let bind)):
                #expect(bind.systemID == "SMPP3TEST")
            default: Issue.record("command \(command) is read as another")
            }
            #expect(try unit.octets() == octets)
            // sc_interface_version stands after the name of the message centre: of no use, and no error.
            let header: [UInt8] = [0, 0, 0, 23, 0x80, 0, 0, command, 0, 0, 0, 0, 0, 0, 0, 1]
            let answer = try PDU(header + [0x43, 0, 2, 0x10, 0, 1, 0x34])
            #expect(answer.isResponse)
            #expect(try answer.octets().prefix(18).suffix(14) == (header + [0x43, 0])[4...])
        }
    }

    @Test("data_sm is read and written as the standard has it, and stands for the same short message")
    func data() throws {
        let octets: [UInt8] =
            [0, 0, 0, 0x33, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1, 1] + Array("358401234567".utf8) + [0, 3, 1]
            + Array("17017".utf8) + [0, 0x40, 0, 4] + [4, 0x24, 0, 4, 2, 0x71, 0, 9]
        let unit = try PDU(octets)
        guard case .data(let message) = unit.body else {
            Issue.record("no data_sm")
            return
        }
        #expect(message.source == .international("358401234567") && message.destination == .shortCode("17017"))
        let short = message.asShortMessage
        #expect(short.userData == [2, 0x71, 0, 9] && short.hasUserDataHeader && short.kind == .message)
        #expect(try unit.octets() == octets)
        let answer = PDU(.dataResponse("7"), sequence: 6)
        #expect(try answer.octets() == [0, 0, 0, 18, 0x80, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 6, 0x37, 0])
        #expect(try PDU(answer.octets()) == answer)
    }

    @Test("outbind and alert_notification are read and written; the former's password is not printed")
    func notices() throws {
        let outbind: [UInt8] =
            [0, 0, 0, 0x1E, 0, 0, 0, 0x0B, 0, 0, 0, 0, 0, 0, 0, 1] + Array("CENTRE".utf8) + [0] + Array("secret".utf8)
            + [0]
        let unit = try PDU(outbind)
        #expect(unit.body == .outbind(Outbind(systemID: "CENTRE", password: "secret")))
        #expect(try unit.octets() == outbind)
        #expect(!"\(unit)".contains("secret"))
        let alert: [UInt8] =
            [0, 0, 0, 0x1E, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0x33, 0, 3, 1, 0x34, 0, 4, 0x22, 0, 1, 0, 0]
        #expect(throws: SMPPError.truncated) { try PDU(alert) }
        let whole = try PDU(alert.dropLast())
        #expect(try whole.octets().dropFirst(4) == alert.dropLast().dropFirst(4))
    }

    @Test("optional parameters are kept, and a payload stands for the short message")
    func parameters() throws {
        var message = Self.segment
        message.shortMessage = []
        message.parameters = [
            OptionalParameter(tag: 0x1401, value: []),
            OptionalParameter(tag: OptionalParameter.messagePayload, value: [UInt8](repeating: 7, count: 300)),
        ]
        let octets = try PDU(.deliver(message), sequence: 1).octets()
        #expect(octets.suffix(304).prefix(5) == [0x04, 0x24, 0x01, 0x2C, 7])
        #expect(try PDU(octets).body == .deliver(message))
        #expect(message.userData == [UInt8](repeating: 7, count: 300))
    }

    @Test("receipts are told from messages")
    func receipts() {
        var message = Self.segment
        #expect(message.hasUserDataHeader && !message.isReceipt)
        message.esmClass = ESMClass.deliveryReceipt
        #expect(!message.hasUserDataHeader && message.isReceipt)
        let kinds: [(UInt8, MessageKind)] = [
            (0x43, .message), (0x44, .deliveryReceipt), (0x08, .deliveryAcknowledgement),
            (0x10, .manualAcknowledgement), (0x18, .conversationAbort), (0x20, .intermediateNotification),
            (0x2C, .reserved), (0xC0, .message),
        ]
        for (esmClass, kind) in kinds {
            message.esmClass = esmClass
            #expect(message.kind == kind)
        }
    }

    @Test("what does not fit its field is not written")
    func limits() throws {
        func write(_ change: (inout ShortMessageUnit) -> Void) throws(SMPPError) {
            var message = Self.segment
            change(&message)
            _ = try PDU(.submit(message), sequence: 1).octets()
        }
        try write { $0.shortMessage = [UInt8](repeating: 0, count: 254) }
        try write { $0.destination.digits = String(repeating: "1", count: 20) }
        #expect(throws: SMPPError.fieldTooLong("short_message")) {
            try write { $0.shortMessage = [UInt8](repeating: 0, count: 255) }
        }
        #expect(throws: SMPPError.fieldTooLong("address")) {
            try write { $0.destination.digits = String(repeating: "1", count: 21) }
        }
        #expect(throws: SMPPError.invalidText("address")) { try write { $0.source.digits = "1\u{0}2" } }
        #expect(throws: SMPPError.invalidText("service_type")) { try write { $0.serviceType = "é" } }
        #expect(throws: SMPPError.fieldTooLong("TLV")) {
            try write { $0.parameters = [OptionalParameter(tag: 1, value: [UInt8](repeating: 0, count: 65_536))] }
        }
        #expect(throws: SMPPError.length(65_594)) {
            try write { $0.parameters = [OptionalParameter(tag: 1, value: [UInt8](repeating: 0, count: 65_531))] }
        }
        #expect(throws: SMPPError.fieldTooLong("password")) {
            try PDU(.bindTransceiver(Bind(systemID: "a", password: "123456789")), sequence: 1).octets()
        }
    }

    @Test("a text without an end in its field is refused")
    func endlessText() {
        var octets = Self.bind
        octets.replaceSubrange(16..., with: [UInt8](repeating: 0x41, count: 40))
        #expect(throws: SMPPError.fieldTooLong("system_id")) { try PDU(octets) }
    }

    @Test("a status prints its name in the standard and its number")
    func statuses() {
        #expect("\(CommandStatus.throttled)" == "ESME_RTHROTTLED (0x58)")
        #expect("\(CommandStatus(rawValue: 0xC4))" == "ESME_RINVOPTPARAMVAL (0xC4)")
        #expect("\(CommandStatus(rawValue: 0x4FF))" == "0x4FF")
    }
}
