import MSSCore

/// What sandbox providers are answered, once their requests were found good.
extension HomeSignatureService {
    /// The answer to a signature request that was refused with `fault`: where that is a test number's and the request
    /// does not wait for its end, the transaction is taken, and its status tells the fault.
    func sandboxed(_ fault: MSSFault, _ request: SignatureRequest) throws(MSSFault) -> SignatureResponse {
        guard request.messagingMode != .synch, fault.isOutcome, fault == sandbox.fault(of: request.mobileUser) else {
            throw fault
        }
        return SignatureResponse(
            header: request.header.answered(by: identity, at: now()),
            transactionID: sandbox.transaction(endingWith: fault, of: prefix),
            mobileUser: request.mobileUser,
            signatureProfile: request.signatureProfile,
            status: .requestOK
        )
    }

    /// Ends a sandbox provider's request about a person: it reaches none.
    func refuseInSandbox(_ provider: ApplicationProvider, _ user: MobileUser) throws(MSSFault) {
        guard provider.isSandbox else { return }
        exchange.tally.count("home_sandbox_requests")
        throw sandbox.fault(of: user)
    }

    /// Ends a sandbox provider's request about a transaction: it has none but those of test numbers.
    func refuseInSandbox(_ provider: ApplicationProvider, transaction: String) throws(MSSFault) {
        guard provider.isSandbox else { return }
        exchange.tally.count("home_sandbox_requests")
        throw sandbox.fault(ofTransaction: transaction, of: prefix) ?? .unknownTransaction
    }
}
