import Synchronization

/// Every simulated phone, by number, with the person who holds it.
///
/// A card is made when the first message for it comes: a hundred thousand of them cost what those in use cost.
public final class Phones: Handsets {
    private let card: @Sendable (String) -> CardRecord?
    /// How many numbers there are.
    public let count: Int
    private let patience: Duration
    private let memory: CardMemory?
    private let prompted: @Sendable (String) -> Void
    private let phones = Mutex<[String: (Phone, CardRecord)]>([:])
    private let rules: Mutex<BehaviourRules>
    private let thinking: LatencySource
    private let later: AsyncStream<@Sendable () async -> Void>
    private let laterInput: AsyncStream<@Sendable () async -> Void>.Continuation

    /// How the people are, beside what their cards say of them.
    public struct Settings: Sendable {
        /// How long a phone shows a text before it gives up, where the home does not say.
        public var patience: Duration = .seconds(60)
        /// How long people think before they react to a text.
        public var thinking = Latency.none
        public var rules = BehaviourRules()
        /// Where the state of cards that have changed is kept over a restart; nowhere otherwise.
        public var memory: CardMemory?
        /// Of the chance in `thinking`.
        public var seed: UInt64 = 1

        public init() {}
    }

    /// Puts each card into a phone, which shows a text for `patience` before it gives up; `prompted` is called with the
    /// number for each text that a person is asked to sign.
    ///
    /// - Throws: ``SimulationError`` if a card's keys are not as they must be.
    public convenience init(
        _ records: [CardRecord],
        patience: Duration = .seconds(60),
        prompted: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SimulationError) {
        var settings = Settings()
        settings.patience = patience
        try self.init(records, settings, prompted: prompted)
    }

    /// - Throws: ``SimulationError`` if a card's keys are not as they must be.
    public convenience init(
        _ records: [CardRecord],
        _ settings: Settings,
        prompted: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SimulationError) {
        for record in records { _ = try Card(record) }
        let byNumber = Dictionary(records.map { ($0.msisdn, $0) }) { $1 }
        self.init(settings, count: byNumber.count, prompted) { byNumber[$0] }
    }

    /// The phones of a series, which needs no checking.
    public convenience init(
        _ series: CardSeries,
        _ settings: Settings,
        prompted: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(settings, count: series.count, prompted) { series.card(of: $0) }
    }

    private init(
        _ settings: Settings,
        count: Int,
        _ prompted: @escaping @Sendable (String) -> Void,
        _ card: @escaping @Sendable (String) -> CardRecord?
    ) {
        self.card = card
        self.count = count
        self.prompted = prompted
        patience = settings.patience
        memory = settings.memory
        rules = Mutex(settings.rules)
        thinking = LatencySource(settings.thinking, seed: settings.seed)
        (later, laterInput) = AsyncStream.makeStream()
    }

    /// How many cards have been made so far.
    public var inUse: Int { phones.withLock { $0.count } }

    /// How often a card's state could not be kept.
    public var notKept: Int { memory?.failures ?? 0 }

    /// Switches a phone on or off, whatever its person's behaviour.
    ///
    /// - Returns: Whether there is such a number.
    @discardableResult
    public func turn(_ msisdn: String, on isOn: Bool) async -> Bool {
        guard let (phone, _) = phone(msisdn) else { return false }
        await phone.turn(on: isOn)
        return true
    }

    /// Lets everybody in a range of numbers act so from now on.
    func act(_ range: ClosedRange<UInt64>, _ behaviour: Behaviour) {
        rules.withLock { $0.add(range, behaviour) }
    }

    /// Lets people think so long from now on.
    func think(_ latency: Latency) {
        thinking.latency = latency
    }

    private func phone(_ msisdn: String) -> (Phone, CardRecord)? {
        if let known = phones.withLock({ $0[msisdn] }) { return known }
        guard let record = card(msisdn),
            let card = try? Card(record, state: memory?.state(of: record.iccid) ?? CardState(record))
        else { return nil }
        let phone = (Phone(card, record, patience, memory, prompted), record)
        return phones.withLock { phones in
            // Another message may have been faster; a number has one card.
            if let known = phones[msisdn] { return known }
            phones[msisdn] = phone
            return phone
        }
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
        guard let (phone, record) = phone(message.destination) else { return .unknownNumber }
        let behaviour = rules.withLock { $0.behaviour(of: message.destination) } ?? record.behaviour
        // Only data download to the SIM reaches the card; anything else would be shown to the person.
        guard message.protocolID == 0x7F, message.hasUserDataHeader else {
            return await phone.isOn(behaviour) ? .delivered : .unreachable
        }
        let step = await phone.receive(message.userData, behaviour, thinking: thinking.draw())
        guard step.delay > .zero else {
            await Self.send(step.answer, message, submit)
            return step.acknowledgement
        }
        laterInput.yield {
            do { try await Task.sleep(for: step.delay) } catch { return }
            var last = step
            if let pending = step.pending {
                last = await phone.react(to: pending)
                if last.delay > .zero { do { try await Task.sleep(for: last.delay) } catch { return } }
            }
            await Self.send(last.answer, message, submit)
        }
        return step.acknowledgement
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
