import HomeMSSP
import KeyVault
import MSSCore
import Signatures

import struct Foundation.Date

/// Evidence of each signature, gathered where everything is at hand and sealed by the vault before it is stored.
struct SealedEvidence: EvidenceKeeper {
    let vault: Vault
    let authority: UserAuthority
    /// How many days it is kept.
    let days: Int

    func keep(_ signature: FinishedSignature) throws(EvidenceError) -> KeptEvidence {
        guard let certificate = signature.key.certificate else {
            throw EvidenceError(reason: "the user has no certificate")
        }
        let task = signature.task
        let id = signature.transaction.id.description
        let proofs = authority.namedProofs(of: certificate)
        var kept = KeptSignature(
            EvidenceRecord.Asked(
                transaction: id,
                provider: task.provider,
                providerTransaction: task.providerTransaction,
                instant: task.instant,
                acquiringEntity: task.acquiringEntity.uri,
                request: task.request
            ),
            command: signature.transaction.command ?? [],
            content: task.signedContent,
            form: task.signedForm,
            algorithm: signature.key.algorithm.signing,
            signature: signature.octets,
            certificates: [certificate] + authority.intermediates(of: certificate),
            proofs: proofs.map { KeptSignature.ProofName(kind: $0.kind, digest: $0.digest) },
            times: EvidenceRecord.Times(
                asked: signature.transaction.asked,
                sent: signature.sent,
                answered: signature.answered
            ),
            status: signature.status.rawValue
        )
        kept.further = signature.further.map { further in
            let document = further.document
            return KeptSignature.Further(
                content: document.signedContent,
                form: document.manner.form,
                signature: further.octets
            )
        }
        let until = Int64(signature.answered.timeIntervalSince1970) + Int64(days) * 86_400
        do throws(VaultError) {
            return KeptEvidence(
                until: until,
                sealed: try vault.seal(evidence: kept.encoded(), of: id, until: until),
                proofs: proofs.map { KeptProof(kind: $0.kind.rawValue, digest: $0.digest, octets: $0.der) }
            )
        } catch { throw EvidenceError(reason: error.description) }
    }
}
