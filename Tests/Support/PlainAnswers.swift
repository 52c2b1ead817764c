public import MSSCore

/// A service of which a test looks at a signature or a status alone: the rest is answered with what a home would say of
/// an active person whom everything fits.
public protocol PlainAnswers: SignatureService {
    /// Is told of each call.
    func came(_ call: Call)
}

extension PlainAnswers {
    public func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
        came(call)
        return ReceiptResponse(header: request.header, reaction: request.acknowledgement.map { _ in .confirmed })
    }

    public func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        came(call)
        return CancelResponse(header: request.header)
    }

    public func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        came(call)
        let fit = FitResponse.Fit(
            fits: true,
            charset: .gsm,
            segments: 1,
            pages: 3,
            charactersLeft: 9,
            offender: nil
        )
        return FitResponse(header: request.header, fit: fit)
    }

    public func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        came(call)
        return ProfileResponse(header: request.header, signatureProfiles: [], sim: ProfileResponse.SIM(state: .active))
    }
}
