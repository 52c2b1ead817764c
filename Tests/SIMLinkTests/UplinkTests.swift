import MSSCore
import OTA
import SMPP
import Testing

@testable import SIMLink

@Suite("Uplink")
struct UplinkTests {
    private let now = ContinuousClock.now

    /// An uplink, and what it refused.
    private struct Desk {
        var uplink = Uplink(patience: .seconds(60), mostPartials: 20)
        var refusals: [String] = []

        mutating func take(
            _ sequence: UInt32,
            _ message: ShortMessageUnit,
            _ now: ContinuousClock.Instant
        ) -> [Uplink.Action] {
            var refusals: [String] = []
            defer { self.refusals += refusals }
            return uplink.delivered(sequence, message, now: now) { refusals.append($0) }
        }

        /// Takes parts in this order, numbered from `first`.
        mutating func take(
            _ parts: [[UInt8]],
            first: UInt32,
            from source: String = Fixtures.number,
            _ now: ContinuousClock.Instant
        ) -> [Uplink.Action] {
            parts.enumerated().flatMap { index, part in
                take(first + UInt32(index), Fixtures.uplink(part, from: source), now)
            }
        }
    }

    private func answer(_ actions: [Uplink.Action]) throws -> Uplink.Answer {
        guard case .receive(let answer) = try #require(actions.last) else { throw NoAnswer() }
        return answer
    }

    private struct NoAnswer: Error {}

    @Test("an answer in one message is received, and acknowledged when it is stored")
    func single() throws {
        var desk = Desk()
        let packet = try Fixtures.answer()
        let message = Fixtures.uplink(try packet.segments(reference: 1)[0])
        let answer = try answer(desk.take(7, message, now))
        #expect(answer.packet == packet)
        #expect(answer.msisdn == (try Fixtures.msisdn()))
        #expect(desk.uplink.stored(answer, true, now: now) == [7])
    }

