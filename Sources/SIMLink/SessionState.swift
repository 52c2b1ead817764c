import NIOCore
import SMPP

/// One session with a message centre as a state machine: what happened goes in, what is to be done comes out.
struct SessionState {
    enum Phase: Equatable {
        case binding
        case bound
        case closed
    }

    enum Action: Equatable {
        case write(PDU)
        /// A submission has ended.
        case finish(UInt64, SubmitOutcome)
        case bound
        case deliver(UInt32, ShortMessageUnit)
        case close(String)
    }

    private struct Waiting {
        var id: UInt64
        var unit: ShortMessageUnit
        var deadline: ContinuousClock.Instant
    }

    private struct Outstanding {
        var id: UInt64
        /// Until when an answer is waited for.
        var until: ContinuousClock.Instant
    }

    /// Submissions that may wait for room in the window; more are turned away at once.
    static let mostWaiting = 10_000

    private let settings: SMSCSettings
    private(set) var phase: Phase = .binding
    private var sequence: UInt32 = 0
    private var began: ContinuousClock.Instant
    private var heard: ContinuousClock.Instant
    private var enquired: ContinuousClock.Instant?
    private var waiting = CircularBuffer<Waiting>()
    private var outstanding: [UInt32: Outstanding] = [:]

    init(_ settings: SMSCSettings, now: ContinuousClock.Instant) {
        self.settings = settings
        began = now
        heard = now
    }

    /// What opens the session.
    mutating func start() -> [Action] {
        var bind = Bind(systemID: settings.systemID, password: settings.password.text)
        bind.systemType = settings.systemType
        return [.write(PDU(.bindTransceiver(bind), sequence: next()))]
    }

    /// Takes a message; it leaves as soon as the window has room.
    mutating func submit(
        _ id: UInt64,
        _ unit: ShortMessageUnit,
        until deadline: ContinuousClock.Instant,
        now: ContinuousClock.Instant
    ) -> [Action] {
        guard phase == .bound, deadline > now, waiting.count < Self.mostWaiting else { return [.finish(id, .notSent)] }
        waiting.append(Waiting(id: id, unit: unit, deadline: deadline))
        return fill(now)
    }

    /// Takes a unit of the message centre.
    mutating func received(_ unit: PDU, now: ContinuousClock.Instant) -> [Action] {
        heard = now
        enquired = nil
        switch unit.body {
        case .bindTransceiverResponse: return bound(unit.status)
        case .submitResponse: return submitted(unit, now)
        case .deliver(let message):
            guard phase == .bound else { return [answer(.deliverResponse, unit, .invalidBindStatus)] }
            return [.deliver(unit.sequence, message)]
        case .enquireLink: return [answer(.enquireLinkResponse, unit)]
        case .unbind: return [answer(.unbindResponse, unit)] + close("the message centre ended the session")
        case .genericNack: return refused(unit, now)
        case .enquireLinkResponse, .deliverResponse, .unbindResponse: return []
        case .bindTransceiver, .submit, .other:
            return unit.isResponse ? [] : [answer(.genericNack, unit, .invalidCommandID)]
        }
    }

    /// Looks at the clock.
    mutating func tick(_ now: ContinuousClock.Instant) -> [Action] {
        guard phase != .closed else { return [] }
        if phase == .binding, began + settings.responseTime <= now { return close("no answer to the bind") }
        if let enquired, enquired + settings.responseTime <= now { return close("the link is dead") }
        var actions: [Action] = []
        for late in waiting where late.deadline <= now { actions.append(.finish(late.id, .notSent)) }
        waiting.removeAll { $0.deadline <= now }
        for (sequence, entry) in outstanding where entry.until <= now {
            outstanding[sequence] = nil
            actions.append(.finish(entry.id, .lost))
        }
        if phase == .bound, enquired == nil, heard + settings.enquireInterval <= now {
            enquired = now
            actions.append(.write(PDU(.enquireLink, sequence: next())))
        }
        return actions + fill(now)
    }

