import Foundation
import HomeMSSP
import MSSCore

extension LedgerRules {
    /// A provider at a person's phone.
    struct Asker: Sendable, Hashable {
        var card: MSISDN
        var provider: String
        /// Whether it knew the person's code; not part of who it is.
        var isExpected = false

        init(card: MSISDN, provider: String) {
            (self.card, self.provider) = (card, provider)
        }

        init?(_ transaction: CardTransaction) {
            guard case .signature(let task) = transaction.task else { return nil }
            (card, provider, isExpected) = (transaction.msisdn, task.provider, task.isExpected)
        }

        static func == (one: Asker, other: Asker) -> Bool {
            one.card == other.card && one.provider == other.provider
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(card)
            hasher.combine(provider)
        }
    }

    /// What is counted of one provider's prompts at one phone.
    struct PromptCount: Sendable {
        private var unanswered: [Date] = []
        private var refusals = 0
        private var refused: Date?
        private(set) var wrongCodes: [Date] = []

        /// When a code is compared again, if too many were wrong.
        func wrongCodeHold(_ now: Date) -> PromptHold? {
            guard wrongCodes.count >= PromptLimits.wrongCodes, let first = wrongCodes.first, first > now - 3_600
            else { return nil }
            return PromptHold(.wrongCode, until: first + 3_600)
        }

        mutating func noteWrongCode(_ now: Date) {
            wrongCodes = (wrongCodes + [now]).suffix(PromptLimits.wrongCodes)
        }

        /// What a signature, or the person's code, ends.
        mutating func forgive() {
            (unanswered, refusals, refused) = ([], 0, nil)
        }

        mutating func note(_ result: TransactionResult, isAnswered: Bool, _ now: Date) {
            guard case .fault(let fault) = result else {
                forgive()
                return
            }
            switch fault.code {
            case .userCancel:
                let weight = fault.specifier == 4014 ? PromptLimits.weightOfNotMe : 1
                let isFresh = refused.map { now.timeIntervalSince($0) < Double(PromptLimits.memory) } ?? false
                refusals = min((isFresh ? refusals : 0) + weight, PromptLimits.most)
                refused = now
            case .expiredTransaction, .signatureProcess:
                guard fault.code == .expiredTransaction || !isAnswered else { return }
                unanswered = (unanswered + [now]).suffix(PromptLimits.most)
            default: return
            }
        }

        mutating func age(_ seconds: TimeInterval) {
            unanswered = unanswered.map { $0 - seconds }
            refused = refused.map { $0 - seconds }
            wrongCodes = wrongCodes.map { $0 - seconds }
        }

        /// Of the last hour, the latest first.
        func recent(_ now: Date) -> [Date] { unanswered.filter { $0 > now - 3_600 }.reversed() }

        /// When the pause after the last refusal is over.
        func pause(_ limits: PromptLimits) -> Date? {
            guard let refused, refusals > 0 else { return nil }
            return refused + min(Double(limits.pause) * pow(2, Double(refusals - 1)), Double(limits.longestPause))
        }
    }

    mutating func noteWrongCode(of provider: String, for iccid: ICCID, now: Date) -> PromptHold? {
        guard let card = cards.first(where: { $0.value.reference.iccid == iccid })?.key else { return nil }
        let asker = Asker(card: card, provider: provider)
        if let hold = prompts[asker]?.wrongCodeHold(now) { return hold }
        prompts[asker, default: PromptCount()].noteWrongCode(now)
        return nil
    }

    /// Why a person is not to be asked now; of several reasons the one that lasts longest.
    func hold(on transaction: CardTransaction, _ now: Date) -> PromptHold? {
        guard let asker = Asker(transaction) else { return nil }
        if asker.isExpected { return prompts[asker]?.wrongCodeHold(now) }
        let mine = prompts[asker] ?? PromptCount()
        let recent = mine.recent(now)
        var holds: [PromptHold] = []
        if recent.count >= limits.ofOne {
            holds.append(PromptHold(.unanswered, until: recent[limits.ofOne - 1] + 3_600))
        }
        if let pause = mine.pause(limits), pause > now { holds.append(PromptHold(.refused, until: pause)) }
        let all = prompts.filter { $0.key.card == asker.card }.flatMap { $0.value.recent(now) }.sorted(by: >)
        if all.count >= limits.ofAll, let last = recent.first {
            holds.append(PromptHold(.unansweredOfAll, until: min(last, all[limits.ofAll - 1]) + 3_600))
        }
        return holds.max { $0.until < $1.until }
    }
}
