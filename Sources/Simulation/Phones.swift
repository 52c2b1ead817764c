import Synchronization

/// Every simulated phone, by number, with the person who holds it.
public final class Phones: Handsets {
    private let phones: [String: Phone]
    private let later: AsyncStream<@Sendable () async -> Void>
    private let laterInput: AsyncStream<@Sendable () async -> Void>.Continuation

    /// Puts each card into a phone, which shows a text for `patience` before it gives up; `prompted` is called with the
    /// number for each text that a person is asked to sign.
    ///
    /// - Throws: ``SimulationError`` if a card's keys are not as they must be.
    public init(
        _ records: [CardRecord],
        patience: Duration = .seconds(60),
        prompted: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        var phones: [String: Phone] = [:]
        for record in records {
            phones[record.msisdn] = Phone(try Card(record), record, patience, prompted)
        }
        self.phones = phones
        (later, laterInput) = AsyncStream.makeStream()
    }

    /// Lets people take their time, until it is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for await work in later { group.addTask { await work() } }
        }
    }

    public func receive(
        _ message: ShortMessage,
        submit: @escaping @Sendable (ShortMessage) async -> Void
    ) async -> HandsetAcknowledgement {
        guard let phone = phones[message.destination] else { return .unknownNumber }
        guard phone.isOn else { return .unreachable }
        // Only data download to the SIM reaches the card; anything else would be shown to the person.
        guard message.protocolID == 0x7F, message.hasUserDataHeader else { return .delivered }
        let step = await phone.receive(message.userData)
        if let delay = step.delay {
            laterInput.yield {
                do { try await Task.sleep(for: delay) } catch { return }
                await Self.send(await phone.react(step.question), message, submit)
            }
        } else {
            await Self.send(step.answer, message, submit)
        }
        return .delivered
    }

    private static func send(
        _ answer: [[UInt8]],
        _ message: ShortMessage,
        _ submit: @Sendable (ShortMessage) async -> Void
    ) async {
        for userData in answer {
            await submit(
                ShortMessage(
                    source: message.destination,
                    destination: message.source,
                    protocolID: 0,
                    dataCoding: 0xF6,
                    hasUserDataHeader: true,
                    userData: userData
                )
            )
        }
    }
}

/// A phone with a card, and a person who does always the same.
private actor Phone {
    struct Step {
        var answer: [[UInt8]] = []
        var question: Card.Question?
        /// How long the person takes; `nil` if nobody is asked or the answer is there.
        var delay: Duration?
    }

    nonisolated let isOn: Bool
    private var card: Card
    private let behaviour: Behaviour
    private let code: String
    private let msisdn: String
    private let patience: Duration
    private let prompted: @Sendable (String) -> Void
    private var pin = "482916"

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

    func receive(_ userData: [UInt8]) -> Step {
        switch card.receive(userData) {
        case .nothing: return Step()
        case .answer(let answer): return Step(answer: answer)
        case .ask(let question):
            guard case .sign = question.subject else { return Step(answer: react(question)) }
            prompted(msisdn)
            switch behaviour {
            case .silent: return Step(question: question, delay: patience)
            case .delay(let time): return Step(question: question, delay: .milliseconds(time))
            case .sign, .cancel, .wrongPIN, .off: return Step(answer: react(question))
            }
        }
    }

    /// What the person does in the end.
    func react(_ question: Card.Question?) -> [[UInt8]] {
        guard let question else { return [] }
        guard case .sign = question.subject else {
            return card.answer(question, with: .activation(code: code, pin: pin)) ?? []
        }
        switch behaviour {
        case .sign, .delay: return card.answer(question, with: .pin(pin)) ?? []
        case .cancel: return card.answer(question, with: .cancel) ?? []
        case .silent, .off: return card.answer(question, with: .nothing) ?? []
        case .wrongPIN:
            for _ in 0..<16 {
                if let answer = card.answer(question, with: .pin("000000")) { return answer }
            }
            return []
        }
    }
}
