import MSSCore
import OTA
import SMPP
import Synchronization
import Testing

@testable import SIMLink

@Suite("Receiving over TCP", .timeLimit(.minutes(1)))
struct ReceiveTests {
    private func deliver(_ userData: [UInt8], _ sequence: UInt32) -> PDU {
        PDU(.deliver(Fixtures.uplink(userData)), sequence: sequence)
    }

    @Test("a part is acknowledged when it is stored, the last one when the whole answer is")
    func acknowledgedWhenStored() async throws {
        let store = Store()
        try await RunningCentre.run(receive: store.receive) { centre in
            let smsc = try await centre.smsc.boundLink()
            let packet = try Fixtures.answer(200)
            let parts = try packet.segments(reference: 3)
            try await smsc.write(deliver(parts[1], 11))
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 11))
            try await smsc.write(deliver(parts[0], 12))
            let stored = await store.next()
            #expect(stored.packet == packet)
            #expect(stored.msisdn == (try Fixtures.msisdn()))
            // The link answers other things meanwhile, and these are the first units it says.
            try await smsc.write(PDU(.enquireLink, sequence: 14))
            #expect(try await smsc.next() == PDU(.enquireLinkResponse, sequence: 14))
            stored.finish(true)
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 12))
        }
    }

    @Test("a part that the store does not take, and a last part whose answer is not stored, come again")
    func partsComeAgain() async throws {
        let store = Store()
        let parts = FailingParts()
        try await RunningCentre.run(parts: parts, receive: store.receive) { centre in
            let smsc = try await centre.smsc.boundLink()
            let segments = try Fixtures.answer(200).segments(reference: 3)
            let later = CommandStatus.temporaryApplicationError
            parts.isDown.withLock { $0 = true }
            try await smsc.write(deliver(segments[0], 1))
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 1, status: later))
            #expect(centre.log.text.contains("storage is down"))
            parts.isDown.withLock { $0 = false }
            try await smsc.write(deliver(segments[0], 2))
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 2))
            try await smsc.write(deliver(segments[1], 3))
            await store.next().finish(false)
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 3, status: later))
            try await smsc.write(deliver(segments[1], 4))
            await store.next().finish(true)
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 4))
        }
    }

    @Test("parts that come by different message centres, and by different processes, make one answer")
    func differentWays() async throws {
        let store = Store()
        let shared = MemoryParts()
        try await RunningCentre.run(centres: 2, parts: shared, receive: store.receive) { one in
            try await RunningCentre.run(parts: shared, receive: store.receive) { other in
                let links = [
                    try await one.centres[0].boundLink(), try await one.centres[1].boundLink(),
                    try await other.smsc.boundLink(),
                ]
                let packet = try Fixtures.answer(300)
                let parts = try packet.segments(reference: 3)
                for index in [1, 2] {
                    try await links[index].write(deliver(parts[index], 7))
                    #expect(try await links[index].next() == PDU(.deliverResponse, sequence: 7))
                }
                try await links[0].write(deliver(parts[0], 7))
                let stored = await store.next()
                #expect(stored.packet == packet)
                stored.finish(true)
                #expect(try await links[0].next() == PDU(.deliverResponse, sequence: 7))
            }
        }
    }

    @Test("an answer that comes as data_sm is taken too")
    func data() async throws {
        let store = Store()
        try await RunningCentre.run(receive: store.receive) { centre in
            let smsc = try await centre.smsc.boundLink()
            let packet = try Fixtures.answer()
            var message = DataUnit(
                source: .international(Fixtures.number),
                destination: .shortCode("17017"),
                esmClass: 0x40,
                dataCoding: DataCoding.octets
            )
            let octets = try packet.segments(reference: 3)[0]
            message.parameters = [OptionalParameter(tag: OptionalParameter.messagePayload, value: octets)]
            try await smsc.write(PDU(.data(message), sequence: 5))
            let stored = await store.next()
            #expect(stored.packet == packet)
            stored.finish(true)
            #expect(try await smsc.next() == PDU(.dataResponse(""), sequence: 5))
        }
    }

    @Test("what was not stored is to be sent again, and then is")
    func notStored() async throws {
        let store = Store()
        try await RunningCentre.run(receive: store.receive) { centre in
            let smsc = try await centre.smsc.boundLink()
            let octets = try Fixtures.answer().segments(reference: 3)[0]
            try await smsc.write(deliver(octets, 1))
            await store.next().finish(false)
            let answer = PDU(.deliverResponse, sequence: 1, status: .temporaryApplicationError)
            #expect(try await smsc.next() == answer)
            try await smsc.write(deliver(octets, 2))
            await store.next().finish(true)
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 2))
        }
    }

    @Test("a slow store of one answer does not hold up the next")
    func slowStore() async throws {
        let store = Store()
        try await RunningCentre.run(receive: store.receive) { centre in
            let smsc = try await centre.smsc.boundLink()
            let octets = try Fixtures.answer().segments(reference: 3)[0]
            try await smsc.write(deliver(octets, 1))
            let slow = await store.next()
            try await smsc.write(deliver(octets, 2))
            await store.next().finish(true)
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 2))
            slow.finish(true)
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 1))
        }
    }

    @Test("receipts and strangers' texts are acknowledged; no word of them is logged")
    func strangers() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            let receipt = Fixtures.uplink(Array("stat:DELIVRD".utf8), esmClass: ESMClass.deliveryReceipt)
            let text = Fixtures.uplink(Array("dear operator".utf8), esmClass: 0)
            try await smsc.write(PDU(.deliver(receipt), sequence: 1), PDU(.deliver(text), sequence: 2))
            // Each is acknowledged when it was dealt with, in whatever order.
            let acknowledged = [try await smsc.next(), try await smsc.next()].map(\.sequence)
            #expect(acknowledged.sorted() == [1, 2])
            #expect(centre.tally.counted("simlink_uplinks_refused") == 1)
            #expect(!centre.log.text.contains("dear") && !centre.log.text.contains(Fixtures.number))
        }
    }

    @Test("an answer that was not acknowledged when the link broke is taken on the next link")
    func redelivered() async throws {
        let store = Store()
        try await RunningCentre.run(receive: store.receive) { centre in
            let parts = try Fixtures.answer(200).segments(reference: 3)
            let first = try await centre.smsc.boundLink()
            try await first.write(deliver(parts[0], 1))
            #expect(try await first.next() == PDU(.deliverResponse, sequence: 1))
            try await first.write(deliver(parts[1], 2))
            let unanswered = await store.next()
            try await first.close()
            unanswered.finish(false)
            let second = try await centre.smsc.boundLink()
            try await second.write(deliver(parts[1], 1))
            await store.next().finish(true)
            #expect(try await second.next() == PDU(.deliverResponse, sequence: 1))
        }
    }

    @Test("three thousand answers are stored and acknowledged")
    func crowd() async throws {
        let count = 3_000 as UInt32
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            let octets = try Fixtures.answer().segments(reference: 3)[0]
            let start = ContinuousClock.now
            var open = Set<UInt32>()
            for first in stride(from: 1, through: count, by: 100) {
                let units = try (first..<first + 100).flatMap { try deliver(octets, $0).octets() }
                try await smsc.write(octets: units)
                open.formUnion(first..<first + 100)
                while !open.isEmpty {
                    let unit = try await smsc.next()
                    #expect(unit.body == .deliverResponse && unit.status == .ok)
                    #expect(open.remove(unit.sequence) != nil)
                }
            }
            print("SIMLink: \(count) answers in \(ContinuousClock.now - start)")
        }
    }
}

