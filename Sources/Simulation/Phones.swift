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
    ) throws(SimulationError) {
        var phones: [String: Phone] = [:]
        for record in records {
            phones[record.msisdn] = Phone(try Card(record), record, patience, prompted)
        }
        self.phones = phones
        (later, laterInput) = AsyncStream.makeStream()
    }

    /// Switches a phone on or off, whatever its person's behaviour; an unknown number is ignored.
    public func turn(_ msisdn: String, on isOn: Bool) async {
        await phones[msisdn]?.turn(on: isOn)
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
        guard await phone.isOn else { return .unreachable }
        // Only data download to the SIM reaches the card; anything else would be shown to the person.
        guard message.protocolID == 0x7F, message.hasUserDataHeader else { return .delivered }
        let step = await phone.receive(message.userData)
        if let question = step.question {
            laterInput.yield {
                do { try await Task.sleep(for: step.delay) } catch { return }
                await Self.send(await phone.react(to: question), message, submit)
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