    @Test(
        "parts in any order make one answer, and are acknowledged together",
        arguments: [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
    )
    func parts(order: [Int]) throws {
        var desk = Desk()
        let packet = try Fixtures.answer(300)
        let parts = try packet.segments(reference: 9)
        let actions = desk.take(order.map { parts[$0] }, first: 1, now)
        #expect(actions.count == 1)
        let answer = try answer(actions)
        #expect(answer.packet == packet)
        #expect(desk.uplink.stored(answer, true, now: now) == [1, 2, 3])
    }

    @Test("a part that comes again is acknowledged with its answer, and at once when that is stored")
    func doubled() throws {
        var desk = Desk()
        let parts = try Fixtures.answer(200).segments(reference: 9)
        let answer = try answer(desk.take([parts[0], parts[0], parts[1]], first: 1, now))
        #expect(desk.take([parts[1]], first: 4, now) == [])
        #expect(desk.uplink.stored(answer, true, now: now) == [1, 2, 3, 4])
        #expect(desk.take([parts[0]], first: 5, now) == [.acknowledge([5], .ok)])
        #expect(desk.uplink.overdue(now + .seconds(60)) == [])
        #expect(desk.take([parts[0]], first: 6, now + .seconds(60)) == [])
    }

    @Test("what was not stored is taken anew when it comes again")
    func postponed() throws {
        var desk = Desk()
        let parts = try Fixtures.answer(200).segments(reference: 9)
        let first = try answer(desk.take(parts, first: 1, now))
        #expect(desk.uplink.stored(first, false, now: now) == [1, 2])
        let second = try answer(desk.take(parts, first: 3, now))
        #expect(second == first)
        #expect(desk.uplink.stored(second, true, now: now) == [3, 4])
    }

    @Test("the same reference from two numbers is two answers")
    func sources() throws {
        var desk = Desk()
        let parts = try Fixtures.answer(200).segments(reference: 9)
        #expect(desk.take([parts[0]], first: 1, now) == [])
        #expect(desk.take([parts[1]], first: 2, from: "358407654321", now) == [])
        #expect(try answer(desk.take([parts[1]], first: 3, now)).msisdn == (try Fixtures.msisdn()))
    }

    @Test("a reference that is used again replaces what was half received")
    func reused() throws {
        var desk = Desk()
        let packet = try Fixtures.answer(200, filler: 6)
        let old = try Fixtures.answer(200).segments(reference: 9)
        let new = try packet.segments(reference: 9)
        #expect(desk.take([old[0], new[0]], first: 1, now) == [.acknowledge([1], .ok)])
        let answer = try answer(desk.take([new[1]], first: 3, now))
        #expect(answer.packet == packet)
        #expect(desk.uplink.stored(answer, true, now: now) == [2, 3])
    }

    @Test("parts whose others do not come are given back after a minute")
    func overdue() throws {
        var desk = Desk()
        let parts = try Fixtures.answer(200).segments(reference: 9)
        _ = desk.take([parts[0]], first: 1, now)
        #expect(desk.uplink.overdue(now + .milliseconds(59_999)) == [])
        #expect(desk.uplink.overdue(now + .seconds(60)) == [1])
        #expect(desk.take([parts[1]], first: 2, now) == [])
    }

    @Test("one source's litter is bounded, and takes no other's place; all of it is bounded too")
    func litter() throws {
        var desk = Desk()
        for reference in 0..<UInt8(Uplink.mostOfOneSource) {
            #expect(try desk.take([Fixtures.answer(200).segments(reference: reference)[0]], first: 1, now) == [])
        }
        let parts = try Fixtures.answer(200).segments(reference: 99)
        #expect(desk.take([parts[0]], first: 2, now) == [.acknowledge([2], .temporaryApplicationError)])
        #expect(desk.take([parts[0]], first: 3, from: "358407654321", now) == [])
        for number in 0..<15 { _ = desk.take([parts[0]], first: 4, from: "3584000000\(10 + number)", now) }
        let more = desk.take([parts[0]], first: 5, from: "358409999999", now)
        #expect(more == [.acknowledge([5], .temporaryApplicationError)])
        #expect(desk.refusals == ["too_many_parts", "too_many_parts"])
    }

    @Test("a receipt is acknowledged and is nothing else")
    func receipt() {
        var desk = Desk()
        let text = Array("id:1 stat:DELIVRD".utf8)
        #expect(desk.take(1, Fixtures.uplink(text, esmClass: 0x04), now) == [.acknowledge([1], .ok)])
        #expect(desk.refusals == [])
    }

    @Test("what is no answer of a card is acknowledged, so that it does not come for ever")
    func strangers() throws {
        var desk = Desk()
        let packet = try Fixtures.answer().segments(reference: 1)[0]
        let messages = [
            Fixtures.uplink(Array("hello".utf8), esmClass: 0), Fixtures.uplink([]), Fixtures.uplink([9, 1]),
            Fixtures.uplink(packet, from: "ALPHA"), Fixtures.uplink([0]), Fixtures.uplink(Array(packet.dropLast())),
            Fixtures.uplink([2, 0x70, 0] + packet.dropFirst(3)), Fixtures.uplink([5, 0, 3, 1, 9, 1, 4]),
        ]
        for message in messages { #expect(desk.take(1, message, now) == [.acknowledge([1], .ok)]) }
        #expect(desk.refusals.count == messages.count)
    }

    @Test("a payload parameter and a header without its mark are read")
    func dialects() throws {
        var desk = Desk()
        let packet = try Fixtures.answer()
        let octets = try packet.segments(reference: 1)[0]
        #expect(try answer(desk.take(1, Fixtures.uplink(octets, esmClass: 0), now)).packet == packet)
        var payload = Fixtures.uplink([])
        payload.parameters = [OptionalParameter(tag: OptionalParameter.messagePayload, value: octets)]
        #expect(try answer(desk.take(2, payload, now)).packet == packet)
    }

    @Test("parts that are told by sar parameters are put together")
    func sar() throws {
        var desk = Desk()
        let packet = try Fixtures.answer(200)
        let parts = try packet.segments(reference: 1)
        // The message centre took the concatenation out: the first keeps 71 00, the second no header at all.
        var first = Fixtures.uplink([2, 0x71, 0] + parts[0].dropFirst(8))
        var second = Fixtures.uplink(Array(parts[1].dropFirst(6)), esmClass: 0)
        first.parameters = Self.sar(1)
        second.parameters = Self.sar(2)
        #expect(desk.take(1, second, now) == [])
        #expect(try answer(desk.take(2, first, now)).packet == packet)
    }

    private static func sar(_ index: UInt8) -> [OptionalParameter] {
        [
            OptionalParameter(tag: OptionalParameter.sarReference, value: [0, 77]),
            OptionalParameter(tag: OptionalParameter.sarTotalSegments, value: [2]),
            OptionalParameter(tag: OptionalParameter.sarSegment, value: [index]),
        ]
    }

    @Test("random user data never traps, and every message has its answer in the end")
    func random() {
        var generator = SplitMix(state: 7)
        var desk = Desk()
        var open = Set<UInt32>()
        for sequence in 1...20_000 as ClosedRange<UInt32> {
            let length = Int.random(in: 0...24, using: &generator)
            let octets = (0..<length).map { _ in UInt8.random(in: 0...8, using: &generator) }
            var message = Fixtures.uplink(octets)
            let isSplit = Bool.random(using: &generator)
            if isSplit { message.parameters = Self.sar(UInt8.random(in: 0...3, using: &generator)) }
            open.insert(sequence)
            for action in desk.take(sequence, message, now) {
                switch action {
                case .acknowledge(let sequences, _): open.subtract(sequences)
                case .receive(let answer): open.subtract(desk.uplink.stored(answer, true, now: now))
                }
            }
        }
        open.subtract(desk.uplink.overdue(now + .seconds(60)))
        #expect(open.isEmpty)
    }
}

/// A small generator with a seed: the same numbers every time (Steele, Lea, Flood, 2014).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
