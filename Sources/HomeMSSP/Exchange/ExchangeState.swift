/// An exchange with one card as a value: events go in, what is to be done comes out.
///
/// It holds nothing that the ledger does not hold as well, or that another process could not do without: whoever takes
/// an exchange over begins with ``Event/adopted``. It does nothing itself, and it knows the time only as it is told.
public struct ExchangeState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        /// Committed; nothing is known of the command yet.
        case begun
        /// The message centre has the command.
        case sent
        /// The command may have left: the message centre did not say, or the process that sent it is gone.
        case unsure
        case ended(Ending)
    }

    /// What ended it; the first ending that is committed stands.
    public enum Ending: Hashable, Sendable {
        /// The card answered: a signature, a key, or the reason why there is none.
        case answered
        case expired
        /// Its provider took it back.
        case cancelled
        /// The command certainly did not reach the card.
        case notSent
    }

    public enum Event: Hashable, Sendable {
        case sent
        case notSent
        case sendUnknown
        /// Another process of the home began it and is gone.
        case adopted
        /// The message centre says that the phone has the command: a hint, no evidence.
        case delivered
        /// The message centre says that the phone will not get the command.
        case undeliverable
        /// An unprotected response packet says that the card's counter is ahead: a hint, no evidence.
        case counterLow
        /// An authentic answer that names this transaction.
        case answer
        /// An authentic answer: the card's last answer is to another transaction.
        case noSuchAnswer
        case cancel
        /// The clock has reached ``ExchangeState/next``, or any other moment.
        case time
        /// The ledger took an ending as the first.
        case committed(Ending)
        /// The ledger holds another ending already.
        case endedBefore(Ending)
    }

    public enum Action: Hashable, Sendable {
        /// Commit the ending; the ledger's word comes back as an event.
        case commit(Ending)
        /// Send the first command again, octet by octet: a card that has it takes no notice.
        case resend
        /// Ask the card for its last answer (REPEAT); it never prompts.
        case askAgain
        /// Tell who waits what the ledger holds.
        case tell
        /// A signature came after the end: audit it, destroy it, tell the person on the phone.
        case destroy
        /// Of no use to anyone.
        case drop
        /// The card's counters are in doubt; STATUS will decide once the card is free.
        case doubtCounters
        /// It has ended: there is nothing to cancel.
        case refuse
    }

    /// How long is waited for what.
    public struct Patience: Hashable, Sendable {
        /// Until something that may have been lost is tried again.
        public var retry: Duration
        /// Before the deadline the card is asked once more for an answer that should be there.
        public var lead: Duration
        /// A command that leaves later than this before the deadline serves nobody.
        public var least: Duration

        public init(retry: Duration = .seconds(5), lead: Duration = .seconds(15), least: Duration = .seconds(2)) {
            self.retry = retry
            self.lead = lead
            self.least = least
        }
    }

    /// REPEATs of one exchange at most.
    public static let mostRepeats = 2

    public private(set) var phase: Phase = .begun
    public let deadline: ContinuousClock.Instant
    /// When to come back with ``Event/time``, if nothing happens before.
    public private(set) var next: ContinuousClock.Instant
    /// Whether the first command can go again: it was kept, and no other command has used the card's counters since.
    public private(set) var canResend: Bool
    public private(set) var repeats = 0
    private let patience: Patience

    public init(deadline: ContinuousClock.Instant, canResend: Bool, patience: Patience = Patience()) {
        self.deadline = deadline
        self.canResend = canResend
        self.patience = patience
        next = deadline
    }

    /// One that has ended, as the ledger tells.
    public init(ended ending: Ending, deadline: ContinuousClock.Instant) {
        self.init(deadline: deadline, canResend: false)
        phase = .ended(ending)
    }

    public mutating func handle(_ event: Event, at now: ContinuousClock.Instant) -> [Action] {
        if case .ended(let ending) = phase { return late(event, after: ending) }
        switch event {
        case .sent, .delivered:
            if phase == .begun { phase = .sent }
            return wait(until: min(next, max(now + patience.retry, deadline - patience.lead)))
        case .notSent, .undeliverable: return [.commit(.notSent)]
        case .sendUnknown:
            phase = .unsure
            return wait(until: now + patience.retry)
        case .adopted:
            phase = .unsure
            return tryAgain(now)
        case .counterLow: return [.doubtCounters]
        case .answer: return [.commit(.answered)]
        case .noSuchAnswer:
            // REPEAT came before the person had answered: once more, late enough to be of use.
            return wait(until: min(next, max(now + patience.retry, deadline - patience.retry)))
        case .cancel: return [.commit(.cancelled)]
        case .time:
            if now >= deadline { return [.commit(.expired)] }
            return now >= next ? tryAgain(now) : []
        case .committed(let ending), .endedBefore(let ending):
            phase = .ended(ending)
            return [.tell]
        }
    }

    /// The first command once more, then REPEAT, as long as an answer can still be of use.
    private mutating func tryAgain(_ now: ContinuousClock.Instant) -> [Action] {
        guard now + patience.least < deadline else { return wait(until: deadline) }
        if canResend, phase == .unsure {
            canResend = false
            return [.resend] + wait(until: now + patience.retry)
        }
        guard repeats < Self.mostRepeats else { return wait(until: deadline) }
        repeats += 1
        canResend = false
        let isLast = repeats == Self.mostRepeats || now >= deadline - patience.lead
        return [.askAgain] + wait(until: isLast ? deadline : deadline - patience.lead)
    }

    private mutating func wait(until moment: ContinuousClock.Instant) -> [Action] {
        next = min(moment, deadline)
        return []
    }

    private func late(_ event: Event, after ending: Ending) -> [Action] {
        switch event {
        case .answer: [ending == .answered ? .drop : .destroy]
        case .cancel: [.refuse]
        default: []
        }
    }
}
