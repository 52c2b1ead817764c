import MSSCore
import SMPP
import Synchronization
import Testing

@testable import SIMLink

/// The session behind its lock, without a connection.
@Suite("Session and its connection")
struct SessionTests {
    private func session(_ change: (inout SMSCSettings) -> Void = { _ in }) throws -> (Session, Rings) {
        var settings = try Fixtures.settings()
        change(&settings)
        let session = Session(settings, tally: NoTally()) { _ in }
        let rings = Rings()
        session.attach { rings.count.withLock { $0 += 1 } }
        return (session, rings)
    }

    private final class Rings: Sendable {
        let count = Mutex(0)
        var number: Int { count.withLock { $0 } }
    }

    @Test("output rings once until it is taken; the end rings though nothing was taken")
    func rings() throws {
        let (session, rings) = try session()
        session.start()
        #expect(rings.number == 1)
        session.read(try PDU(.enquireLink, sequence: 1).octets())
        #expect(rings.number == 1)
        session.close("the link is dead")
        #expect(rings.number == 2)
        let (octets, isLast) = session.takeOutput()
        #expect(isLast && octets.count > 16)
        session.close("again")
        #expect(rings.number == 2 && session.closeReason == "the link is dead")
    }

    @Test("a connection that comes when the session has ended already hears so")
    func lateConnection() throws {
        let (session, _) = try session()
        session.leave("the service stops")
        let heard = Mutex(0)
        session.attach { heard.withLock { $0 += 1 } }
        #expect(heard.withLock { $0 } == 1 && session.takeOutput().isLast)
    }

    @Test("a message centre that asks without reading is left, and so is one that sends beyond measure")
    func greedy() throws {
        let (session, _) = try session()
        session.start()
        session.read(try PDU(.bindTransceiverResponse("C"), sequence: 1).octets())
        let probes = try (1...1_000 as ClosedRange<UInt32>).flatMap { try PDU(.enquireLink, sequence: $0).octets() }
        for _ in 0..<Session.mostOutput / 16_000 + 1 { session.read(probes) }
        #expect(session.closeReason == "the message centre does not read")
    }
}
