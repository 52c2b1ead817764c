import SMPP
import Testing

@Suite("Delivery receipts")
struct MessageReceiptTests {
    private static let text =
        "id:0A1B2C3D sub:001 dlvrd:000 submit date:2611260930 done date:2611260935 stat:UNDELIV err:027 text:stat:DELIVRD"

    private func message(
        _ text: String,
        _ parameters: [OptionalParameter] = [],
        esmClass: UInt8 = ESMClass.deliveryReceipt
    ) -> ShortMessageUnit {
        var message = ShortMessageUnit(
            source: .international("358401234567"),
            destination: .shortCode("17017"),
            esmClass: esmClass,
            protocolID: 0,
            dataCoding: 0,
            shortMessage: Array(text.utf8)
        )
        message.parameters = parameters
        return message
    }

    private func parameter(_ tag: UInt16, _ value: [UInt8]) -> OptionalParameter {
        OptionalParameter(tag: tag, value: value)
    }

    @Test("the text of appendix B is read, its first words counting")
    func text() throws {
        let receipt = try #require(MessageReceipt(message(Self.text)))
        #expect(receipt.messageID?.description == "a1b2c3d")
        #expect(receipt.state == .undeliverable && receipt.isFinal && receipt.error == "027")
        #expect(receipt.networkError == nil)
    }

    @Test("parameters come before the text")
    func parameters() throws {
        let parameters = [
            parameter(OptionalParameter.receiptedMessageID, Array("169552957".utf8) + [0]),
            parameter(OptionalParameter.messageState, [3]),
            parameter(OptionalParameter.networkErrorCode, [3, 0x01, 0x1B]),
        ]
        let receipt = try #require(MessageReceipt(message(Self.text, parameters)))
        #expect(receipt.messageID?.description == "169552957")
        #expect(receipt.state == .expired && receipt.networkError == NetworkError(network: 3, code: 0x011B))
    }

    @Test("parameters of a wrong length leave the word to the text; an id without its NUL is an id")
    func wrongLengths() throws {
        let parameters = [
            parameter(OptionalParameter.receiptedMessageID, Array("77".utf8)),
            parameter(OptionalParameter.messageState, []), parameter(OptionalParameter.networkErrorCode, [3]),
        ]
        let receipt = try #require(MessageReceipt(message(Self.text, parameters)))
        #expect(receipt.messageID?.description == "77" && receipt.state == .undeliverable)
        #expect(receipt.networkError == nil)
    }

    @Test("the text is read in a payload parameter, in capitals and in UCS-2")
    func dialects() throws {
        var payload = message("")
        payload.parameters = [parameter(OptionalParameter.messagePayload, Array(Self.text.utf8))]
        #expect(MessageReceipt(payload)?.state == .undeliverable)
        #expect(MessageReceipt(message("ID:7 STAT:EXPIRED ERR:1"))?.state == .expired)
        var wide = message("")
        wide.shortMessage = "id:7 stat:REJECTD err:1".utf8.flatMap { [0, $0] }
        #expect(MessageReceipt(wide)?.state == .rejected && MessageReceipt(wide)?.messageID?.description == "7")
    }

    @Test(
        "every state has its words",
        arguments: [
            ("ENROUTE", MessageState.enRoute), ("DELIVRD", .delivered), ("EXPIRED", .expired), ("DELETED", .deleted),
            ("UNDELIV", .undeliverable), ("ACCEPTD", .accepted), ("UNKNOWN", .unknown), ("REJECTD", .rejected),
            ("DELIVERED", .delivered), ("UNDELIVERABLE", .undeliverable), ("REJECTED", .rejected),
        ]
    )
    func words(word: String, state: MessageState) {
        #expect(MessageReceipt(message("id:1 stat:\(word)"))?.state == state)
    }

    @Test("an intermediate notification is never final, a handset's message is no receipt")
    func kinds() {
        let notification = MessageReceipt(message(Self.text, esmClass: ESMClass.intermediateNotification))
        #expect(notification?.state == .undeliverable && notification?.isFinal == false)
        #expect(MessageReceipt(message(Self.text, esmClass: 0)) == nil)
        #expect(MessageReceipt(message(Self.text, esmClass: 0x08)) == nil)
        #expect(MessageReceipt(message("stat:ACCEPTD"))?.isFinal == false)
        let empty = MessageReceipt(message(""))
        #expect(empty != nil && empty?.messageID == nil && empty?.state == nil && empty?.isFinal == false)
    }

    @Test("an id is the same in hexadecimal and in decimal, padded or not, either way round")
    func identifiers() throws {
        func id(_ text: String) throws -> MessageID { try #require(MessageID(text)) }
        #expect(try id("0A1B2C3D").mayName(try id("169552957")))
        #expect(try id("169552957").mayName(try id("a1b2c3d")))
        #expect(try id("0000012345").mayName(try id("12345")))
        #expect(try id(" 7F ").mayName(try id("127")))
        #expect(try id("10").mayName(try id("16")))
        #expect(try id("10").mayName(try id("10")))
        #expect(try !id("10").mayName(try id("17")))
        #expect(try !id("zz-1").mayName(try id("1")))
        #expect(try id("000") == (try id("0")))
        // Beyond 64 bits there is only the text.
        let long = "f00dfeedf00dfeedf"
        #expect(try id(long).mayName(try id(long.uppercased())))
        #expect(try id(long).hexadecimal == nil)
        #expect(try id("+1").decimal == nil)
        #expect(try id("-1").hexadecimal == nil)
        for text in ["", "   ", "a b", String(repeating: "1", count: 65), "ä"] { #expect(MessageID(text) == nil) }
    }

    @Test("random texts and parameters never trap")
    func random() {
        var generator = SplitMix(state: 5)
        let words = ["id:", "stat:", "err:", " ", "UNDELIV", "7", "\u{0}", "\n", "ID", "é"]
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text += words.randomElement(using: &generator) ?? ""
            }
            let value = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let tags = [
                OptionalParameter.receiptedMessageID, OptionalParameter.messageState,
                OptionalParameter.networkErrorCode, OptionalParameter.messagePayload,
            ]
            let tag = tags.randomElement(using: &generator) ?? 0
            let receipt = MessageReceipt(message(text, [parameter(tag, value)]))
            #expect(receipt != nil)
            _ = receipt?.messageID.map { $0.mayName($0) }
        }
    }
}
