import NIOCore
import SMPP

/// One session with a message centre as a state machine: what happened goes in, what is to be done comes out.
struct SessionState {
    enum Phase: Equatable {
        case binding
        case bound
        /// Nothing more leaves; answers that are under way are waited for.
        case leaving
        /// The unbind has left.
        case unbinding
        case closed
    }

    enum Action: Equatable {
        case write(PDU)
        /// A submission has ended.
        case finish(UInt64, SubmitOutcome)
        case bound
        case deliver(Delivery)
        /// The message centre complained, and the submission will be sent again.
        case throttled
        case close(String)
    }

    private struct Waiting {
        var id: UInt64
        var unit: ShortMessageUnit
        var deadline: ContinuousClock.Instant
        /// Whether the message centre has asked to send it later.
        var isPutOff = false

        /// What it is when it does not leave any more.
        var end: SubmitOutcome { isPutOff ? .overloaded : .notSent }
    }

    private struct Outstanding {
        var entry: Waiting
        /// Until when an answer is waited for.
        var until: ContinuousClock.Instant
    }

    /// Submissions that may wait for room in the window; more are turned away at once.
    static let mostWaiting = 10_000
    /// How long a session that is to end waits for answers, and then for the answer to its unbind.
    static let farewell = Duration.seconds(2)

    private let settings: SMSCSettings
    private(set) var phase: Phase = .binding
    /// Why the message centre refused the session, if it did.
    private(set) var refusal: CommandStatus?
    private var sequence: UInt32 = 0
    private var began: ContinuousClock.Instant
    private var heard: ContinuousClock.Instant
    private var enquired: ContinuousClock.Instant?
    /// When leaving, or waiting for the answer to the unbind, is over.
    private var left: ContinuousClock.Instant?
    private var reason = ""
    private var waiting = CircularBuffer<Waiting>()
    private var outstanding: [UInt32: Outstanding] = [:]
    private var pace: Pace

    init(_ settings: SMSCSettings, now: ContinuousClock.Instant) {
        self.settings = settings
        began = now
        heard = now
        pace = Pace(most: settings.rate, now: now)
    }

    /// Submissions that have no answer yet, those that wait for room among them.
    var load: Int { waiting.count + outstanding.count }
    /// Submissions that have left and have no answer yet.
    var outstandingCount: Int { outstanding.count }
    /// Whether the message centre has complained and more is waiting than its window holds.
    var isStrained: Bool { pace.isLowered && waiting.count >= settings.window }

    /// What opens the session.
    mutating func start(now: ContinuousClock.Instant) -> [Action] {
        guard phase == .binding else { return [] }
        began = now
        heard = now
        var bind = Bind(systemID: settings.systemID, password: settings.password.text)
        bind.systemType = settings.systemType
        return [.write(PDU(.bindTransceiver(bind), sequence: next()))]
    }

    /// Takes a message; it leaves as soon as window and pace have room.
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
        guard phase != .closed else { return [] }
        heard = now
        enquired = nil
        switch unit.body {
        case .bindTransceiverResponse: return bound(unit.status)
        case .submitResponse(let id): return submitted(unit, id, now)
        case .deliver(let message): return delivered(Delivery(sequence: unit.sequence, message: message))
        case .data(let message):
            return delivered(Delivery(sequence: unit.sequence, message: message.asShortMessage, isData: true))
        case .enquireLink: return [answer(.enquireLinkResponse, unit)]
        case .unbind: return [answer(.unbindResponse, unit)] + close("the message centre ended the session")
        case .unbindResponse: return phase == .unbinding ? close(reason) : []
        case .genericNack: return refused(unit, now)
        // The message centre has nothing to ask for and nobody to tell of here; neither wants an answer.
        case .outbind, .alertNotification: return []
        default: return unit.isResponse ? [] : [answer(.genericNack, unit, .invalidCommandID)]
        }
    }

    /// Looks at the clock.
    mutating func tick(_ now: ContinuousClock.Instant) -> [Action] {
        guard phase != .closed else { return [] }
        if phase == .binding, began + settings.responseTime <= now { return close("no answer to the bind") }
        if let enquired, enquired + settings.responseTime <= now { return close("the link is dead") }
        var actions: [Action] = []
        for late in waiting where late.deadline <= now { actions.append(.finish(late.id, late.end)) }
        if !actions.isEmpty { waiting.removeAll { $0.deadline <= now } }
        for (sequence, sent) in outstanding where sent.until <= now {
            outstanding[sequence] = nil
            actions.append(.finish(sent.entry.id, .lost))
        }
        if let left, left <= now { return actions + (phase == .leaving ? unbind(now) : close(reason)) }
        if phase == .bound, enquired == nil, heard + settings.enquireInterval <= now {
            enquired = now
            actions.append(.write(PDU(.enquireLink, sequence: next())))
        }
        return actions + fill(now)
    }

    /// Lets leave what pace and window allow by now.
    mutating func fill(_ now: ContinuousClock.Instant) -> [Action] {
        guard phase != .leaving else { return outstanding.isEmpty ? unbind(now) : [] }
        guard phase == .bound else { return [] }
        var actions: [Action] = []
        while outstanding.count < settings.window, let entry = waiting.first {
            guard entry.deadline > now else {
                waiting.removeFirst()
                actions.append(.finish(entry.id, entry.end))
                continue
            }
            guard pace.leave(now) else { break }
            waiting.removeFirst()
            let sequence = next()
            let until = min(now + settings.responseTime, entry.deadline)
            outstanding[sequence] = Outstanding(entry: entry, until: until)
            var unit = entry.unit
            // Time that it waited is time that it has no more.
            unit.validityPeriod = ValidityPeriod.relative(entry.deadline - now)
            actions.append(.write(PDU(.submit(unit), sequence: sequence)))
        }
        return actions
    }

    /// Gives up submissions whose caller has gone.
    mutating func cancel(now: ContinuousClock.Instant, _ isGone: (UInt64) -> Bool) -> [Action] {
        var actions = waiting.filter { isGone($0.id) }.map { Action.finish($0.id, .notSent) }
        waiting.removeAll { isGone($0.id) }
        for (sequence, sent) in outstanding where isGone(sent.entry.id) {
            outstanding[sequence] = nil
            actions.append(.finish(sent.entry.id, .lost))
        }
        return actions + fill(now)
    }

    /// An answer of the message centre that cannot be read: nobody knows what it said.
    mutating func unreadableAnswer(_ sequence: UInt32, now: ContinuousClock.Instant) -> [Action] {
        heard = now
        enquired = nil
        if phase == .binding { return close("the answer to the bind cannot be read") }
        guard let sent = outstanding.removeValue(forKey: sequence) else { return [] }
        return [.finish(sent.entry.id, .lost)] + fill(now)
    }

    /// Ends the session as the standard wants it: what has left gets its answer, then the unbind gets its own.
    mutating func leave(_ reason: String, now: ContinuousClock.Instant) -> [Action] {
        guard phase == .bound else { return phase == .leaving || phase == .unbinding ? [] : close(reason) }
        phase = .leaving
        self.reason = reason
        left = now + Self.farewell
        let unsent = waiting.map { Action.finish($0.id, $0.end) }
        waiting.removeAll()
        return unsent + fill(now)
    }

    /// The connection is gone, or is to go.
    mutating func close(_ reason: String) -> [Action] {
        guard phase != .closed else { return [] }
        phase = .closed
        let unsent = waiting.map { Action.finish($0.id, $0.end) }
        let lost = outstanding.values.map { Action.finish($0.entry.id, .lost) }
        waiting.removeAll()
        outstanding = [:]
        return unsent + lost + [.close(reason)]
    }
}

