import MSSCore

extension HomeSignatureService {
    /// What is to be told of the signer; `nil` if that was not asked.
    ///
    /// - Throws: 101/1014 where the platform has no identity, 780 while it cannot sign.
    func person(
        _ query: AttributeQuery?,
        _ request: SignatureRequest,
        of provider: ApplicationProvider,
        _ key: SubscriberKey
    ) async throws(MSSFault) -> PersonQuestion? {
        guard let query else { return nil }
        guard let people else {
            throw MSSFault(
                .wrongParam,
                "AdditionalServices asks for personIdentity, for which this platform has no signing identity.",
                specifier: 1014
            )
        }
        try await people.check()
        return PersonQuestion(
            query,
            permitted: provider.personAttributes,
            profile: request.signatureProfile,
            certificate: key.certificate ?? []
        )
    }
}
