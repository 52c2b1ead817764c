import HomeMSSP
import Testing

@Suite("An answer that does not come is asked for")
struct AskingAgainTests {
    private let start = ContinuousClock.now

    /// An exchange whose command the message centre took at once.
    private func sent(within time: Duration) -> ExchangeState {
        var state = ExchangeState(deadline: start + time, canResend: true)
        #expect(state.handle(.sent, at: start) == [])
        return state
    }

    @Test("fifteen seconds before the deadline, by REPEAT, and the command goes out no second time")
    func once() {
        var state = sent(within: .seconds(60))
        #expect(state.next == start + .seconds(45))
        #expect(state.handle(.time, at: start + .seconds(44)) == [])
        #expect(state.handle(.time, at: start + .seconds(45)) == [.askAgain])
        #expect(state.next == state.deadline)
        #expect(state.handle(.answer, at: start + .seconds(46)) == [.commit(.answered)])
    }

    @Test("five seconds after the command where there is less time, and not when an answer would come too late")
    func short() {
        var state = sent(within: .seconds(10))
        #expect(state.next == start + .seconds(5))
        #expect(state.handle(.time, at: start + .seconds(5)) == [.askAgain])
        var tooShort = sent(within: .seconds(6))
        #expect(tooShort.handle(.time, at: start + .seconds(5)) == [])
        #expect(tooShort.handle(.time, at: start + .seconds(6)) == [.commit(.expired)])
    }

    @Test("once more when the card had none yet: a person may have answered since")
    func tooEarly() {
        var state = sent(within: .seconds(60))
        #expect(state.handle(.time, at: start + .seconds(45)) == [.askAgain])
        #expect(state.handle(.noSuchAnswer, at: start + .seconds(46)) == [])
        #expect(state.next == start + .seconds(55))
        #expect(state.handle(.time, at: start + .seconds(55)) == [.askAgain])
        for second in 56..<60 {
            #expect(state.handle(.noSuchAnswer, at: start + .seconds(second)) == [])
            #expect(state.handle(.time, at: start + .seconds(second)) == [])
        }
        #expect(state.handle(.time, at: start + .seconds(60)) == [.commit(.expired)])
    }

    @Test("no sooner because the phone is known to have the command, or because it is told so late")
    func delivered() {
        var state = sent(within: .seconds(60))
        #expect(state.handle(.delivered, at: start + .seconds(1)) == [])
        #expect(state.next == start + .seconds(45))
        var early = ExchangeState(deadline: start + .seconds(60), canResend: true)
        #expect(early.handle(.delivered, at: start) == [])
        #expect(early.handle(.sent, at: start + .seconds(1)) == [])
        #expect(early.next == start + .seconds(45))
    }
}
