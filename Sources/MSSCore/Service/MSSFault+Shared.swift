// Faults that the acquiring entity and the home both find, in the same words: who asks learns nothing from who refused.
extension MSSFault {
    /// What is told of another provider's transaction, and of one that never was.
    public static var unknownTransaction: MSSFault {
        MSSFault(.wrongParam, "There is no such transaction: MSSP_TransID is unknown.")
    }

    /// What is told of a number that nobody has here, and of one whose user cannot sign.
    public static var unknownNumber: MSSFault {
        MSSFault(.unknownClient, "MSISDN is unknown to this platform.", specifier: 1052)
    }
}

extension MobileUser {
    /// The number, where there is one.
    ///
    /// - Throws: 101 for one that is none.
    public func number() throws(MSSFault) -> MSISDN? {
        guard let msisdn, !msisdn.isEmpty else { return nil }
        guard let number = MSISDN(msisdn) else {
            throw MSSFault(.wrongParam, "Illegal msisdn: it must be international, + and 7 to 15 digits.")
        }
        return number
    }
}
