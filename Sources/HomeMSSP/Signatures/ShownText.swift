public import Alauda
public import MSSCore

/// How a provider's text goes to a phone: under its registered name, whole, unchanged, or not at all.
public enum ShownText {
    /// A provider's registered name as the page before each of its texts.
    ///
    /// - Returns: `nil` for a name that a phone cannot show on one page: such a provider cannot be served.
    public static func heading(_ name: String) -> CardText? {
        guard let heading = try? CardText(name), (1...Pages.mostOctets).contains(heading.octets.count)
        else { return nil }
        return heading
    }

    /// What is signed of a request, as far as the room for the text that is shown depends on it.
    public enum Signed: Sendable, Hashable {
        /// The text that is shown, by this kind of signature.
        case shown(SignatureKind)
        /// Another text, by a key of this algorithm, below whose description the platform has a line of its own.
        case otherText(SignatureAlgorithm, language: String)
        /// A digest that is brought, below whose description the platform has a line of its own.
        case digest(DigestAlgorithm, language: String)
    }

    /// How a text fits into a request of a provider: charset, short messages, pages, and the characters that are left.
    ///
    /// The request's rules take a text that fits, and refuse one that does not.
    ///
    /// - Parameters:
    ///   - text: What the person is to read: DataToBeSigned, or DataToBeDisplayed where that is another.
    ///   - provider: Whose name is shown before it; a longer name leaves less room.
    ///   - signed: What goes to the card, and to the person, beside the text.
    /// - Returns: The fit, with the platform's line counted in; `nil` if the provider's name cannot be shown.
    public static func fit(
        _ text: String,
        for provider: ApplicationProvider,
        signing signed: Signed = .shown(.cms)
    ) -> TextFit? {
        switch signed {
        case .shown(let kind): fit(text, for: provider, kind.longestAttributes, nil)
        case .otherText(let key, let language):
            fit(text, for: provider, AddedAttributes(), Ending(language, .sha256, key.digestLength))
        case .digest(let algorithm, let language):
            fit(text, for: provider, AddedAttributes(), Ending(language, algorithm, algorithm.length))
        }
    }

    private static func fit(
        _ text: String,
        for provider: ApplicationProvider,
        _ attributes: AddedAttributes,
        _ ending: Ending?
    ) -> TextFit? {
        heading(provider.displayName).map {
            let command = request($0, attributes, ending?.digests ?? [])
            let fit = TextFit.fit(
                text,
                above: ending?.text,
                in: command,
                encoding: provider.rules.signsGSM ? .gsm8Bit : nil
            )
            return limited(fit, text, by: provider.rules)
        }
    }

    /// A text as the card will show it.
    ///
    /// - Throws: 107 with the first character that cannot be shown and its place, 103 with the number of characters
    ///   that are too many; neither tells anything else of the text.
    static func check(
        _ text: String,
        for provider: ApplicationProvider,
        adding attributes: AddedAttributes = AddedAttributes(),
        under ending: Ending? = nil,
        as name: String? = nil
    ) throws(MSSFault) -> CardText {
        let name = name ?? (ending == nil ? "DataToBeSigned" : "DataToBeDisplayed")
        guard let fit = fit(text, for: provider, attributes, ending) else {
            throw MSSFault(.internalError, cause: "the provider's display name cannot be shown on a phone")
        }
        guard !fit.isEmpty else { throw MSSFault(.wrongDataLength, "\(name) is empty.") }
        if let offender = fit.offender {
            throw unshowable(offender.character, at: offender.position + 1, of: name, by: provider.rules)
        }
        let whole = text + (ending.map { "\n" + $0.text } ?? "")
        guard let encoding = fit.encoding, let shown = try? CardText(whole, encoding: encoding) else {
            throw MSSFault(.internalError, cause: "a text that fits has no octets")
        }
        guard fit.fits else {
            let own = whole.utf16.count - text.utf16.count
            throw tooLong(
                name,
                shown,
                by: -fit.charactersLeft,
                beside: own,
                under: fit.isAllowed ? nil : provider.rules
            )
        }
        return shown
    }

    /// What the platform adds below a provider's text: a line of its own, and digests for the card.
    struct Ending {
        /// Characters that count once in the GSM alphabet.
        var text: String
        var digests: [[UInt8]]

        init(text: String, digests: [[UInt8]]) {
            self.text = text
            self.digests = digests
        }

        /// One as long as any in this language that names a digest by `algorithm`, with `count` octets for the card.
        init(_ language: String, _ algorithm: DigestAlgorithm, _ count: Int) {
            text = UnseenPhrase.text(language, algorithm, [UInt8](repeating: 0, count: algorithm.length))
            digests = [[UInt8](repeating: 0, count: count)]
        }
    }

    /// 107, for the first character that no phone shows, or that the rules do not have; its place counts from 1.
    static func unshowable(
        _ character: Character,
        at place: Int,
        of name: String,
        by rules: ProviderRules
    ) -> MSSFault {
        let what =
            rules.signsGSM
            ? "outside of the GSM alphabet (3GPP TS 23.038), which the rules \(rules.rawValue) want:"
            : "that the phone cannot show:"
        return MSSFault(
            .inappropriateData,
            "\(name) holds a character \(what) \(codePoints(of: character)), character \(place)."
        )
    }

    /// 103, for a `text` in which the platform's own words take so many characters beside the provider's.
    static func tooLong(
        _ name: String,
        _ text: CardText,
        by excess: Int,
        beside own: Int,
        under rules: ProviderRules?
    ) -> MSSFault {
        let sent = text.characters - own
        let charset =
            text.encoding == .gsm8Bit
            ? "the GSM alphabet, where ^{}\\[~]|€ count twice," : "UCS-2, which this text needs,"
        let who = rules.map { "the rules \($0.rawValue) allow" } ?? "the phone can show"
        return MSSFault(
            .wrongDataLength,
            "\(name) of \(sent) characters is \(excess) characters too long: in \(charset) \(who) \(sent - excess)."
        )
    }

    /// A request as long as any with this heading and these attributes; key, algorithm and time have one length.
    private static func request(
        _ heading: CardText,
        _ attributes: AddedAttributes,
        _ digests: [[UInt8]]
    ) -> SignCommand {
        SignCommand(
            transaction: .none,
            key: 1,
            algorithm: .p256,
            head: heading,
            text: heading,
            form: [.signedAttributes, .utf8],
            mid: attributes.mid.isEmpty ? nil : attributes.mid,
            extra: attributes.extra.isEmpty ? nil : attributes.extra,
            timeLimit: .max,
            digests: digests
        )
    }

    /// Such as `U+202E`; several for a character of several.
    static func codePoints(of character: Character) -> String {
        character.unicodeScalars.map { "U+" + hexadecimal($0.value) }.joined(separator: " ")
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension SignatureKind {
    /// Attributes as long as this kind's can be beside the two mandatory ones: signing-time and
    /// signing-certificate-v2.
    var longestAttributes: AddedAttributes {
        guard isAdvanced else { return AddedAttributes() }
        return AddedAttributes(mid: [UInt8](repeating: 0, count: 32), extra: [UInt8](repeating: 0, count: 57))
    }
}
