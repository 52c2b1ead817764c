/// The conversation about users, cards and certificates: a registration agent asks, the home records.
///
/// The management entity and the home conform to it, and so does the client that reaches either over the wire.
public protocol RegistrationService: Sendable {
    /// Carries out one operation, or leaves everything as it was (TS 102 204 §7.4 with the MReg extension).
    func register(_ request: RegistrationRequest, _ call: Call) async throws(MSSFault) -> RegistrationResponse
}
