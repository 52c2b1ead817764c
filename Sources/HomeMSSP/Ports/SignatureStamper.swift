/// Has signatures stamped by a time stamp authority (RFC 3161).
public protocol SignatureStamper: Sendable {
    /// A finished CMS with a token over its signature value, verified, among its unsigned attributes.
    ///
    /// - Parameters:
    ///   - finished: DER of the SignedData.
    ///   - key: That it was made with.
    ///   - time: Nobody waits longer for it.
    /// - Returns: DER of the SignedData.
    /// - Throws: ``EvidenceError`` if there is none; the signature stands without it.
    func stamp(
        _ finished: [UInt8],
        of key: SubscriberKey,
        within time: Duration
    ) async throws(EvidenceError) -> [UInt8]
}
