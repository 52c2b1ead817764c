import Alauda
import MSSCore

extension ShownText {
    /// What a provider is told of a text that it would have signed, under its own name and in its own format.
    ///
    /// - Throws: 101/1017 for a format that it may not ask for, 107 for a text without the provider's prefix.
    static func answer(
        _ text: String,
        format: String?,
        for provider: ApplicationProvider
    ) throws(MSSFault) -> FitResponse.Fit {
        try provider.check(prefixOf: text)
        let kind = try RequestRules.kind(format, bringsDigest: false, for: provider)
        guard let fit = fit(text, for: provider, signing: .shown(kind)) else {
            throw MSSFault(.internalError, cause: "the provider's display name cannot be shown on a phone")
        }
        return FitResponse.Fit(
            fits: fit.fits,
            charset: fit.encoding.map { $0 == .gsm8Bit ? .gsm : .ucs2 },
            segments: fit.segments,
            pages: fit.pages,
            charactersLeft: fit.charactersLeft,
            offender: fit.offender.map { offender in
                FitResponse.Offender(codePoints: codePoints(of: offender.character), position: offender.position + 1)
            }
        )
    }
}
