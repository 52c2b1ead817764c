import Alauda
import MSSCore

/// What is signed, by which form, and what the phone shows: all that an order needs, once the key is known.
struct WrittenMatter {
    var text: CardText
    var content: [UInt8]
    var manner: SigningManner
    /// HASH; `nil` where the card makes it of the text that it shows.
    var digest: [UInt8]?

    /// - Throws: 103 or 107 for a text that the phone cannot show with the platform's line below it, 107 for content that
    ///   could pass as another, 404/4042 for a key that cannot sign the digest.
    init(
        _ matter: SignedMatter,
        for provider: ApplicationProvider,
        _ language: String,
        _ key: SubscriberKey,
        _ evidence: any SignatureEvidence
    ) throws(MSSFault) {
        let display: String
        let phrase: String
        switch matter {
        case .shown(let text, let octets):
            self.text = text
            (content, manner) = (octets, .text)
            return
        case .text(let octets, let shown):
            (display, phrase) = (shown, UnseenPhrase.text(language, of: octets))
            (content, manner) = (octets, .text)
            try SigningRules.check(.utf8(octets), form: manner.form)
        case .digest(let algorithm, let digest, let shown):
            (display, phrase) = (shown, UnseenPhrase.text(language, algorithm, digest))
            let form = SigningForm(structure: .detached, attributes: evidence.nonceAttributes(for: key))
            (content, manner) = (digest, SigningManner(kind: .digest, form: form))
            try SigningRules.check(
                .digest(digest),
                form: form,
                grant: SigningRules.DigestGrant(
                    isAllowed: provider.signsDigests,
                    isDescribed: !shown.isEmpty,
                    keySignsDigestsOnly: key.policy.contains(.digests)
                )
            )
            guard digest.count == key.algorithm.digestLength else {
                throw MSSFault(
                    .noKeyFound,
                    "The user's key for digests does not sign those of \(algorithm.rawValue).",
                    specifier: 4042
                )
            }
        }
        let hash: [UInt8]
        do throws(EvidenceError) {
            hash = try evidence.digestToSign(manner.content(content), form: manner.form, key: key)
        } catch { throw MSSFault(.internalError, cause: error.reason) }
        digest = hash
        text = try ShownText.check(display, for: provider, under: ShownText.Ending(text: phrase, digest: hash))
    }
}
