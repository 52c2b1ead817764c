import SMPP
import Testing

@testable import Simulation

struct OutboxTests {
    private let start = ContinuousClock.now

    private static func unit(_ number: UInt8) -> ShortMessageUnit {
        ShortMessageUnit(
            source: .international("358401000001"),
            destination: .shortCode("4444"),
            esmClass: 0x40,
            protocolID: 0,
            dataCoding: 0xF6,
            shortMessage: [number]
        )
    }

    private static func taken(_ outbox: Outbox, room: Int = .max) -> [Outbox.Entry] {
        var taken: [Outbox.Entry] = []
        outbox.pump { entry in
            guard taken.count < room else { return false }
            taken.append(entry)
            return true
        }
        return taken
    }

    @Test("messages leave in their order, as far as there is room, and no further")
    func order() {
        let outbox = Outbox()
        for number in 0..<5 { #expect(outbox.add(Self.unit(UInt8(number)))) }
        #expect(Self.taken(outbox, room: 2).map(\.unit.shortMessage) == [[0], [1]])
        #expect(Self.taken(outbox).map(\.unit.shortMessage) == [[2], [3], [4]])
        #expect(outbox.count == 0)
    }

    @Test("what was not taken comes again after 1, 2, 4, 8 and then 10 seconds")
    func pauses() throws {
        let outbox = Outbox()
        #expect(outbox.add(Self.unit(1), now: start))
        var now = start
        for pause in [1, 2, 4, 8, 10, 10] {
            outbox.postpone(Self.taken(outbox), now: now)
            #expect(outbox.ripen(now: now + .seconds(pause) - .milliseconds(1)) == 0)
            #expect(Self.taken(outbox).isEmpty)
            now += .seconds(pause)
            #expect(outbox.ripen(now: now) == 0)
            #expect(outbox.count == 1)
        }
    }

    @Test("a message is kept for an hour")
    func expiry() {
        let outbox = Outbox()
        #expect(outbox.add(Self.unit(1), now: start))
        #expect(outbox.ripen(now: start + .seconds(3_599)) == 0)
        #expect(outbox.ripen(now: start + .seconds(3_600)) == 1)
        #expect(outbox.count == 0)
    }

    @Test("a full store takes no more")
    func full() {
        let outbox = Outbox(most: 2)
        #expect(outbox.add(Self.unit(1)) && outbox.add(Self.unit(2)))
        #expect(!outbox.add(Self.unit(3)))
        outbox.postpone(Self.taken(outbox))
        #expect(!outbox.add(Self.unit(3)))
    }

    @Test("a session's unanswered deliveries come back: in time, and all of them at its end")
    func session() throws {
        let outbox = Outbox()
        let session = SMSCSession(now: start) {}
        for number in 0..<UInt8(SMSCSession.window + 1) { #expect(outbox.add(Self.unit(number))) }
        outbox.pump { session.deliver($0, now: start) }
        #expect(outbox.count == SMSCSession.window + 1)
        session.bound()
        outbox.pump { session.deliver($0, now: start) }
        #expect(outbox.count == 1)
        #expect(session.answered(1)?.unit.shortMessage == [0])
        #expect(session.answered(1) == nil)
        #expect(session.unanswered(for: .seconds(5), now: start + .seconds(4)).isEmpty)
        outbox.pump { session.deliver($0, now: start + .seconds(4)) }
        let old = session.unanswered(for: .seconds(5), now: start + .seconds(5))
        #expect(old.map(\.unit.shortMessage) == (1..<100).map { [$0] })
        #expect(session.close().map(\.unit.shortMessage) == [[100]])
    }

    @Test("a connection without a word is given up after ten seconds, a bound one after two minutes")
    func idle() {
        let session = SMSCSession(now: start) {}
        #expect(!session.isIdle(now: start + .seconds(10)))
        #expect(session.isIdle(now: start + .seconds(11)))
        session.bound()
        #expect(!session.isIdle(now: start + .seconds(120)))
        session.heard(now: start + .seconds(100))
        #expect(!session.isIdle(now: start + .seconds(220)))
        #expect(session.isIdle(now: start + .seconds(221)))
    }

    @Test("validity is relative or a point in time, an hour at most")
    func validity() {
        // 2026-11-26 12:00:00 UTC
        let now = 1_795_694_400
        #expect(ValidityPeriod.duration("", now: now) == .seconds(3_600))
        #expect(ValidityPeriod.duration("000000000130000R", now: now) == .seconds(90))
        #expect(ValidityPeriod.duration("000001000000000R", now: now) == .seconds(3_600))
        #expect(ValidityPeriod.duration("010000000000000R", now: now) == .seconds(3_600))
        #expect(ValidityPeriod.duration("261126120130000+", now: now) == .seconds(90))
        #expect(ValidityPeriod.duration("261126140130008+", now: now) == .seconds(90))
        #expect(ValidityPeriod.duration("261126100130008-", now: now) == .seconds(90))
        #expect(ValidityPeriod.duration("251126120130000+", now: now) == .zero)
        for wrong in ["R", "00000000013000R", "00000000013000xR", "000000000130000Z", "0000000001300000R", "ääääääää"] {
            #expect(ValidityPeriod.duration(wrong, now: now) == nil)
        }
    }
}
