import HomeMSSP
import MSSRuntime

extension Parts {
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
