/// What can be asked of a running simulator, one line a command, one line an answer (docs/simulator.md).
public struct Control: Sendable {
    private let centre: SMSC
    private let phones: Phones

    public init(_ centre: SMSC, _ phones: Phones) {
        self.centre = centre
        self.phones = phones
    }

    /// The commands, as `help` tells them.
    private static let commands = """
        help | counts | faults | fault RULE[,RULE…] | clear | drop | behaviour FROM-TO NAME | on NUMBER | off NUMBER | \
        latency sms DISTRIBUTION | latency user DISTRIBUTION | spread on | spread off
        """

    /// Carries a command out.
    ///
    /// - Returns: `ok`, `ok` and what was asked for, or `error` and why; never more than one line.
    public func answer(_ line: String) async -> String {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).map { String($0) }
        switch (words.first ?? "", words.count) {
        case ("help", 1): return "ok " + Self.commands
        case ("counts", 1): return "ok " + counts
        case ("faults", 1): return (["ok"] + centre.faults.rules.map(\.text)).joined(separator: " ")
        case ("fault", 2): return add(words[1])
        case ("clear", 1):
            centre.faults.clear()
            return "ok"
        case ("drop", 1):
            centre.cutLinks()
            return "ok"
        case ("behaviour", 3):
            guard let range = BehaviourRules.range(words[1]) else { return "error no number or range" }
            guard let behaviour = Behaviour(words[2]) else { return "error no behaviour" }
            phones.act(range, behaviour)
            return "ok"
        case ("on", 2), ("off", 2):
            let number = String(words[1].drop { $0 == "+" })
            return await phones.turn(number, on: words[0] == "on") ? "ok" : "error no such number"
        case ("spread", 2):
            guard ["on", "off"].contains(words[1]) else { return "error spread is on or off" }
            centre.spread(words[1] == "on")
            return "ok"
        case ("latency", 3): return delay(words[1], words[2])
        default: return "error no such command: help tells them"
        }
    }

    private func add(_ list: String) -> String {
        let texts = list.split(separator: ",")
        let rules = texts.compactMap { FaultPlan.Rule($0) }
        guard !rules.isEmpty, rules.count == texts.count else { return "error no fault" }
        return rules.allSatisfy { centre.faults.add($0) } ? "ok" : "error too many faults: clear first"
    }

    private func delay(_ what: String, _ distribution: String) -> String {
        guard let latency = Latency(distribution) else { return "error no distribution" }
        switch what {
        case "sms": centre.latency.latency = latency
        case "user": phones.think(latency)
        default: return "error latency is of sms or user"
        }
        return "ok"
    }

    private var counts: String {
        let counts = centre.counts
        let figures: [(String, Int)] = [
            ("submitted", counts.submitted), ("refused", counts.refused), ("acknowledged", counts.acknowledged),
            ("sentAgain", counts.sentAgain), ("expired", counts.expired), ("undeliverable", counts.undeliverable),
            ("dropped", counts.dropped), ("bindsRefused", counts.bindsRefused), ("junk", counts.junk),
            ("turnedAway", counts.turnedAway), ("idle", counts.idle), ("waiting", centre.waiting),
            ("cards", phones.count), ("cardsInUse", phones.inUse), ("notKept", phones.notKept),
        ]
        let struck = centre.faults.struck.sorted { $0.key < $1.key }
        return (figures + struck).map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }
}
