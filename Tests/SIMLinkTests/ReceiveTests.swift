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

    @Test("the parts of an answer are acknowledged only when it is stored")
    func acknowledgedWhenStored() async throws {
        let store = Store()
        try await RunningCentre.run(receive: store.receive) { centre in
            let smsc = try await centre.smsc.boundLink()
            let packet = try Fixtures.answer(200)
            let parts = try packet.segments(reference: 3)
            try await smsc.write(deliver(parts[1], 11), deliver(parts[0], 12), deliver(parts[0], 13))
            let stored = await store.next()
            #expect(stored.packet == packet)
            #expect(stored.msisdn == (try Fixtures.msisdn()))
            // The link answers other things meanwhile, and these are the first units it says.
            try await smsc.write(PDU(.enquireLink, sequence: 14))
            #expect(try await smsc.next() == PDU(.enquireLinkResponse, sequence: 14))
            stored.finish(true)
            for sequence in [11, 12, 13] as [UInt32] {
                #expect(try await smsc.next() == PDU(.deliverResponse, sequence: sequence))
            }
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

    @Test("parts whose others do not come are given back")
    func overdue() async throws {
        try await RunningCentre.run(settings: { $0.reassemblyTime = .milliseconds(1) }) { centre in
            let smsc = try await centre.smsc.boundLink()
            try await smsc.write(deliver(try Fixtures.answer(200).segments(reference: 3)[0], 5))
            let answer = PDU(.deliverResponse, sequence: 5, status: .temporaryApplicationError)
            #expect(try await smsc.next() == answer)
            #expect(centre.tally.counted("simlink_parts_overdue") == 1)
        }
    }

    @Test("receipts and strangers' texts are acknowledged; no word of them is logged")
    func strangers() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            let receipt = Fixtures.uplink(Array("stat:DELIVRD".utf8), esmClass: ESMClass.deliveryReceipt)
            let text = Fixtures.uplink(Array("dear operator".utf8), esmClass: 0)
            try await smsc.write(PDU(.deliver(receipt), sequence: 1), PDU(.deliver(text), sequence: 2))
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 1))
            #expect(try await smsc.next() == PDU(.deliverResponse, sequence: 2))
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
            await centre.isBound()
            try await first.close()
            let second = try await centre.smsc.boundLink()
            try await second.write(deliver(parts[0], 1), deliver(parts[1], 2))
            await store.next().finish(true)
            #expect(try await second.next() == PDU(.deliverResponse, sequence: 1))
            #expect(try await second.next() == PDU(.deliverResponse, sequence: 2))
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
