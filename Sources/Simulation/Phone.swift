import Alauda

/// A phone with a card, and a person who does always the same.
actor Phone {
    /// What comes of a short message.
    struct Step {
        var answer: [[UInt8]] = []
        /// What the person still has to react to, and how long they take; one dialogue at a time.
        var question: Card.Question?
        var delay: Duration = .zero
    }

    private(set) var isOn: Bool
    private var card: Card
    private var person: CardPerson
    private let behaviour: Behaviour
    private let msisdn: String
    private let patience: Duration
    private let prompted: @Sendable (String) -> Void

    init(
        _ card: Card,
        _ record: CardRecord,
        _ patience: Duration,
        _ prompted: @escaping @Sendable (String) -> Void
    ) {
        self.card = card
        person = CardPerson(record, card.state)
        behaviour = record.behaviour
        msisdn = record.msisdn
        isOn = record.behaviour != .off
        self.patience = patience
        self.prompted = prompted
    }

    func turn(on isOn: Bool) {
        self.isOn = isOn
    }

    func receive(_ userData: [UInt8]) -> Step {
        switch card.receive(userData) {
        case .nothing: return Step()
        case .answer(let answer): return Step(answer: answer)
        case .ask(let question):
            guard case .sign(let command) = question.subject else { return Step(answer: react(to: question)) }
            prompted(msisdn)
            let limit = patience(for: command)
            switch behaviour {
            case .silent: return Step(question: question, delay: limit)
            case .delay(let time): return Step(question: question, delay: min(.milliseconds(time), limit))
            case .sign, .cancel, .notMe, .wrongPIN, .off: return Step(answer: react(to: question))
            }
        }
    }

    /// What the person does in the end.
    func react(to question: Card.Question) -> [[UInt8]] {
        let answer = card.insist(question, person.reply(to: question, isInTime: isInTime(question)))
        person.learn(from: card, key: question.key)
        return answer
    }

    private func isInTime(_ question: Card.Question) -> Bool {
        guard case .delay(let time) = behaviour, case .sign(let command) = question.subject else { return true }
        return .milliseconds(time) < patience(for: command)
    }

    /// How long the phone shows the text: as the home wishes, or as phones do.
    private func patience(for command: SignCommand) -> Duration {
        command.timeLimit.map { .seconds(10 * Int($0)) } ?? patience
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
