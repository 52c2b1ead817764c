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
    private let behaviour: Behaviour
    private let code: String
    private let msisdn: String
    private let patience: Duration
    private let prompted: @Sendable (String) -> Void
    private var pin: String?

    init(
        _ card: Card,
        _ record: CardRecord,
        _ patience: Duration,
        _ prompted: @escaping @Sendable (String) -> Void
    ) {
        self.card = card
        behaviour = record.behaviour
        code = record.verifyCode
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
        switch question.subject {
        case .generate(let command): return card.insist(question, .activation(code: code, pin: choosePIN(command)))
        case .sign(let command):
            switch behaviour {
            case .sign, .off: return card.insist(question, .pin(pin ?? ""))
            case .delay(let time):
                let isInTime = .milliseconds(time) < patience(for: command)
                return card.insist(question, isInTime ? .pin(pin ?? "") : .nothing)
            case .cancel: return card.insist(question, .cancel)
            case .notMe: return card.insist(question, .notMe)
            case .silent: return card.insist(question, .nothing)
            case .wrongPIN: return card.insist(question, .pin("000000"))
            }
        }
    }

    /// How long the phone shows the text: as the home wishes, or as phones do.
    private func patience(for command: SignCommand) -> Duration {
        command.timeLimit.map { .seconds(10 * Int($0)) } ?? patience
    }

    /// A PIN for a new key, kept for good; six digits if the home leaves the choice.
    private func choosePIN(_ command: GenerateCommand) -> String {
        if let pin { return pin }
        let length = min(max(6, Int(command.pinPolicy.shortest)), max(1, Int(command.pinPolicy.longest)))
        let chosen = String(String(repeating: "482916", count: length / 6 + 1).prefix(length))
        pin = chosen
        return chosen
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
