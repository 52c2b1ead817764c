import HomeMSSP
import MSSRuntime

extension Parts {
    /// MCC and MNC, as subscriberInfo tells them.
    static func networks(_ users: HomeConfiguration.Users) throws(StartError) -> [String] {
        for network in users.networks ?? [] {
            let isNumber = network.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, (5...6).contains(network.utf8.count) else {
                throw StartError("users.networks: \(network) must be the 5 or 6 digits of MCC and MNC")
            }
        }
        return users.networks ?? []
    }

    /// The test numbers of sandbox providers.
    static func sandbox(_ numbers: HomeConfiguration.TestNumbers?) throws(StartError) -> Sandbox {
        guard let numbers else { return Sandbox() }
        guard let prefix = Sandbox.Prefix(numbers.prefix) else {
            throw StartError("sandbox.prefix: \(numbers.prefix) must be + and 3 to 11 digits")
        }
        return Sandbox(prefix: prefix)
    }

    /// How often a person may be asked in vain; each bound keeps the limit one.
    static func limits(_ abuse: HomeConfiguration.Abuse?) throws(StartError) -> PromptLimits {
        let usual = PromptLimits()
        func value(_ set: Int?, _ usual: Int, _ range: ClosedRange<Int>, _ key: String) throws(StartError) -> Int {
            let value = set ?? usual
            guard range.contains(value) else {
                throw StartError("abuse.\(key) must be \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        let prompts = 1...PromptLimits.most
        return PromptLimits(
            ofOne: try value(abuse?.unansweredPerHour, usual.ofOne, prompts, "unanswered_per_hour"),
            ofAll: try value(abuse?.unansweredOfAllPerHour, usual.ofAll, prompts, "unanswered_of_all_per_hour"),
            pause: try value(abuse?.refusalPauseSeconds, usual.pause, 0...3_600, "refusal_pause_seconds"),
            longestPause: try value(
                abuse?.longestPauseSeconds,
                usual.longestPause,
                0...86_400,
                "longest_pause_seconds"
            )
        )
    }
}
