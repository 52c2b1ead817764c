import Alauda
import MSSCore

/// Several documents that a request has signed with one PIN entry: the message's own, then those of batchsign and docsign
/// (docs/signatures.md, "Several documents").
struct DocumentSet {
    /// One of them, as far as it can be read before the key is known.
    struct Part {
        var document: DocumentToBeSigned
        var origin: TaskDocument.Origin
        var kind: SignatureKind
        var matter: SignedMatter
    }

    var parts: [Part]

    /// Reads the documents of a request that has more than its own.
    ///
    /// - Parameters:
    ///   - request: Of a provider that may ask for these services.
    ///   - provider: The one.
    ///   - kind: What the message's own is signed as.
    ///   - most: How many the platform takes.
    /// - Throws: 101 for more than `most`; 102, 103 or 107 for what cannot be read; 404/4042 for a document whose profile is
    ///   another key's: one PIN entry is for one key.
    init(
        _ request: SignatureRequest,
        for provider: ApplicationProvider,
        as kind: SignatureKind,
        most: Int
    ) throws(MSSFault) {
        let further = request.additionalServices.compactMap { service in
            service.document.map { ($0, service.name == .batchSign ? TaskDocument.Origin.batch : .document) }
        }
        let count = further.count + 1
        guard count <= most else {
            throw MSSFault(
                .wrongParam,
                "AdditionalServices brings \(count) documents with the message's own; one request may have \(most)."
            )
        }
        parts = [try Self.part(request.document, .message, kind, count, provider)]
        for (document, origin) in further {
            try Self.checkKey(document.signatureProfile)
            let own = try RequestRules.kind(
                document.format ?? request.format,
                bringsDigest: document.bringsDigest,
                for: provider
            )
            parts.append(try Self.part(document, origin, own, count, provider))
        }
    }

    /// A PIN opens one key for one command: another key would be another question to the user.
    private static func checkKey(_ profile: String?) throws(MSSFault) {
        guard let profile, KeyChoice.profiles[profile] != .digests else { return }
        // Another platform's is another fault.
        if KeyChoice.profiles[profile] == nil { _ = try KeyChoice.use(profile, isUnseen: true) }
        throw MSSFault(
            .noKeyFound,
            "A document's SignatureProfile names another key than the one that signs them all, and a PIN entry is for one "
                + "key: leave it out, or have that document signed by a request of its own.",
            specifier: 4042
        )
    }

    /// The UTF-8 of a text that is shown, or the octets of the phone's alphabet where the provider's rules have those.
    private static func content(_ text: String, for provider: ApplicationProvider) throws(MSSFault) -> SigningContent {
        guard provider.rules.signsGSM else { return .utf8(Array(text.utf8)) }
        do throws(WPKIError) { return .gsm(try CardText(text, encoding: .gsm8Bit).octets) } catch {
            throw MSSFault(.inappropriateData, "A document's text holds a character that is not of the GSM alphabet.")
        }
    }

    private static func part(
        _ document: DocumentToBeSigned,
        _ origin: TaskDocument.Origin,
        _ kind: SignatureKind,
        _ count: Int,
        _ provider: ApplicationProvider
    ) throws(MSSFault) -> Part {
        let matter: SignedMatter
        if document.bringsDigest || document.isShownOtherwise {
            matter = try SignedMatter(document, for: provider, as: kind)
        } else {
            let text = try RequestRules.plain(document.dataToBeSigned, "DataToBeSigned")
            guard !text.isEmpty else { throw MSSFault(.wrongDataLength, "DataToBeSigned is empty.") }
            matter = .amongOthers(try content(text, for: provider), display: text)
        }
        // A text could otherwise say where another one begins.
        let shown = document.shown.content
        guard !shown.isEmpty else { throw MSSFault(.wrongDataLength, "A document's DataToBeDisplayed is empty.") }
        guard !(1...count).contains(where: { shown.contains(DocumentPhrase.mark($0, of: count)) }) else {
            throw MSSFault(
                .inappropriateData,
                "A document's text holds the mark that the platform sets before each of them, such as "
                    + DocumentPhrase.mark(1, of: count) + "."
            )
        }
        return Part(document: document, origin: origin, kind: kind, matter: matter)
    }
}
