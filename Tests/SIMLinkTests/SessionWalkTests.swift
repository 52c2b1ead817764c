import SMPP
import Testing

@testable import SIMLink

/// Random walks through the session: whatever a message centre says and whenever, each submission ends once.
@Suite("A session under anything")
struct SessionWalkTests {
    /// What the walk has seen of one session.
    private struct Walk {
        var state: SessionState
        var generator: SplitMix
        var now: ContinuousClock.Instant
        let window: Int
        var begun: Set<UInt64> = []
        var ended: [UInt64: SubmitOutcome] = [:]
        var isClosed = false

        init(seed: UInt64) throws {
            generator = SplitMix(state: seed)
            now = .now
            window = Int.random(in: 1...4, using: &generator)
            var settings = try Fixtures.settings()
            settings.window = window
            settings.rate = Bool.random(using: &generator) ? 20 : nil
            state = SessionState(settings, now: now)
            take(state.start(now: now))
        }

        mutating func take(_ actions: [SessionState.Action]) {
            for action in actions {
                switch action {
                case .finish(let id, let outcome):
                    #expect(begun.contains(id), "\(id) was never submitted")
                    #expect(ended.updateValue(outcome, forKey: id) == nil, "\(id) ended twice")
                case .write(let unit):
                    #expect(!isClosed, "\(unit.body) after the end")
                    #expect((try? unit.octets()) != nil)
                    if case .submit(let message) = unit.body {
                        #expect(state.phase == .bound && message.validityPeriod.hasSuffix("R"))
                    }
                case .close:
                    #expect(!isClosed)
                    isClosed = true
                case .bound, .deliver, .throttled: break
                }
            }
        }

        mutating func step(_ number: UInt64) {
            now += .milliseconds(Int.random(in: 0...400, using: &generator))
            switch Int.random(in: 0...19, using: &generator) {
            case 0...6: submit(number)
            case 7...13: hear()
            case 14, 15: take(state.tick(now))
            case 16: take(state.fill(now))
            case 17:
                let gone = UInt64.random(in: 0...number, using: &generator)
                take(state.cancel(now: now) { $0 == gone })
            case 18: take(state.unreadableAnswer(sequence(), now: now))
            default:
                if Int.random(in: 0...30, using: &generator) == 0 { take(state.leave("stop", now: now)) }
            }
        }

        private mutating func submit(_ number: UInt64) {
            begun.insert(number)
            let deadline = now + .milliseconds(Int.random(in: -10...5_000, using: &generator))
            take(state.submit(number, Fixtures.uplink([1]), until: deadline, now: now))
        }

        private mutating func sequence() -> UInt32 { UInt32.random(in: 0...40, using: &generator) }

        /// Says something, most of it sensible.
        private mutating func hear() {
            let statuses: [UInt32] = [0, 0, 0, 0, 0x58, 0x14, 0x08, 0x0B, 0x45, 0x03, 0xC1, 0x64]
            let status = CommandStatus(rawValue: statuses.randomElement(using: &generator) ?? 0)
            let address = Address.international("358401")
            let bodies: [PDU.Body] = [
                .submitResponse("7"), .submitResponse("7"), .submitResponse(""), .bindTransceiverResponse("C"),
                .genericNack, .enquireLink, .enquireLinkResponse, .deliver(Fixtures.uplink([1])), .unbindResponse,
                .alertNotification(AlertNotification(source: address, destination: address)),
                .data(DataUnit(source: address, destination: address, esmClass: 0, dataCoding: 0)), .other(0x99, []),
            ]
            guard let body = bodies.randomElement(using: &generator) else { return }
            let isBind = if case .bindTransceiverResponse = body { true } else { false }
            take(state.received(PDU(body, sequence: sequence(), status: isBind ? .ok : status), now: now))
        }
    }

    @Test("each submission ends once, nothing is said after the end, and no more is open than the window holds")
    func walks() throws {
        var outcomes: Set<String> = []
        for seed in 0..<400 as Range<UInt64> {
            var walk = try Walk(seed: seed)
            for number in 0..<200 as Range<UInt64> {
                walk.step(number)
                #expect(walk.state.phase != .bound || walk.state.outstandingCount <= walk.window)
            }
            walk.take(walk.state.close("the end"))
            #expect(walk.isClosed && walk.state.load == 0)
            #expect(walk.begun == Set(walk.ended.keys), "seed \(seed)")
            for outcome in walk.ended.values { outcomes.insert(String("\(outcome)".prefix(6))) }
        }
        // Walks that never come to an outcome prove nothing about it.
        #expect(outcomes == ["accept", "refuse", "overlo", "notSen", "lost"])
    }
}
