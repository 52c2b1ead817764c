import SMPP
import Testing

@testable import SIMLink

/// The session by script: events go in, a clock that the test turns, actions come out.
@Suite("Session")
struct SessionStateTests {
    private let start = ContinuousClock.now

    private func bound(window: Int = 100) throws -> SessionState {
        var settings = try Fixtures.settings()
        settings.window = window
        var state = SessionState(settings, now: start)
        _ = state.start(now: start)
        #expect(state.received(PDU(.bindTransceiverResponse("C"), sequence: 1), now: start) == [.bound])
        return state
    }

    private let unit = Fixtures.uplink([1])
    private var later: ContinuousClock.Instant { start + .seconds(60) }

    /// A submission that leaves with so much time left.
    private func submitted(_ sequence: UInt32, left: Duration = .seconds(60)) -> SessionState.Action {
        var unit = unit
        unit.validityPeriod = ValidityPeriod.relative(left)
        return .write(PDU(.submit(unit), sequence: sequence))
    }

    private func taken(_ sequence: UInt32) -> SubmitOutcome { .accepted(MessageID("x"), sequence: sequence) }

    @Test("it begins with a bind and is bound by the answer")
    func binds() throws {
        var state = SessionState(try Fixtures.settings(), now: start)
        let bind = Bind(systemID: "home", password: "s3cr3t")
        #expect(state.start(now: start) == [.write(PDU(.bindTransceiver(bind), sequence: 1))])
        #expect(state.submit(0, unit, until: later, now: start) == [.finish(0, .notSent)])
        #expect(state.received(PDU(.bindTransceiverResponse("C"), sequence: 1), now: start) == [.bound])
        #expect(state.phase == .bound)
    }

    @Test(
        "a refused bind ends it and names the status",
        arguments: [PDU.Body.bindTransceiverResponse(""), .genericNack]
    )
    func refused(body: PDU.Body) throws {
        var state = SessionState(try Fixtures.settings(), now: start)
        _ = state.start(now: start)
        let actions = state.received(PDU(body, sequence: 1, status: .invalidPassword), now: start)
        #expect(actions == [.close("the message centre refused the session: ESME_RINVPASWD (0xE)")])
    }

    @Test("a bind without an answer ends it")
    func silentBind() throws {
        var state = SessionState(try Fixtures.settings(), now: start)
        _ = state.start(now: start)
        #expect(state.tick(start + .milliseconds(9_999)) == [])
        #expect(state.tick(start + .seconds(10)) == [.close("no answer to the bind")])
    }

    @Test("no more leave than the window holds, and the next when an answer makes room")
    func window() throws {
        var state = try bound(window: 2)
        #expect(state.submit(1, unit, until: later, now: start) == [submitted(2)])
        #expect(state.submit(2, unit, until: later, now: start) == [submitted(3)])
        #expect(state.submit(3, unit, until: later, now: start) == [])
        let actions = state.received(PDU(.submitResponse("x"), sequence: 3), now: start)
        #expect(actions == [.finish(2, taken(3)), submitted(4)])
    }

    @Test("what waits longer than its deadline never leaves")
    func expired() throws {
        var state = try bound(window: 1)
        let soon = start + .seconds(1)
        _ = state.submit(1, unit, until: later, now: start)
        _ = state.submit(2, unit, until: soon, now: start)
        _ = state.submit(3, unit, until: soon, now: start)
        #expect(state.submit(4, unit, until: start, now: start) == [.finish(4, .notSent)])
        let actions = state.received(PDU(.submitResponse("x"), sequence: 2), now: soon)
        #expect(actions == [.finish(1, taken(2)), .finish(2, .notSent), .finish(3, .notSent)])
    }

    @Test("more than may wait are turned away")
    func crowd() throws {
        var state = try bound(window: 1)
        for id in 0...UInt64(SessionState.mostWaiting) { _ = state.submit(id, unit, until: later, now: start) }
        #expect(state.submit(99_999, unit, until: later, now: start) == [.finish(99_999, .notSent)])
    }

