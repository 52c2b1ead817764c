public import MSSCore
import Synchronization

/// One part of an answer, as a handset sent it.
public struct AnswerPart: Sendable, Equatable {
    /// More octets than any short message holds are no part.
    public static let longest = 255

    public var source: MSISDN
    /// Reference and number of parts of the answer (3GPP TS 23.040 §9.2.3.24).
    public var reference: UInt16
    /// 1 to 5.
    public var total: Int
    /// 1 to ``total``.
    public var index: Int
    /// IEI 70 or 71 if this part's header named the packet's kind.
    public var identifier: UInt8?
    /// Without their header.
    public var octets: [UInt8]

    public init(source: MSISDN, reference: UInt16, total: Int, index: Int, identifier: UInt8?, octets: [UInt8]) {
        self.source = source
        self.reference = reference
        self.total = total
        self.index = index
        self.identifier = identifier
        self.octets = octets
    }
}

/// Where the parts of answers wait for their others, whichever process of the home they reach.
///
/// A message centre forgets a part once it is acknowledged, so it is stored first. Parts of one source, reference and
/// total belong together; a source keeps its youngest ``mostOfOneSource`` answers, so that a stranger's litter goes by
/// itself.
public protocol PartStore: Sendable {
    /// Stores a part and returns all parts of its answer that are stored, it among them.
    ///
    /// Of two processes that store the last two parts at the same moment at least one is given both. A part that is
    /// there already changes nothing. A part of other octets under an index that is there begins a new answer under
    /// the same reference: what was stored of the old one is gone.
    func put(_ part: AnswerPart) async throws(PartStoreError) -> [AnswerPart]

    /// Lets go of parts whose others did not come in ``patience``; may do it when it likes.
    func forgetOld() async
}

extension PartStore {
    /// Answers that one source may have under way.
    public static var mostOfOneSource: Int { 8 }
    /// How long parts are kept: longer than any transaction runs.
    public static var patience: Duration { .seconds(600) }
}

/// Storage does not answer; the message centre keeps the part.
public struct PartStoreError: Error, Sendable {
    /// For the log of the home.
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }
}

/// Parts in memory, for one process and for tests: what is acknowledged is lost with the process.
public final class MemoryParts: PartStore {
    private struct Key: Hashable {
        var source: MSISDN
        var reference: UInt16
        var total: Int
    }

    private struct Answer {
        var parts: [Int: AnswerPart] = [:]
        var youngest: ContinuousClock.Instant
        var place: UInt64
    }

    private struct State {
        var answers: [Key: Answer] = [:]
        var place: UInt64 = 0
    }

    private let most: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameters:
    ///   - most: Answers that are kept in all; the oldest goes for one more.
    ///   - now: The clock.
    public init(most: Int = 10_000, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.most = most
        self.now = now
    }

    public func put(_ part: AnswerPart) async throws(PartStoreError) -> [AnswerPart] {
        let key = Key(source: part.source, reference: part.reference, total: part.total)
        let now = now()
        return state.withLock { state in
            state.answers = state.answers.filter { $0.key != key || $0.value.youngest + Self.patience > now }
            let known = state.answers[key]?.parts[part.index]
            if let known, known.octets != part.octets { state.answers[key] = nil }
            state.place += 1
            var answer = state.answers[key] ?? Answer(youngest: now, place: state.place)
            answer.parts[part.index] = part
            answer.youngest = now
            state.answers[key] = answer
            Self.shrink(&state, key, most)
            return answer.parts.values.sorted { $0.index < $1.index }
        }
    }

    public func forgetOld() async {
        let now = now()
        state.withLock { state in state.answers = state.answers.filter { $0.value.youngest + Self.patience > now } }
    }

    private static func shrink(_ state: inout State, _ key: Key, _ most: Int) {
        let ofSource = state.answers.filter { $0.key.source == key.source }
        if ofSource.count > mostOfOneSource, let oldest = ofSource.min(by: { $0.value.place < $1.value.place }) {
            state.answers[oldest.key] = nil
        }
        if state.answers.count > most, let oldest = state.answers.min(by: { $0.value.place < $1.value.place }) {
            state.answers[oldest.key] = nil
        }
    }
}
