import Synchronization

/// Which faults a message centre has now, and how often each has struck.
///
/// At each place the oldest rule that strikes counts, and no other.
public final class FaultPlan: Sendable {
    /// How often a fault strikes.
    enum Extent: Equatable {
        case always
        /// The next so many times, then never again.
        case times(Int)
        /// So many times in a hundred, by chance.
        case percent(Double)
    }

    /// A fault and its extent: `NAME`, `NAME*TIMES` or `NAME%PERCENT`.
    public struct Rule: Sendable, Equatable {
        let fault: SMSCFault
        var extent: Extent

        public init?(_ text: some StringProtocol) {
            if let sign = text.lastIndex(of: "*") {
                guard let times = Int(text[text.index(after: sign)...]), (1...1_000_000).contains(times),
                    let fault = SMSCFault(text[..<sign])
                else { return nil }
                (self.fault, extent) = (fault, .times(times))
            } else if let sign = text.lastIndex(of: "%") {
                guard let percent = Double(text[text.index(after: sign)...]), percent > 0, percent <= 100,
                    let fault = SMSCFault(text[..<sign])
                else { return nil }
                (self.fault, extent) = (fault, .percent(percent))
            } else {
                guard let fault = SMSCFault(text) else { return nil }
                (self.fault, extent) = (fault, .always)
            }
        }

        public var text: String {
            switch extent {
            case .always: fault.name
            case .times(let times): "\(fault.name)*\(times)"
            case .percent(let percent): "\(fault.name)%\(percent)"
            }
        }
    }

    private struct State {
        var rules: [Rule] = []
        var struck: [String: Int] = [:]
        var generator: SeededGenerator
    }

    /// What a plan holds at most.
    private static let most = 100
    private let state: Mutex<State>

    /// - Parameter seed: Of the chance in `NAME%PERCENT`.
    public init(seed: UInt64 = 1) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    public var rules: [Rule] { state.withLock { $0.rules } }

    /// How often each fault has struck, by its name.
    public var struck: [String: Int] { state.withLock { $0.struck } }

    /// - Returns: `false` if the plan is full.
    @discardableResult
    public func add(_ rule: Rule) -> Bool {
        state.withLock { state in
            guard state.rules.count < Self.most else { return false }
            state.rules.append(rule)
            return true
        }
    }

    public func clear() {
        state.withLock { $0.rules = [] }
    }

    /// The fault that strikes here now, if any.
    func strike(_ place: SMSCFault.Place) -> SMSCFault? {
        state.withLock { state in
            guard !state.rules.isEmpty else { return nil }
            for index in state.rules.indices where state.rules[index].fault.place == place {
                switch state.rules[index].extent {
                case .always: break
                case .percent(let percent):
                    guard Double.random(in: 0..<100, using: &state.generator) < percent else { continue }
                case .times(let times): state.rules[index].extent = .times(times - 1)
                }
                let rule = state.rules[index]
                if case .times(0) = rule.extent { state.rules.remove(at: index) }
                state.struck[rule.fault.name, default: 0] += 1
                return rule.fault
            }
            return nil
        }
    }
}

/// Messages that wait for the next one to go before them.
struct Overtaken<Message: Sendable>: Sendable {
    private var held: [(message: Message, since: ContinuousClock.Instant)] = []

    /// Holds a message back.
    mutating func hold(_ message: Message, now: ContinuousClock.Instant = .now) {
        held.append((message, now))
    }

    /// What goes behind a message that goes now.
    mutating func release() -> [Message] {
        guard !held.isEmpty else { return [] }
        defer { held = [] }
        return held.map(\.message)
    }

    /// What nothing has overtaken for a second.
    mutating func releaseOld(now: ContinuousClock.Instant = .now) -> [Message] {
        guard !held.isEmpty else { return [] }
        let old = held.filter { now - $0.since >= .seconds(1) }.map(\.message)
        held.removeAll { now - $0.since >= .seconds(1) }
        return old
    }
}