/// A store that says what became of an answer when the test wants it to.
private final class Store: Sendable {
    struct Stored: Sendable {
        let packet: ResponsePacket
        let msisdn: MSISDN
        let finish: @Sendable (Bool) -> Void
    }

    private let arrivals: AsyncStream<Stored>
    private let arrived: AsyncStream<Stored>.Continuation

    init() { (arrivals, arrived) = AsyncStream.makeStream() }

    @Sendable func receive(_ packet: ResponsePacket, _ msisdn: MSISDN) async -> Bool {
        let (answer, input) = AsyncStream<Bool>.makeStream()
        arrived.yield(
            Stored(packet: packet, msisdn: msisdn) { isStored in
                input.yield(isStored)
                input.finish()
            }
        )
        for await isStored in answer { return isStored }
        return false
    }

    /// The next answer that is to be stored.
    func next() async -> Stored {
        for await stored in arrivals { return stored }
        preconditionFailure("the stream of arrivals never ends")
    }
}

/// Parts in memory whose storage can be down.
private final class FailingParts: PartStore {
    let isDown = Mutex(false)
    private let parts = MemoryParts()

    func put(_ part: AnswerPart) async throws(PartStoreError) -> [AnswerPart] {
        if isDown.withLock({ $0 }) { throw PartStoreError(reason: "storage is down") }
        return try await parts.put(part)
    }

    func forgetOld() async { await parts.forgetOld() }
}
