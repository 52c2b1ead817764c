import MSSCore

/// What a provider is told of its transaction.
struct Told {
    var signature: [UInt8]?
    /// The signer's certificate, for the one kind that has it outside of the signature.
    var certificate: [UInt8]?
    var verdict: SignatureVerdict

    /// Taken, and to be asked after.
    static let accepted = Told(verdict: SignatureVerdict(.requestOK))

    private init(verdict: SignatureVerdict) {
        self.verdict = verdict
    }

    /// A signature with its verdict, or 504 while there is none.
    ///
    /// - Parameters:
    ///   - result: Of the transaction, if it has ended.
    ///   - manner: How the signature is made, and what is told with it.
    /// - Throws: The fault that it ended with; 900 for the end of something else.
    init(_ result: TransactionResult?, _ manner: SigningManner) throws(MSSFault) {
        switch result {
        case nil: self.init(verdict: SignatureVerdict(.outstandingTransaction))
        case .signature(let octets, let verdict):
            self.init(verdict: verdict)
            guard manner.bringsCertificate else {
                signature = octets
                return
            }
            guard let value = SignatureValue(octets) else {
                throw MSSFault(.internalError, cause: "a signature value without its certificate")
            }
            signature = value.value
            certificate = value.certificate
        case .fault(let fault): throw fault
        case .provenKey, .cardAnswered:
            throw MSSFault(.internalError, cause: "a signature transaction ended without one")
        }
    }
}

extension Told {
    /// Whether a service was asked for that answers something of the person.
    func wantsPerson(_ task: SignatureTask) -> Bool { signature != nil && !task.answered.isEmpty }
}