    @Test("no answer in the response time, or until the deadline if that is earlier, is an unknown outcome")
    func lost() throws {
        var state = try bound()
        _ = state.submit(1, unit, until: later, now: start)
        _ = state.submit(2, unit, until: start + .seconds(4), now: start)
        #expect(state.tick(start + .seconds(4)) == [.finish(2, .lost)])
        #expect(state.tick(start + .seconds(10)) == [.finish(1, .lost)])
        #expect(state.received(PDU(.submitResponse("x"), sequence: 2), now: start + .seconds(11)) == [])
    }

    @Test("a refusal and a generic_nack are refusals, whatever status the latter carries")
    func refusals() throws {
        var state = try bound()
        for id in 1...2 as ClosedRange<UInt64> { _ = state.submit(id, unit, until: later, now: start) }
        let refused = PDU(.submitResponse(""), sequence: 2, status: .invalidDestination)
        #expect(state.received(refused, now: start) == [.finish(1, .refused(.invalidDestination))])
        let nack = PDU(.genericNack, sequence: 3, status: .ok)
        #expect(state.received(nack, now: start) == [.finish(2, .refused(.unknownError))])
    }

    @Test("a lost connection leaves what was sent unknown and what was not sent unsent")
    func connectionLost() throws {
        var state = try bound(window: 1)
        _ = state.submit(1, unit, until: later, now: start)
        _ = state.submit(2, unit, until: later, now: start)
        #expect(state.close("gone") == [.finish(2, .notSent), .finish(1, .lost), .close("gone")])
        #expect(state.close("again") == [] && state.tick(later) == [])
    }

    @Test("a caller that has gone frees its place")
    func cancelled() throws {
        var state = try bound(window: 1)
        for id in [1, 1, 2] as [UInt64] { _ = state.submit(id, unit, until: later, now: start) }
        let actions = state.cancel(now: start) { $0 == 1 }
        #expect(actions == [.finish(1, .notSent), .finish(1, .lost), submitted(3)])
    }

    @Test("silence is probed; an answer goes on, none ends it")
    func enquires() throws {
        var state = try bound()
        let probe = start + .seconds(30)
        #expect(state.tick(probe - .milliseconds(1)) == [])
        #expect(state.tick(probe) == [.write(PDU(.enquireLink, sequence: 2))])
        #expect(state.received(PDU(.enquireLinkResponse, sequence: 2), now: probe + .seconds(1)) == [])
        #expect(state.tick(probe + .seconds(11)) == [])
        #expect(state.tick(probe + .seconds(31)) == [.write(PDU(.enquireLink, sequence: 3))])
        #expect(state.tick(probe + .seconds(41)) == [.close("the link is dead")])
    }

    @Test("probes are answered, and strangers' commands refused")
    func answers() throws {
        var state = try bound()
        let probed = state.received(PDU(.enquireLink, sequence: 70), now: start)
        #expect(probed == [.write(PDU(.enquireLinkResponse, sequence: 70))])
        let unknown = PDU(.other(0x0021, [1]), sequence: 71)
        let nack = PDU(.genericNack, sequence: 71, status: .invalidCommandID)
        #expect(state.received(unknown, now: start) == [.write(nack)])
        #expect(state.received(PDU(.other(0x8000_0103, []), sequence: 72), now: start) == [])
    }

    @Test("an unbind of the message centre is answered and ends it; ours goes out before the end")
    func unbinds() throws {
        var state = try bound()
        let actions = state.received(PDU(.unbind, sequence: 5), now: start)
        #expect(actions.first == .write(PDU(.unbindResponse, sequence: 5)))
        #expect(state.phase == .closed)
        var other = try bound()
        #expect(other.leave("stop", now: start) == [.write(PDU(.unbind, sequence: 2))])
        #expect(other.received(PDU(.deliver(unit), sequence: 9), now: start) == [])
        #expect(other.received(PDU(.unbindResponse, sequence: 2), now: start) == [.close("stop")])
    }

