public import MSSCore

extension AcquiringEntity: CertificateService {
    /// A user's certificate, out of what the home tells of their keys; the home looks at the entitlement again.
    ///
    /// - Throws: 104 for a provider without the entitlement, whoever is asked for; 422 for a user without a certificate that
    ///   is good now; what a profile query is refused with otherwise.
    public func certificate(
        _ request: CertificateRequest,
        _ call: Call
    ) async throws(MSSFault) -> CertificateResponse {
        var header = request.header
        let (home, provider) = try admit(&header.apInfo, call, about: .person(request.mobileUser))
        try provider.check(header)
        guard provider.readsProfiles else {
            throw MSSFault(
                .unauthorizedAccess,
                "This provider's entry at the home does not allow the look-up of certificates."
            )
        }
        try provider.check(request.mobileUser)
        let query = ProfileRequest(header: header, mobileUser: request.mobileUser, parameters: [.certs])
        let profile = try await home.signatures.profile(query, call.onBehalfOfPeer())
        // The home tells the keys in the order of their places, the one for no profile first.
        guard let certificate = profile.sim.certificates.first(where: { $0.state == .active }) else {
            throw MSSFault(.noCertificateFound, "The user has no certificate that is good now.")
        }
        return CertificateResponse(header: profile.header, certificate: certificate.der)
    }
}
