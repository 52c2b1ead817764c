import CLibCrypto
import Foundation
public import MSSCore
import Synchronization

/// Has signature values stamped by the one authority that an operator names (RFC 3161 over HTTP, §3.4).
///
/// What comes needs no protection on its way: it is signed. An authority that fails is left alone for a while, so that
/// those who wait for signatures do not wait for it one by one.
public final class TimeStampAuthority: Sendable {
    /// How long after a failure nobody asks again.
    public static let pause: Duration = .seconds(5)
    /// More is no token.
    private static let longestAnswer = 65_536

    private let url: String
    private let store: TrustStore
    private let time: Duration
    private let fetch: RevocationSources.Fetch
    private let away = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - url: Where it answers; http or https.
    ///   - pem: The anchors of its certificate.
    ///   - time: How long an answer may take.
    ///   - fetch: Fetches, from that address alone.
    /// - Throws: ``SignatureError`` if the text holds no certificate.
    public init(
        url: String,
        anchors pem: [UInt8],
        time: Duration,
        fetch: @escaping RevocationSources.Fetch
    ) throws(SignatureError) {
        defer { ERR_clear_error() }
        let issuers = LibCrypto.certificates(pem: pem).map { ParsedCertificate(owning: $0) }
        guard !issuers.isEmpty else { throw SignatureError("the file holds no PEM certificate") }
        guard let store = TrustStore() else { throw SignatureError("out of memory") }
        for issuer in issuers { issuer.use { _ = X509_STORE_add_cert(store.pointer, $0) } }
        (self.url, self.store, self.time, self.fetch) = (url, store, time, fetch)
    }

    /// A SignedData with a time stamp over its signature value.
    ///
    /// - Parameters:
    ///   - finished: DER ContentInfo, as it was assembled.
    ///   - digest: Of the signature value, in the stamp.
    ///   - limit: It must be there then, whatever this authority may take otherwise.
    /// - Returns: The same SignedData with the token among its signer's unsigned attributes.
    /// - Throws: ``SignatureError`` if nothing came in time that verifies, or the authority failed just before.
    public func stamp(
        _ finished: [UInt8],
        by digest: DigestAlgorithm,
        within limit: Duration
    ) async throws(SignatureError) -> [UInt8] {
        guard away.withLock({ $0.map { $0 <= .now } ?? true }) else {
            throw SignatureError("the time stamp authority failed a moment ago")
        }
        let value = MessageDigest.digest(try SignatureTimeStamp.value(of: finished), by: digest)
        guard let question = TimeStampQuestion(value, by: digest), limit > .zero else {
            throw SignatureError("there is no time for a time stamp")
        }
        let request = RevocationSources.Request(
            url: url,
            body: question.der,
            contentType: "application/timestamp-query",
            mostOctets: Self.longestAnswer,
            time: min(time, limit)
        )
        do {
            let token = try token(try await fetch(request), of: question, at: Date())
            return try SignatureTimeStamp.add(token, to: finished)
        } catch {
            away.withLock { $0 = .now + Self.pause }
            throw (error as? SignatureError) ?? SignatureError("the time stamp authority does not answer")
        }
    }

    /// The token of an answer.
    func token(
        _ octets: [UInt8],
        of question: TimeStampQuestion,
        at date: Date
    ) throws(SignatureError) -> [UInt8] {
        try question.token(octets, store: store.pointer, at: date)
    }
}
