import Alauda
import MSSCore

import struct Foundation.Date

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
        as kind: SignatureKind,
        for provider: ApplicationProvider,
        _ language: String,
        _ key: SubscriberKey,
        _ evidence: any SignatureEvidence,
        at date: Date
    ) throws(MSSFault) {
        let made = kind.manner(adding: try Self.attributes(of: kind, key, evidence, date))
        let display: String
        let phrase: String
        switch matter {
        case .shown(let text, let signed):
            self.text = text
            (content, manner) = (signed.octets ?? [], made)
            if case .gsm = signed { manner.kind = .gsm }
            return
        case .hidden(let signed, let shown):
            let octets = signed.octets ?? []
            (display, phrase) = (shown, UnseenPhrase.text(language, of: octets))
            (content, manner) = (octets, made)
            if case .binary = signed { manner.kind = .binary }
            try SigningRules.check(signed, form: manner.form)
        case .digest(let algorithm, let digest, let shown):
            (display, phrase) = (shown, UnseenPhrase.text(language, algorithm, digest))
            // A value has no attributes; every other form has a nonce, whatever the provider chose.
            let added = made.form.attributes.map { _ in evidence.nonceAttributes(for: key) }
            let form = SigningForm(structure: made.form.structure, attributes: added)
            content = digest
            manner = SigningManner(kind: .digest, form: form, bringsCertificate: made.bringsCertificate)
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

    private static func attributes(
        of kind: SignatureKind,
        _ key: SubscriberKey,
        _ evidence: any SignatureEvidence,
        _ date: Date
    ) throws(MSSFault) -> AddedAttributes {
        guard kind.isAdvanced else { return AddedAttributes() }
        do throws(EvidenceError) { return try evidence.advancedAttributes(for: key, at: date) } catch {
            throw MSSFault(.internalError, cause: error.reason)
        }
    }
}
