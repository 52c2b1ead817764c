/// The conversation about signatures: an application provider asks, a card answers.
///
/// The acquiring entity and the home conform to it, and so does the client that reaches either over the wire.
public protocol SignatureService: Sendable {
    /// Asks a mobile user to sign (TS 102 204 §7.1).
    ///
    /// In synchronous mode it returns when the user has signed; otherwise as soon as the transaction is committed.
    func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse

    /// Tells how far a transaction of the asking provider has come (TS 102 204 §7.2).
    func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse

    /// Has the user of a transaction read something after they have signed, once (TS 102 204 §7.3).
    func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse

    /// Ends a transaction of the asking provider that still runs; a signature that comes nevertheless is destroyed.
    func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse

    /// Tells whether a text would fit on a phone; asks nobody.
    func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse

    /// Tells what a mobile user can sign with (TS 102 204 §7.5); a provider that may not ask hears of nobody who cannot.
    func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse
}
