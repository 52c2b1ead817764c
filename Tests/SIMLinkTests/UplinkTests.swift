import MSSCore
import OTA
import SMPP
import Testing

@testable import SIMLink

@Suite("Uplink")
struct UplinkTests {
    private func packet(_ uplink: Uplink) -> ResponsePacket? {
        guard case .answer(let packet, _) = uplink else { return nil }
        return packet
    }

    private func part(_ message: ShortMessageUnit) throws -> AnswerPart {
        guard case .part(let part) = Uplink(message) else { throw NoPart() }
        return part
    }

    private struct NoPart: Error {}

    @Test("an answer in one message is an answer of its number")
    func single() throws {
        let packet = try Fixtures.answer()
        let message = Fixtures.uplink(try packet.segments(reference: 1)[0])
        #expect(Uplink(message) == .answer(packet, try Fixtures.msisdn()))
    }

    @Test(
        "parts in any order make one answer, doubled ones too",
        arguments: [[0, 1, 2], [2, 0, 1], [1, 2, 0], [0, 0, 1, 2, 2]]
    )
    func parts(order: [Int]) throws {
        let packet = try Fixtures.answer(300)
        let segments = try packet.segments(reference: 9)
        let parts = try order.map { try part(Fixtures.uplink(segments[$0])) }
        #expect(parts.allSatisfy { $0.total == 3 && $0.reference == 9 })
        #expect(Uplink.assemble(parts) == .whole(packet))
        #expect(Uplink.assemble(Array(parts.dropLast(order.count - 2))) == .incomplete)
        #expect(Uplink.assemble([]) == .incomplete)
    }

    @Test("parts that together are no response packet are malformed")
    func malformed() throws {
        let segments = try Fixtures.answer(200).segments(reference: 9)
        var parts = try segments.map { try part(Fixtures.uplink($0)) }
        parts[1].octets.removeLast()
        #expect(Uplink.assemble(parts) == .malformed)
        var nameless = try segments.map { try part(Fixtures.uplink($0)) }
        nameless[0].identifier = nil
        #expect(Uplink.assemble(nameless) == .malformed)
        nameless[0].identifier = Segmentation.command
        #expect(Uplink.assemble(nameless) == .malformed)
    }

    @Test("a receipt is a receipt, an acknowledgement of another handset is nothing")
    func receipts() throws {
        let text = Array("id:1 stat:DELIVRD".utf8)
        guard case .receipt(let receipt, let msisdn) = Uplink(Fixtures.uplink(text, esmClass: 0x04)) else {
            Issue.record("no receipt")
            return
        }
        #expect(receipt.state == .delivered)
        #expect(msisdn == (try Fixtures.msisdn()))
        for esmClass in [0x08, 0x10, 0x18] as [UInt8] {
            #expect(Uplink(Fixtures.uplink(text, esmClass: esmClass)) == .nothing(nil))
        }
    }

    @Test("what is no answer of a card is of no use, for a reason")
    func strangers() throws {
        let packet = try Fixtures.answer().segments(reference: 1)[0]
        let messages = [
            Fixtures.uplink(Array("hello".utf8), esmClass: 0), Fixtures.uplink([]), Fixtures.uplink([9, 1]),
            Fixtures.uplink(packet, from: "ALPHA"), Fixtures.uplink([0]), Fixtures.uplink(Array(packet.dropLast())),
            Fixtures.uplink([2, 0x70, 0] + packet.dropFirst(3)), Fixtures.uplink([5, 0, 3, 1, 9, 1, 4]),
            Fixtures.uplink([5, 0, 3, 1, 2, 0, 4]), Fixtures.uplink([5, 0, 3, 1, 2, 3, 4]),
        ]
        for message in messages {
            guard case .nothing(.some) = Uplink(message) else {
                Issue.record("\(message.shortMessage) is of use")
                continue
            }
        }
    }

    @Test("a payload parameter and a header without its mark are read; a payload beyond a short message is no part")
    func dialects() throws {
        let packet = try Fixtures.answer()
        let octets = try packet.segments(reference: 1)[0]
        #expect(self.packet(Uplink(Fixtures.uplink(octets, esmClass: 0))) == packet)
        var payload = Fixtures.uplink([])
        payload.parameters = [OptionalParameter(tag: OptionalParameter.messagePayload, value: octets)]
        #expect(self.packet(Uplink(payload)) == packet)
        let long = [5, 0, 3, 1, 2, 1] + [UInt8](repeating: 1, count: AnswerPart.longest + 1)
        payload.parameters = [OptionalParameter(tag: OptionalParameter.messagePayload, value: long)]
        #expect(Uplink(payload) == .nothing("no_answer_of_a_card"))
    }

    @Test("parts that are told by sar parameters are put together")
    func sar() throws {
        let packet = try Fixtures.answer(200)
        let segments = try packet.segments(reference: 1)
        // The message centre took the concatenation out: the first keeps 71 00, the second no header at all.
        var first = Fixtures.uplink([2, 0x71, 0] + segments[0].dropFirst(8))
        var second = Fixtures.uplink(Array(segments[1].dropFirst(6)), esmClass: 0)
        first.parameters = Self.sar(1)
        second.parameters = Self.sar(2)
        let parts = [try part(second), try part(first)]
        #expect(parts.allSatisfy { $0.reference == 77 } && Uplink.assemble(parts) == .whole(packet))
    }

    private static func sar(_ index: UInt8) -> [OptionalParameter] {
        [
            OptionalParameter(tag: OptionalParameter.sarReference, value: [0, 77]),
            OptionalParameter(tag: OptionalParameter.sarTotalSegments, value: [2]),
            OptionalParameter(tag: OptionalParameter.sarSegment, value: [index]),
        ]
    }

    @Test("random user data never traps, and its parts are within their bounds")
    func random() async throws {
        var generator = SplitMix(state: 7)
        let store = MemoryParts(most: 20)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...24, using: &generator)
            let octets = (0..<length).map { _ in UInt8.random(in: 0...8, using: &generator) }
            var message = Fixtures.uplink(octets)
            let isSplit = Bool.random(using: &generator)
            if isSplit { message.parameters = Self.sar(UInt8.random(in: 0...3, using: &generator)) }
            guard case .part(let part) = Uplink(message) else { continue }
            #expect((1...5).contains(part.total) && (1...part.total).contains(part.index))
            _ = Uplink.assemble(try await store.put(part))
        }
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
