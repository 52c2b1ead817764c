import Alauda

/// A phone with a card and a person.
actor Phone {
    /// What comes of a short message.
    struct Step {
        /// What the message centre is told.
        var acknowledgement = HandsetAcknowledgement.delivered
        var answer: [[UInt8]] = []
        /// What the person still has to react to; one dialogue at a time.
        var pending: Pending?
        /// How long the person takes, or the answer is on its way.
        var delay: Duration = .zero
    }

    /// A question, and how the person will react to it.
    struct Pending {
        fileprivate var question: Card.Question
        fileprivate var behaviour: Behaviour
        /// The phone does not wait so long.
        fileprivate var isTooLate: Bool
    }

    private var card: Card
    private let record: CardRecord
    private let patience: Duration
    private let prompted: @Sendable (String) -> Void
    private let memory: CardMemory?
    private var person: CardPerson
    private var switched: Bool?

    /// The card's state is kept over a restart where `memory` says.
    init(
        _ card: Card,
        _ record: CardRecord,
        _ patience: Duration,
        _ memory: CardMemory?,
        _ prompted: @escaping @Sendable (String) -> Void
    ) {
        self.card = card
        self.record = record
        self.memory = memory
        person = CardPerson(record, card.state)
        self.patience = patience
        self.prompted = prompted
    }

    func turn(on isOn: Bool) {
        switched = isOn
    }

    func isOn(_ behaviour: Behaviour) -> Bool {
        switched ?? (behaviour != .off)
    }

    /// Takes a short message; the person, if somebody has to react, thinks for a while and does as they do.
    func receive(_ userData: [UInt8], _ behaviour: Behaviour, thinking: Duration) -> Step {
        guard isOn(behaviour) else { return Step(acknowledgement: .unreachable) }
        let outcome = card.receive(userData)
        memory?.keep(card.state, record.iccid)
        switch outcome {
        case .nothing: return Step()
        case .answer(let answer): return again(answer, behaviour)
        case .ask(let question):
            guard case .sign(let command) = question.subject else {
                return Step(answer: act(on: question, behaviour))
            }
            if behaviour.isShown { prompted(record.msisdn) }
            let limit = command.timeLimit.map { .seconds(10 * Int($0)) } ?? patience
            let wait: Duration =
                switch behaviour {
                case .silent: limit
                case .delay(let time): thinking + .milliseconds(time)
                // The message centre is told at once.
                case .fault(.undeliverable), .fault(.expired): .zero
                default: thinking
                }
            let pending = Pending(question: question, behaviour: behaviour, isTooLate: wait > .zero && wait >= limit)
            guard wait > .zero else { return react(to: pending) }
            return Step(pending: pending, delay: min(wait, limit))
        }
    }

    /// What the person does in the end, and what becomes of it.
    func react(to pending: Pending) -> Step {
        guard !pending.isTooLate else { return Step(answer: act(on: pending.question, .silent)) }
        return leave(act(on: pending.question, pending.behaviour), pending.behaviour)
    }

    private func act(on question: Card.Question, _ behaviour: Behaviour) -> [[UInt8]] {
        let answer = card.insist(question, person.reply(to: question, behaviour))
        person.learn(from: card, key: question.key)
        memory?.keep(card.state, record.iccid)
        return answer
    }
}

// MARK: - Accidents

extension Phone {
    /// What the card says by itself: only the same answer to SIGN once more has the same accident again.
    private func again(_ answer: [[UInt8]], _ behaviour: Behaviour) -> Step {
        switch behaviour {
        case .status, .fault(.noAnswer), .fault(.wrongSignature), .fault(.receipt), .fault(.undeliverable),
            .fault(.expired):
            return AnswerAccident(answer, from: card.state, record) == nil
                ? Step(answer: answer) : leave(answer, behaviour)
        default: return Step(answer: answer)
        }
    }

    /// An answer to SIGN on its way out of the phone.
    private func leave(_ answer: [[UInt8]], _ behaviour: Behaviour) -> Step {
        switch behaviour {
        case .status(let octet): return Step(answer: altered(answer) { $0.changed { $0.become(octet) } })
        case .fault(let fault): return leave(answer, fault)
        case .sign, .cancel, .notMe, .wrongPIN, .silent, .off, .delay: return Step(answer: answer)
        }
    }

    private func leave(_ answer: [[UInt8]], _ fault: AnswerFault) -> Step {
        switch fault {
        case .receipt(let status):
            return Step(answer: altered(answer) { $0.receipt(status) } + (fault.isAnswerKept ? answer : []))
        case .undeliverable: return Step(acknowledgement: .undeliverable)
        case .expired: return Step(acknowledgement: .expired)
        case .noAnswer, .lostAnswer: return Step()
        case .late(let time): return Step(answer: answer, delay: .milliseconds(time))
        case .doubled: return Step(answer: answer + answer)
        case .reversed: return Step(answer: answer.reversed())
        case .wrongSignature:
            return Step(answer: altered(answer) { $0.changed { $0.signature = $0.signature.map(Self.damaged) } })
        case .wrongMAC: return Step(answer: altered(answer) { $0.damaged() })
        case .foreignTransaction: return Step(answer: altered(answer) { $0.changed { $0.transaction = .random() } })
        case .truncated: return Step(answer: answer.dropLast() + answer.suffix(1).map { Array($0.dropLast()) })
        }
    }

    private func altered(_ answer: [[UInt8]], _ change: (borrowing AnswerAccident) -> [[UInt8]]) -> [[UInt8]] {
        guard let accident = AnswerAccident(answer, from: card.state, record) else { return answer }
        return change(accident)
    }

    private static func damaged(_ signature: [UInt8]) -> [UInt8] {
        var damaged = signature
        if let last = damaged.popLast() { damaged.append(last ^ 1) }
        return damaged
    }
}

extension AnswerFault {
    /// "More time" and "by SMS-SUBMIT, by USSD" announce the answer; every other status stands in its place.
    fileprivate var isAnswerKept: Bool {
        if case .receipt(let status) = self { [8, 11, 12].contains(status) } else { true }
    }
}

extension Behaviour {
    /// Whether a request for a signature comes to the person's eyes: not if it never reaches the phone, or the card's
    /// framework refuses it.
    fileprivate var isShown: Bool {
        switch self {
        case .fault(.undeliverable), .fault(.expired): false
        case .fault(let fault): fault.isAnswerKept
        case .sign, .cancel, .notMe, .wrongPIN, .silent, .off, .delay, .status: true
        }
    }
}

extension UpMessage {
    /// A refusal: STATUS without a signature; a blocked PIN has no tries left.
    fileprivate mutating func become(_ octet: UInt8) {
        status = AppletStatus(octet: octet)
        signature = nil
        triesLeft = status == .pinBlocked ? 0 : nil
    }
}

extension Card {
    /// Replies the same as often as the phone asks; the card's tries end it.
    fileprivate mutating func insist(_ question: Question, _ reply: Reply) -> [[UInt8]] {
        for _ in 0...UInt8.max {
            if let answer = answer(question, with: reply) { return answer }
        }
        return []
    }
}