    @Test("leaving waits for what is under way, and not for ever")
    func leaves() throws {
        var state = try bound(window: 1)
        _ = state.submit(1, unit, until: later, now: start)
        _ = state.submit(2, unit, until: later, now: start)
        #expect(state.leave("stop", now: start) == [.finish(2, .notSent)])
        #expect(state.submit(3, unit, until: later, now: start) == [.finish(3, .notSent)])
        let answer = PDU(.submitResponse("x"), sequence: 2)
        var other = state
        #expect(other.received(answer, now: start) == [.finish(1, taken(2)), .write(PDU(.unbind, sequence: 3))])
        let end = start + SessionState.farewell
        #expect(state.tick(end - .milliseconds(1)) == [])
        #expect(state.tick(end) == [.finish(1, .lost), .write(PDU(.unbind, sequence: 3))])
        #expect(state.tick(end + SessionState.farewell) == [.close("stop")])
    }

    @Test("what is throttled is kept and leaves again, first and unchanged, when the pause is over")
    func throttled() throws {
        var state = try bound(window: 2)
        for id in 1...3 as ClosedRange<UInt64> { _ = state.submit(id, unit, until: later, now: start) }
        let refusal = PDU(.submitResponse(""), sequence: 2, status: .throttled)
        #expect(state.received(refusal, now: start) == [.throttled])
        #expect(state.received(PDU(.submitResponse("x"), sequence: 3), now: start) == [.finish(2, taken(3))])
        #expect(state.fill(start + .milliseconds(199)) == [])
        let resumed = start + .milliseconds(200)
        #expect(state.fill(resumed) == [submitted(4, left: later - resumed)])
        #expect(state.received(PDU(.submitResponse("x"), sequence: 4), now: resumed).first == .finish(1, taken(4)))
    }

    @Test("throttled until its time is over it is certainly not sent, and nobody says it was lost")
    func overloaded() throws {
        var state = try bound()
        _ = state.submit(1, unit, until: start + .milliseconds(100), now: start)
        _ = state.received(PDU(.submitResponse(""), sequence: 2, status: .queueFull), now: start)
        #expect(state.tick(start + .milliseconds(100)) == [.finish(1, .overloaded)])
    }

    @Test("a session that the message centre does not know any more is given up", arguments: [0x04, 0x05] as [UInt32])
    func forgotten(status: UInt32) throws {
        var state = try bound()
        for id in 1...2 as ClosedRange<UInt64> { _ = state.submit(id, unit, until: later, now: start) }
        let refusal = PDU(.submitResponse(""), sequence: 2, status: CommandStatus(rawValue: status))
        let actions = state.received(refusal, now: start)
        #expect(actions.prefix(2) == [.finish(1, .notSent), .finish(2, .lost)] && state.phase == .closed)
    }

    @Test("data_sm is delivered as deliver_sm is and answered in its own kind; notices want no answer")
    func otherUnits() throws {
        var state = try bound()
        var data = DataUnit(source: unit.source, destination: unit.destination, esmClass: 0x40, dataCoding: 4)
        data.parameters = [OptionalParameter(tag: OptionalParameter.messagePayload, value: [2, 0x71, 0, 1])]
        let delivery = Delivery(sequence: 7, message: data.asShortMessage, isData: true)
        #expect(state.received(PDU(.data(data), sequence: 7), now: start) == [.deliver(delivery)])
        #expect(delivery.answer(.ok) == PDU(.dataResponse(""), sequence: 7))
        let alert = AlertNotification(source: unit.source, destination: unit.destination)
        #expect(state.received(PDU(.alertNotification(alert), sequence: 8), now: start) == [])
        let outbind = Outbind(systemID: "C", password: "p")
        #expect(state.received(PDU(.outbind(outbind), sequence: 9), now: start) == [])
    }

    @Test("an answer that cannot be read is an unknown outcome")
    func unreadable() throws {
        var state = try bound()
        _ = state.submit(1, unit, until: later, now: start)
        #expect(state.unreadableAnswer(2, now: start) == [.finish(1, .lost)])
        #expect(state.unreadableAnswer(2, now: start) == [])
    }

    @Test("a message before the session is bound is not taken")
    func tooEarly() throws {
        var state = SessionState(try Fixtures.settings(), now: start)
        _ = state.start(now: start)
        let answer = PDU(.deliverResponse, sequence: 8, status: .invalidBindStatus)
        #expect(state.received(PDU(.deliver(unit), sequence: 8), now: start) == [.write(answer)])
    }
}
