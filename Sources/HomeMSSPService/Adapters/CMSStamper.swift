import HomeMSSP
import Signatures

/// The operator's time stamp authority, as the home asks for it.
struct CMSStamper: SignatureStamper {
    let authority: TimeStampAuthority

    func stamp(
        _ finished: [UInt8],
        of key: SubscriberKey,
        within time: Duration
    ) async throws(EvidenceError) -> [UInt8] {
        do throws(SignatureError) {
            return try await authority.stamp(finished, by: key.algorithm.signing.digest, within: time)
        } catch { throw EvidenceError(reason: error.description) }
    }
}