extension SessionState {
    private mutating func bound(_ status: CommandStatus) -> [Action] {
        guard phase == .binding else { return [] }
        guard status == .ok else { return refuse(status) }
        phase = .bound
        return [.bound]
    }

    private mutating func refuse(_ status: CommandStatus) -> [Action] {
        refusal = status
        return close("the message centre refused the session: \(status)")
    }

    private mutating func delivered(_ delivery: Delivery) -> [Action] {
        switch phase {
        case .bound: [.deliver(delivery)]
        // It is kept and comes again to the next session.
        case .leaving, .unbinding, .closed: []
        case .binding: [.write(delivery.answer(.invalidBindStatus))]
        }
    }

    private mutating func submitted(_ unit: PDU, _ id: String, _ now: ContinuousClock.Instant) -> [Action] {
        guard let sent = outstanding.removeValue(forKey: unit.sequence) else { return [] }
        return answered(sent.entry, unit.sequence, unit.status, MessageID(id), now)
    }

    /// generic_nack: the request was not taken, whatever status stands there.
    private mutating func refused(_ unit: PDU, _ now: ContinuousClock.Instant) -> [Action] {
        if phase == .binding { return refuse(unit.status) }
        guard let sent = outstanding.removeValue(forKey: unit.sequence) else { return [] }
        return answered(sent.entry, unit.sequence, unit.status == .ok ? .unknownError : unit.status, nil, now)
    }

    private mutating func answered(
        _ entry: Waiting,
        _ sequence: UInt32,
        _ status: CommandStatus,
        _ id: MessageID?,
        _ now: ContinuousClock.Instant
    ) -> [Action] {
        switch StatusMeaning(status) {
        case .taken:
            pace.accepted()
            return [.finish(entry.id, .accepted(id, sequence: sequence))] + fill(now)
        case .overloaded:
            pace.complained(isQueueFull: status == .queueFull, now)
            guard phase == .bound else { return [.throttled, .finish(entry.id, .overloaded)] + fill(now) }
            var again = entry
            again.isPutOff = true
            waiting.prepend(again)
            return [.throttled] + fill(now)
        case .unbound:
            return [.finish(entry.id, .notSent)] + close("the message centre does not know the session: \(status)")
        case .temporary, .once, .permanent, .defect:
            return [.finish(entry.id, .refused(status))] + fill(now)
        }
    }

    private mutating func unbind(_ now: ContinuousClock.Instant) -> [Action] {
        let lost = outstanding.values.map { Action.finish($0.entry.id, .lost) }
        outstanding = [:]
        phase = .unbinding
        left = now + Self.farewell
        return lost + [.write(PDU(.unbind, sequence: next()))]
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
    /// The message centre has it, under this id; it left as the PDU of this sequence number.
    case accepted(MessageID?, sequence: UInt32)
    case refused(CommandStatus)
    /// The message centre asked to send it later until there was no later.
    case overloaded
    /// It never left.
    case notSent
    /// It left and no answer came.
    case lost
}

/// A message of the message centre that wants an answer.
struct Delivery: Equatable, Sendable {
    var sequence: UInt32
    var message: ShortMessageUnit
    /// It came as data_sm.
    var isData = false

    func answer(_ status: CommandStatus) -> PDU {
        PDU(isData ? .dataResponse("") : .deliverResponse, sequence: sequence, status: status)
    }
}
