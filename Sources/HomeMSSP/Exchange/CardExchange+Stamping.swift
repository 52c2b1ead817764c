import Foundation
import Logging
import MSSCore

extension CardExchange {
    /// Seconds before a transaction's deadline from which on nobody is asked for a time stamp: what the card answered in
    /// time must be committed in time.
    private static let margin = 2.0

    /// A signature whose request asked for time stamps with a stamp each, if the authority gives them all; without them
    /// it stands as it is, and its answer says so.
    func stamped(_ result: TransactionResult, of current: RunningTransaction) async -> TransactionResult {
        let transaction = current.transaction
        guard case .signature(let octets, let verdict) = result, case .signature(let task) = transaction.task,
            task.answered.contains(.timestamp), let key = current.subscriber.key(task.key),
            let certificate = key.certificate
        else { return result }
        do {
            guard let stamper else { throw EvidenceError(reason: "no time stamp authority is configured") }
            let left = transaction.deadline.timeIntervalSinceNow - Self.margin
            let finished = try task.signatures(of: octets).map(\.signature)
            let stamped = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
                for (place, signature) in finished.enumerated() {
                    group.addTask {
                        (place, try await stamper.stamp(signature, of: key, within: .seconds(max(0, left))))
                    }
                }
                var stamped = finished
                for try await (place, signature) in group { stamped[place] = signature }
                return stamped
            }
            tally.count("home_timestamps", [("outcome", "ok")])
            return .signature(task.result(of: stamped, by: certificate, isStamped: true), verdict)
        } catch {
            tally.count("home_timestamps", [("outcome", "failed")])
            let reason = (error as? EvidenceError)?.reason ?? "\(error)"
            log(.warning, "a signature has no time stamp", transaction, ["cause": "\(reason, as: .system)"])
            return result
        }
    }
}
