import MSSCore

/// What a provider is told of its transaction.
struct Told {
    /// The message's own first, then the further documents'; none while there is none.
    var signatures: [SignatureOctets] = []
    var verdict: SignatureVerdict
    /// Whether they have the time stamps that were asked for.
    var isStamped = false

    /// Taken, and to be asked after.
    static let accepted = Told(verdict: SignatureVerdict(.requestOK))

    private init(verdict: SignatureVerdict) {
        self.verdict = verdict
    }

    /// A signature with its verdict, or 504 while there is none.
    ///
    /// - Parameters:
    ///   - result: Of the transaction, if it has ended.
    ///   - task: What was asked.
    /// - Throws: The fault that it ended with; 900 for the end of something else.
    init(_ result: TransactionResult?, _ task: SignatureTask) throws(MSSFault) {
        switch result {
        case nil: self.init(verdict: SignatureVerdict(.outstandingTransaction))
        case .signature(let octets, let verdict):
            self.init(verdict: verdict)
            signatures = try task.signatures(of: octets)
            isStamped = task.isStamped(octets)
        case .fault(let fault): throw fault
        case .provenKey, .cardAnswered:
            throw MSSFault(.internalError, cause: "a signature transaction ended without one")
        }
    }

    /// The message's own.
    var signature: [UInt8]? { signatures.first?.signature }
    /// The signer's certificate, for the one kind that has it outside of the signature.
    var certificate: [UInt8]? { signatures.first?.certificate }
}

extension Told {
    /// Whether a service was asked for that answers something of the person.
    func wantsPerson(_ task: SignatureTask) -> Bool {
        signature != nil && !task.answered.subtracting(.timestamp).isEmpty
    }
}
