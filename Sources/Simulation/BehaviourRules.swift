/// How people act by the range that their number is in, over what their cards say; the latest rule counts.
public struct BehaviourRules: Sendable, Equatable {
    private struct Rule: Equatable {
        var range: ClosedRange<UInt64>
        var behaviour: Behaviour
    }

    private var rules: [Rule] = []

    public init() {}

    /// `FROM-TO=BEHAVIOUR`, or one number instead of two; several are divided by commas.
    ///
    /// - Throws: ``SimulationError`` that quotes what is no rule.
    public init(_ text: String) throws(SimulationError) {
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let range = Self.range(sides[0]), let behaviour = Behaviour(sides[1]) else {
                throw SimulationError("\(part) is no rule: FROM-TO=BEHAVIOUR")
            }
            add(range, behaviour)
        }
    }

    var isEmpty: Bool { rules.isEmpty }

    mutating func add(_ range: ClosedRange<UInt64>, _ behaviour: Behaviour) {
        rules.removeAll { $0.range == range }
        rules.append(Rule(range: range, behaviour: behaviour))
    }

    /// What a rule says of a number; `nil` if none does.
    func behaviour(of msisdn: String) -> Behaviour? {
        guard !rules.isEmpty, let number = UInt64(msisdn) else { return nil }
        return rules.last { $0.range.contains(number) }?.behaviour
    }

    /// `FROM-TO` or one number, in digits with or without `+`.
    static func range(_ text: some StringProtocol) -> ClosedRange<UInt64>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end in
            UInt64(end.hasPrefix("+") ? String(end.dropFirst()) : String(end))
        }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last
        else { return nil }
        return first...last
    }
}
