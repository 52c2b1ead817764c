import Alauda
import MSSCore

import struct Foundation.Date

/// What is signed, by which form, and what the phone shows: all that an order needs, once the key is known.
struct WrittenMatter {
    var text: CardText
    var content: [UInt8]
    var manner: SigningManner
    /// HASH; empty where the card makes it of the text that it shows.
    var digests: [[UInt8]] = []
    /// Of several documents each, the message's own first.
    var documents: [TaskDocument] = []

    /// - Throws: 103 or 107 for a text that the phone cannot show with the platform's lines, 107 for content that
    ///   could pass as another, 404/4042 for a key that cannot sign the digest, 101 for more documents than it can.
    init(
        _ matter: SignedMatter,
        as kind: SignatureKind,
        for provider: ApplicationProvider,
        _ language: String,
        _ key: SubscriberKey,
        _ evidence: any SignatureEvidence,
        at date: Date
    ) throws(MSSFault) {
        let writer = MatterWriter(provider: provider, language: language, key: key, evidence: evidence, date: date)
        switch matter {
        case .shown(let text, let signed):
            self.text = text
            content = signed.octets ?? []
            manner = try writer.manner(of: kind, signed)
        case .hidden, .digest, .amongOthers:
            let unseen = try writer.write(matter, as: kind)
            (content, manner, digests) = (unseen.content, unseen.manner, [unseen.digest])
            text = try ShownText.check(
                unseen.display,
                for: provider,
                under: ShownText.Ending(text: unseen.phrase ?? "", digests: digests)
            )
        case .documents(let set):
            self = try Self(set, writer)
        }
    }

    /// Several documents, each below its number, and the platform's line below the last.
    private init(_ set: DocumentSet, _ writer: MatterWriter) throws(MSSFault) {
        let count = set.parts.count
        let most = writer.key.algorithm.mostDigests
        guard count <= most else {
            throw MSSFault(
                .wrongParam,
                "AdditionalServices brings \(count) documents with the message's own; the user's key signs \(most) at once."
            )
        }
        var lines: [String] = []
        for (index, part) in set.parts.enumerated() {
            let written = try writer.write(part.matter, as: part.kind)
            lines.append(DocumentPhrase.mark(index + 1, of: count) + " " + written.display)
            if let phrase = written.phrase { lines.append(phrase) }
            digests.append(written.digest)
            documents.append(
                TaskDocument(
                    origin: part.origin,
                    reference: part.document.reference,
                    displayed: written.display,
                    content: written.content,
                    manner: written.manner
                )
            )
        }
        (content, manner) = (documents[0].content, documents[0].manner)
        text = try ShownText.check(
            lines.joined(separator: "\n"),
            for: writer.provider,
            under: ShownText.Ending(text: DocumentPhrase.text(writer.language, count), digests: digests),
            as: "All that is shown of the documents"
        )
    }
}

/// What the card is given of what it signs by a digest.
struct MatterWriter {
    let provider: ApplicationProvider
    let language: String
    let key: SubscriberKey
    let evidence: any SignatureEvidence
    let date: Date

    /// Something that the card signs by a digest.
    struct Written {
        /// What the person reads of it.
        var display: String
        /// The platform's line below that; `nil` where all that is signed is read.
        var phrase: String?
        var content: [UInt8]
        var manner: SigningManner
        /// HASH.
        var digest: [UInt8]
    }

    func write(_ matter: SignedMatter, as kind: SignatureKind) throws(MSSFault) -> Written {
        switch matter {
        case .amongOthers(let signed, let shown): return try write(signed, shown, nil, kind)
        case .hidden(let signed, let shown):
            return try write(signed, shown, UnseenPhrase.text(language, of: signed.octets ?? []), kind)
        case .digest(let algorithm, let digest, let shown):
            let manner = try manner(of: digest, algorithm, shown, kind)
            return Written(
                display: shown,
                phrase: UnseenPhrase.text(language, algorithm, digest),
                content: digest,
                manner: manner,
                digest: try hash(digest, manner)
            )
        case .shown, .documents:
            throw MSSFault(.internalError, cause: "a document among several that is not one of several")
        }
    }

    private func write(
        _ signed: SigningContent,
        _ display: String,
        _ phrase: String?,
        _ kind: SignatureKind
    ) throws(MSSFault) -> Written {
        let manner = try manner(of: kind, signed)
        let octets = signed.octets ?? []
        try SigningRules.check(signed, form: manner.form)
        return Written(
            display: display,
            phrase: phrase,
            content: octets,
            manner: manner,
            digest: try hash(octets, manner)
        )
    }

    private func hash(_ octets: [UInt8], _ manner: SigningManner) throws(MSSFault) -> [UInt8] {
        do throws(EvidenceError) {
            return try evidence.digestToSign(manner.content(octets), form: manner.form, key: key)
        } catch { throw MSSFault(.internalError, cause: error.reason) }
    }

    /// How a text, or octets, are signed.
    func manner(of kind: SignatureKind, _ signed: SigningContent) throws(MSSFault) -> SigningManner {
        var manner = try manner(of: kind)
        if case .gsm = signed { manner.kind = .gsm }
        if case .binary = signed { manner.kind = .binary }
        return manner
    }

    private func manner(of kind: SignatureKind) throws(MSSFault) -> SigningManner {
        guard kind.isAdvanced else { return kind.manner() }
        do throws(EvidenceError) {
            return kind.manner(adding: try evidence.advancedAttributes(for: key, at: date))
        } catch {
            throw MSSFault(.internalError, cause: error.reason)
        }
    }

    /// How a digest is signed: a value has no attributes; every other form has a nonce, whatever the provider chose.
    private func manner(
        of digest: [UInt8],
        _ algorithm: DigestAlgorithm,
        _ shown: String,
        _ kind: SignatureKind
    ) throws(MSSFault) -> SigningManner {
        let made = try manner(of: kind)
        let added = made.form.attributes.map { _ in evidence.nonceAttributes(for: key) }
        let form = SigningForm(structure: made.form.structure, attributes: added)
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
        return SigningManner(kind: .digest, form: form, bringsCertificate: made.bringsCertificate)
    }
}
