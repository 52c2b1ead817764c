import SMPP
import Testing

@Suite("Octets that are no protocol unit")
struct HostileInputTests {
    private static let examples: [[UInt8]] = [
        ProtocolUnitTests.bind, ProtocolUnitTests.submit,
        (try? PDU(.deliver(withParameters), sequence: 3).octets()) ?? [],
        (try? PDU(.submitResponse("0A1B"), sequence: 4).octets()) ?? [],
        (try? PDU(.data(data), sequence: 5).octets()) ?? [],
        (try? PDU(.outbind(Outbind(systemID: "C", password: "secret")), sequence: 6).octets()) ?? [],
        (try? PDU(.alertNotification(alert), sequence: 7).octets()) ?? [],
        (try? PDU(.deliver(receipt), sequence: 8).octets()) ?? [],
    ]

    private static var data: DataUnit {
        var message = DataUnit(source: .international("3581"), destination: .shortCode("1"), esmClass: 4, dataCoding: 0)
        message.parameters = [OptionalParameter(tag: OptionalParameter.messageState, value: [5])]
        return message
    }

    private static var alert: AlertNotification {
        AlertNotification(source: .international("358401234567"), destination: .shortCode("17017"))
    }

    private static var receipt: ShortMessageUnit {
        var message = ProtocolUnitTests.segment
        message.esmClass = ESMClass.deliveryReceipt
        let text = "id:0A1B sub:001 dlvrd:000 submit date:1 done date:1 stat:UNDELIV err:27 text:"
        message.shortMessage = Array(text.utf8)
        message.parameters = [
            OptionalParameter(tag: OptionalParameter.receiptedMessageID, value: Array("2587".utf8) + [0]),
            OptionalParameter(tag: OptionalParameter.networkErrorCode, value: [3, 0, 27]),
        ]
        return message
    }

    private static var withParameters: ShortMessageUnit {
        var message = ProtocolUnitTests.segment
        message.parameters = [
            OptionalParameter(tag: OptionalParameter.sarReference, value: [1, 2]),
            OptionalParameter(tag: OptionalParameter.messagePayload, value: [2, 0x71, 0, 9]),
        ]
        return message
    }

    @Test("a unit cut anywhere in its mandatory fields is refused", arguments: [0, 1, 5, 6])
    func truncation(example: Int) throws {
        let octets = Self.examples[example]
        try #require(!octets.isEmpty)
        for length in 0..<octets.count {
            #expect(throws: SMPPError.truncated) { try PDU(Array(octets[..<length])) }
        }
    }

    @Test("a parameter cut short is refused")
    func truncatedParameters() throws {
        let octets = Self.examples[2]
        // 6 octets of the first parameter and 8 of the second stand at the end; between two is a good place to end.
        for missing in 1..<14 where missing != 8 {
            #expect(throws: SMPPError.truncated) { try PDU(octets.dropLast(missing)) }
        }
        #expect(throws: Never.self) { try PDU(octets.dropLast(8)) }
    }

    @Test("every flipped bit gives a unit that can be written again, or an error")
    func bitFlips() {
        for octets in Self.examples {
            for index in octets.indices {
                for bit in 0..<8 {
                    var flipped = octets
                    flipped[index] ^= 1 << bit
                    roundTrip(flipped)
                }
            }
        }
    }

    @Test("random octets give units that can be written again, or errors")
    func random() {
        var generator = SplitMix(state: 2_024)
        let commands: [UInt16] = [0, 1, 2, 3, 4, 5, 6, 9, 0x0B, 0x15, 0x0102, 0x0103]
        for _ in 0..<20_000 {
            var octets = (0..<Int.random(in: 0...120, using: &generator)).map { _ in
                Bool.random(using: &generator) ? 0 : UInt8.random(in: 0...255, using: &generator)
            }
            if octets.count >= 8, let command = commands.randomElement(using: &generator) {
                octets.replaceSubrange(4..<8, with: Self.octets(command, Bool.random(using: &generator)))
            }
            roundTrip(octets)
            _ = PDU.sequence(of: octets)
            _ = PDU.isResponse(octets)
        }
    }

    @Test("a random stream ends in an error or wants more, and holds little")
    func randomStream() {
        var generator = SplitMix(state: 99)
        for _ in 0..<500 {
            var frames = Frames()
            var left = 0
            for _ in 0..<20 {
                let octets = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                    UInt8.random(in: 0...2, using: &generator)
                }
                left += octets.count
                frames.append(octets)
                guard let frame = try? frames.next() else { continue }
                left -= frame.count
                #expect(frame.count >= 16 && left >= 0)
            }
        }
    }

    private static func octets(_ command: UInt16, _ isResponse: Bool) -> [UInt8] {
        [isResponse ? 0x80 : 0, 0, UInt8(command >> 8), UInt8(command & 0xFF)]
    }

    private func roundTrip(_ octets: [UInt8]) {
        guard let unit = try? PDU(octets) else { return }
        if case .deliver(let message) = unit.body { _ = MessageReceipt(message) }
        if case .data(let message) = unit.body { _ = MessageReceipt(message.asShortMessage) }
        guard let written = try? unit.octets() else {
            Issue.record("read and cannot be written")
            return
        }
        #expect((try? PDU(written)) == unit)
    }
}

/// A small generator with a seed: the same numbers every time (Steele, Lea, Flood, 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
