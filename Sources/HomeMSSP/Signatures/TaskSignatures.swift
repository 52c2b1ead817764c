import MSSCore

/// A signature transaction's result: the octets that are stored, and the signatures that they hold.
extension SignatureTask {
    /// What the card is asked to sign: one thing, or each of the documents.
    var signed: [(content: SigningContent, manner: SigningManner)] {
        documents.isEmpty ? [(signedContent, manner)] : documents.map { ($0.signedContent, $0.manner) }
    }

    /// Signatures in the order of ``signed`` as they are stored with the end; where time stamps were asked for, behind an
    /// octet that says whether they are there.
    func result(of signatures: [[UInt8]], by certificate: [UInt8], isStamped: Bool = false) -> [UInt8] {
        let parts = zip(signatures, signed).map { signature, part in
            part.manner.bringsCertificate
                ? SignatureValue(value: signature, certificate: certificate).octets : signature
        }
        if answered.contains(.timestamp) { return OctetList.octets(of: [[isStamped ? 1 : 0]] + parts) }
        return documents.isEmpty ? parts[0] : OctetList.octets(of: parts)
    }

    /// Whether the signatures of a result have the time stamps that were asked for.
    func isStamped(_ result: [UInt8]) -> Bool {
        answered.contains(.timestamp) && OctetList.parts(of: result)?.first == [1]
    }

    /// The signatures of a result, in the order of ``signed``.
    ///
    /// - Throws: 900 for octets that ``result(of:by:)`` did not write.
    func signatures(of result: [UInt8]) throws(MSSFault) -> [SignatureOctets] {
        var parts = documents.isEmpty && !answered.contains(.timestamp) ? [result] : OctetList.parts(of: result)
        if answered.contains(.timestamp) { parts = parts.map { Array($0.dropFirst()) } }
        guard let parts, parts.count == signed.count else {
            throw MSSFault(.internalError, cause: "a result with another number of signatures than documents")
        }
        var signatures: [SignatureOctets] = []
        for (part, signed) in zip(parts, signed) {
            guard signed.manner.bringsCertificate else {
                signatures.append(SignatureOctets(part))
                continue
            }
            guard let value = SignatureValue(part) else {
                throw MSSFault(.internalError, cause: "a signature value without its certificate")
            }
            signatures.append(SignatureOctets(value.value, certificate: value.certificate))
        }
        return signatures
    }
}
