import SMPP

/// What became of a command's segments, over all attempts to send the same octets.
///
/// A card acts on a whole command only: one segment that it certainly cannot have decides.
struct CommandDelivery {
    /// What is to be done next.
    enum Step: Equatable {
        /// Every segment is taken.
        case taken
        /// These segments once more, after a pause, by another centre if there is one.
        case again([Int], after: Duration)
        case failed(SIMLinkError)
    }

    private struct Segment {
        var isTaken = false
        /// A copy left, and nobody said what became of it.
        var mayBeOut = false
        /// Copies that were lost, and refusals that may be chance.
        var losses = 0
        var chances = 0
    }

    /// How often a segment without an answer is sent again; the card takes one copy alone.
    static let mostResends = 2
    /// After a link was lost, or had no room for one more.
    private static let shortPause = Duration.milliseconds(50)
    private static let firstPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(8)

    private var segments: [Segment]
    private var pause = Self.firstPause

    init(segments count: Int) {
        segments = Array(repeating: Segment(), count: count)
    }

    /// Whether every segment is taken or may be.
    private var mayBeWhole: Bool { segments.allSatisfy { $0.isTaken || $0.mayBeOut } }

    /// Takes what became of the segments that were sent last.
    mutating func take(_ outcomes: [(index: Int, outcome: SubmitOutcome)]) -> Step {
        var again: [Int] = []
        var wait = Duration.zero
        for (index, outcome) in outcomes where segments.indices.contains(index) {
            switch outcome {
            case .accepted: segments[index].isTaken = true
            case .lost:
                segments[index].mayBeOut = true
                segments[index].losses += 1
                if segments[index].losses <= Self.mostResends { again.append(index) }
            case .notSent:
                again.append(index)
                wait = max(wait, Self.shortPause)
            case .overloaded:
                guard segments[index].mayBeOut else { return .failed(.notSent("the message centre is overloaded")) }
            case .refused(let status):
                switch judge(status, index) {
                case .again:
                    again.append(index)
                    wait = max(wait, pause)
                case .unknown: break
                case .failed(let error): return .failed(error)
                }
            }
        }
        if wait >= pause { pause = min(pause * 2, Self.longestPause) }
        if !again.isEmpty { return .again(again, after: wait) }
        return segments.allSatisfy(\.isTaken) ? .taken : .failed(.unknownOutcome)
    }

    /// What is to be told when nothing more can be tried.
    func end(_ reason: String) -> SIMLinkError { mayBeWhole ? .unknownOutcome : .notSent(reason) }

    private enum Judgement {
        case again
        case unknown
        case failed(SIMLinkError)
    }

    private mutating func judge(_ status: CommandStatus, _ index: Int) -> Judgement {
        switch StatusMeaning(status) {
        case .temporary: return .again
        case .once where segments[index].chances == 0:
            segments[index].chances = 1
            return .again
        case .taken, .overloaded, .unbound, .once, .permanent, .defect:
            // Another copy may be on its way all the same.
            guard !segments[index].mayBeOut else { return .unknown }
            return .failed(.refused("the message centre refused it: \(status)"))
        }
    }
}
