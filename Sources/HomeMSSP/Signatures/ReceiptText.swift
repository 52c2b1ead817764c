import Alauda
import MSSCore

/// What a receipt has the user read: the provider's registered name, and below it the provider's text.
///
/// A MESSAGE has no page for the name, so it stands on the text's first line: nobody writes to a phone without it.
enum ReceiptText {
    /// - Throws: 107/1016 for another type than text, 103 for one that is empty or too long, 107 for a character that no
    ///   phone shows and for a text without the provider's prefix.
    static func check(
        _ message: DataToBeSigned?,
        for provider: ApplicationProvider,
        _ language: String
    ) throws(MSSFault) -> CardText {
        let text = try message.map { data throws(MSSFault) in try RequestRules.plain(data, "Message") }
        let shown = provider.displayName + "\n" + (text ?? arrived(language))
        // The name alone is one that a phone shows, or the provider would not be served.
        guard ShownText.heading(provider.displayName) != nil else {
            throw MSSFault(.internalError, cause: "the provider's display name cannot be shown on a phone")
        }
        guard text?.isEmpty != true else { throw MSSFault(.wrongDataLength, "Message is empty.") }
        if let text {
            try provider.check(prefixOf: text)
            try ShownText.checkRules(text, of: "Message", for: provider)
        }
        let fit = TextFit.fit(message: shown)
        if let offender = fit.offender {
            // The name and its line end are one character longer than the name.
            let place = offender.position - provider.displayName.count
            throw ShownText.unshowable(offender.character, at: place, of: "Message", by: .etsi)
        }
        guard let encoding = fit.encoding, let card = try? CardText(shown, encoding: encoding) else {
            throw MSSFault(.internalError, cause: "a text that fits has no octets")
        }
        guard fit.fits else {
            let name = (try? CardText(provider.displayName + "\n", encoding: encoding))?.octets.count ?? 0
            let own = encoding == .gsm8Bit ? name : name / 2
            throw ShownText.tooLong("Message", card, by: -fit.charactersLeft, beside: own, under: nil)
        }
        return card
    }

    /// What the platform itself says where the provider says nothing.
    private static func arrived(_ language: String) -> String {
        switch language {
        case "fi": "Allekirjoituksesi on vastaanotettu."
        case "sv": "Din signatur har tagits emot."
        case "de": "Ihre Unterschrift ist angekommen."
        default: "Your signature has arrived."
        }
    }
}
