import SMPP
import Testing

@testable import SIMLink

@Suite("What becomes of a command")
struct CommandDeliveryTests {
    private let taken = SubmitOutcome.accepted(MessageID("1"), sequence: 1)

    private func take(_ delivery: inout CommandDelivery, _ outcomes: SubmitOutcome...) -> CommandDelivery.Step {
        delivery.take(outcomes.enumerated().map { (index: $0, outcome: $1) })
    }

    @Test("all segments taken is taken")
    func whole() {
        var delivery = CommandDelivery(segments: 2)
        #expect(take(&delivery, taken, taken) == .taken)
    }

    @Test("what never left is tried again at once, alone")
    func notSent() {
        var delivery = CommandDelivery(segments: 3)
        #expect(take(&delivery, taken, .notSent, taken) == .again([1], after: .milliseconds(50)))
        #expect(delivery.end("late") == .notSent("late"))
        #expect(delivery.take([(index: 1, outcome: taken)]) == .taken)
    }

    @Test("a segment without an answer is sent twice more, then nobody knows")
    func lost() {
        var delivery = CommandDelivery(segments: 1)
        #expect(take(&delivery, .lost) == .again([0], after: .zero))
        #expect(take(&delivery, .lost) == .again([0], after: .zero))
        #expect(delivery.end("late") == .unknownOutcome)
        #expect(take(&delivery, .lost) == .failed(.unknownOutcome))
    }

    @Test("a copy that is taken makes up for one that was lost")
    func madeUp() {
        var delivery = CommandDelivery(segments: 1)
        _ = take(&delivery, .lost)
        #expect(take(&delivery, taken) == .taken)
    }

    @Test("a copy that is refused says nothing of one that was lost")
    func refusedAfterLoss() {
        for end in [SubmitOutcome.refused(.invalidDestination), .overloaded] {
            var delivery = CommandDelivery(segments: 1)
            _ = take(&delivery, .lost)
            #expect(take(&delivery, end) == .failed(.unknownOutcome))
        }
    }

    @Test("one segment that no card can have decides, whatever became of the others")
    func decides() {
        var delivery = CommandDelivery(segments: 2)
        let refused = SIMLinkError.refused("the message centre refused it: ESME_RINVSRCADR (0xA)")
        #expect(take(&delivery, .lost, .refused(.invalidSource)) == .failed(refused))
        var other = CommandDelivery(segments: 2)
        #expect(take(&other, .lost, .overloaded) == .failed(.notSent("the message centre is overloaded")))
        var third = CommandDelivery(segments: 2)
        _ = take(&third, .lost, .notSent)
        #expect(third.end("late") == .notSent("late"))
    }

    @Test("temporary refusals wait longer each time, up to eight seconds")
    func temporary() {
        var delivery = CommandDelivery(segments: 1)
        for pause in [500, 1_000, 2_000, 4_000, 8_000, 8_000] {
            #expect(take(&delivery, .refused(.systemError)) == .again([0], after: .milliseconds(pause)))
        }
    }

    @Test(
        "the table of statuses",
        arguments: [
            (0x00, StatusMeaning.taken), (0x01, .defect), (0x02, .defect), (0x03, .defect), (0x04, .unbound),
            (0x05, .unbound), (0x08, .temporary), (0x0A, .permanent), (0x0B, .permanent), (0x14, .overloaded),
            (0x43, .permanent), (0x45, .once), (0x58, .overloaded), (0x61, .permanent), (0x62, .permanent),
            (0x64, .temporary), (0x65, .permanent), (0x66, .permanent), (0xC0, .defect), (0xC4, .defect),
            (0xFE, .once), (0xFF, .once), (0x0400, .permanent), (0xFFFF_FFFF, .permanent),
        ] as [(UInt32, StatusMeaning)]
    )
    func statuses(status: UInt32, meaning: StatusMeaning) {
        #expect(StatusMeaning(CommandStatus(rawValue: status)) == meaning)
    }

    @Test("name, password and account refuse a session; a standing session does not")
    func sessions() {
        let refusing = (0...0xFF as ClosedRange<UInt32>).filter { CommandStatus(rawValue: $0).refusesSessions }
        #expect(refusing == [0x0D, 0x0E, 0x0F])
    }
}
