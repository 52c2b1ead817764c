import Alauda
import MSSCore

/// What a provider's rules allow of a text beside what the phone can show.
extension ShownText {
    /// A fit with no more characters left than the rules leave of the provider's own text.
    static func limited(_ fit: TextFit, _ text: String, by rules: ProviderRules) -> TextFit {
        guard let encoding = fit.encoding, let own = try? CardText(text, encoding: encoding),
            let most = rules.most(in: encoding)
        else { return fit }
        return fit.allowing(most - own.characters)
    }

    /// A text that is shown in another way than by a SIGN.
    ///
    /// - Throws: 107 for a character that the rules do not have, 103 for more characters than they allow.
    static func checkRules(_ text: String, of name: String, for provider: ApplicationProvider) throws(MSSFault) {
        let rules = provider.rules
        let own: CardText
        do throws(WPKIError) {
            own = try rules.signsGSM ? CardText(text, encoding: .gsm8Bit) : CardText(text)
        } catch {
            guard case .unsupportedCharacter(let character) = error, rules.signsGSM else { return }
            let place = text.firstIndex(of: character).map { text.distance(from: text.startIndex, to: $0) } ?? 0
            throw unshowable(character, at: place + 1, of: name, by: rules)
        }
        guard let most = rules.most(in: own.encoding), own.characters > most else { return }
        throw tooLong(name, own, by: own.characters - most, beside: 0, under: rules)
    }
}

extension ProviderRules {
    /// How many characters of one code a text may have.
    fileprivate func most(in encoding: CardText.Encoding) -> Int? {
        mostCharacters.map { encoding == .gsm8Bit ? $0.gsm : $0.ucs2 }
    }
}
