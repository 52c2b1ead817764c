public import HomeMSSP
import Synchronization

/// Keeps evidence as it is, or refuses to.
public final class FakeKeeper: EvidenceKeeper {
    private let signatures = Mutex<[FinishedSignature]>([])
    private let refusal = Mutex<String?>(nil)

    public init() {}

    /// What was to be kept.
    public var all: [FinishedSignature] { signatures.withLock { $0 } }

    /// Keeps nothing more, or again for `nil`.
    public func refuse(_ reason: String?) { refusal.withLock { $0 = reason } }

    public func keep(_ signature: FinishedSignature) throws(EvidenceError) -> KeptEvidence {
        if let reason = refusal.withLock({ $0 }) { throw EvidenceError(reason: reason) }
        signatures.withLock { $0.append(signature) }
        return KeptEvidence(until: 1, sealed: signature.octets, proofs: [])
    }
}