    /// Gives up submissions whose caller has gone.
    mutating func cancel(now: ContinuousClock.Instant, _ isGone: (UInt64) -> Bool) -> [Action] {
        var actions = waiting.filter { isGone($0.id) }.map { Action.finish($0.id, .notSent) }
        waiting.removeAll { isGone($0.id) }
        for (sequence, entry) in outstanding where isGone(entry.id) {
            outstanding[sequence] = nil
            actions.append(.finish(entry.id, .lost))
        }
        return actions + fill(now)
    }

    /// An answer of the message centre that cannot be read: nobody knows what it said.
    mutating func unreadableAnswer(_ sequence: UInt32, now: ContinuousClock.Instant) -> [Action] {
        heard = now
        enquired = nil
        if phase == .binding { return close("the answer to the bind cannot be read") }
        guard let entry = outstanding.removeValue(forKey: sequence) else { return [] }
        return [.finish(entry.id, .lost)] + fill(now)
    }

    /// Ends the session as the standard wants it.
    mutating func leave(_ reason: String) -> [Action] {
        guard phase == .bound else { return close(reason) }
        return [.write(PDU(.unbind, sequence: next()))] + close(reason)
    }

    /// The connection is gone, or is to go.
    mutating func close(_ reason: String) -> [Action] {
        guard phase != .closed else { return [] }
        phase = .closed
        let unsent = waiting.map { Action.finish($0.id, .notSent) }
        let lost = outstanding.values.map { Action.finish($0.id, .lost) }
        waiting.removeAll()
        outstanding = [:]
        return unsent + lost + [.close(reason)]
    }

    private mutating func bound(_ status: CommandStatus) -> [Action] {
        guard phase == .binding else { return [] }
        guard status == .ok else { return close("the message centre refused the session: \(status)") }
        phase = .bound
        return [.bound]
    }

    private mutating func submitted(_ unit: PDU, _ now: ContinuousClock.Instant) -> [Action] {
        guard let entry = outstanding.removeValue(forKey: unit.sequence) else { return [] }
        let outcome: SubmitOutcome = unit.status == .ok ? .accepted : .refused(unit.status)
        return [.finish(entry.id, outcome)] + fill(now)
    }

    /// generic_nack: the request was not taken, whatever status stands there.
    private mutating func refused(_ unit: PDU, _ now: ContinuousClock.Instant) -> [Action] {
        if phase == .binding { return close("the message centre refused the session: \(unit.status)") }
        guard let entry = outstanding.removeValue(forKey: unit.sequence) else { return [] }
        let status = unit.status == .ok ? .unknownError : unit.status
        return [.finish(entry.id, .refused(status))] + fill(now)
    }

    private mutating func fill(_ now: ContinuousClock.Instant) -> [Action] {
        guard phase == .bound else { return [] }
        var actions: [Action] = []
        while outstanding.count < settings.window, let entry = waiting.popFirst() {
            guard entry.deadline > now else {
                actions.append(.finish(entry.id, .notSent))
                continue
            }
            let sequence = next()
            let until = min(now + settings.responseTime, entry.deadline)
            outstanding[sequence] = Outstanding(id: entry.id, until: until)
            actions.append(.write(PDU(.submit(entry.unit), sequence: sequence)))
        }
        return actions
    }

    private func answer(_ body: PDU.Body, _ request: PDU, _ status: CommandStatus = .ok) -> Action {
        .write(PDU(body, sequence: request.sequence, status: status))
    }

    private mutating func next() -> UInt32 {
        sequence = sequence >= 0x7FFF_FFFF ? 1 : sequence + 1
        return sequence
    }
}

/// What became of one submit_sm.
enum SubmitOutcome: Equatable, Sendable {
    case accepted
    case refused(CommandStatus)
    /// It never left.
    case notSent
    /// It left and no answer came.
    case lost
}
