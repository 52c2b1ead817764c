import Alauda

/// What the person with the phone knows by heart, and types by their behaviour.
struct CardPerson {
    private let code: String
    private var pins: [UInt8: String]
    private var puks: [UInt8: String]

    /// Somebody who remembers the PINs of a card that they have used before.
    init(_ record: CardRecord, _ state: CardState) {
        code = record.verifyCode
        pins = state.slots.mapValues { $0.pin }
        puks = state.slots.mapValues { $0.puk }
    }

    /// What they reply to a question.
    ///
    /// An activation is always carried through.
    func reply(to question: Card.Question, _ behaviour: Behaviour) -> Card.Reply {
        if case .generate(let command) = question.subject {
            return .activation(code: code, pin: pins[command.key] ?? Self.pin(command.pinPolicy.lengths, "482916"))
        }
        switch behaviour {
        // A status of the applet's own replaces what the card says to a cancelled request.
        case .cancel, .status: return .cancel
        case .notMe: return .notMe
        case .silent: return .nothing
        case .sign, .off, .delay, .fault: return right(question)
        case .wrongPIN: return wrong(question)
        }
    }

    /// What a dialogue leaves in their memory: the PINs that the card has now, and the PUK that it showed.
    mutating func learn(from card: Card, key: UInt8?) {
        guard let key else { return }
        pins[key] = card.state.slots[key]?.pin
        if let puk = card.shownPUK { puks[key] = puk }
    }

    private func right(_ question: Card.Question) -> Card.Reply {
        let old = question.key.flatMap { pins[$0] } ?? ""
        let new = Self.pin(old.count...max(6, old.count), old.hasPrefix("482916") ? "739164" : "482916")
        return switch question.subject {
        case .sign: .pin(old)
        case .changePIN: .newPIN(old: old, new: new, again: new)
        case .unblockPIN: .unblocking(puk: question.key.flatMap { puks[$0] } ?? "", new: new, again: new)
        case .deleteKey, .generate, .message: .approve
        }
    }

    private func wrong(_ question: Card.Question) -> Card.Reply {
        switch question.subject {
        case .changePIN: .newPIN(old: "000000", new: "482916", again: "482916")
        case .unblockPIN: .unblocking(puk: "", new: "482916", again: "482916")
        case .sign: .pin("000000")
        case .deleteKey, .generate, .message: .approve
        }
    }

    /// As long as it must be, and not trivial.
    private static func pin(_ lengths: ClosedRange<Int>, _ pattern: String) -> String {
        let length = max(6, lengths.lowerBound)
        return String(String(repeating: pattern, count: length / 6 + 1).prefix(length))
    }
}
