public import MSSCore

/// Verifies a finished signature before anybody is told: every octet of it is accounted for.
public enum SignedDataCheck {
    /// Checks structure, content, attributes, signer and signature.
    ///
    /// It walks the finished octets and compares each part with what was to be made, then verifies the one signature
    /// with the certificate's key, which must be the registered one: equal keys need no second verification. Whether
    /// the certificate is to be trusted is ``UserAuthority``'s question.
    ///
    /// - Parameters:
    ///   - finished: DER ContentInfo, or with `pkcs1` the signature value.
    ///   - content: What it must be over.
    ///   - form: The form in which the card was asked.
    ///   - algorithm: The key's; `nil` takes what the key's kind has first.
    ///   - registeredKey: SubjectPublicKeyInfo that the card proved to have.
    ///   - certificate: The one that must be inside, for the registered key.
    ///   - intermediates: The other certificates that must be inside.
    /// - Throws: ``SignatureError`` with what is wrong first.
    public static func confirm(
        _ finished: [UInt8],
        content: SigningContent,
        form: SigningForm = .standard,
        algorithm: SigningAlgorithm? = nil,
        registeredKey: [UInt8],
        certificate: UserCertificate,
        intermediates: [[UInt8]] = []
    ) throws(SignatureError) {
        guard certificate.publicKey == registeredKey else {
            throw SignatureError("the certificate's key is not the registered one")
        }
        guard let key = certificate.key else { throw SignatureError("the certificate's key is of an unknown kind") }
        let algorithm = algorithm ?? key.algorithm
        if form.attributes == nil {
            // Without attributes such a content would be those of another signature.
            guard content.octets.map({ !AttributeConfusion.isSetOfAttributes($0) }) ?? true else {
                throw SignatureError("the content parses as signed attributes")
            }
        }
        let expected = Expected(
            content: content,
            form: form,
            algorithm: algorithm,
            certificate: certificate,
            intermediates: intermediates
        )
        let (signature, digest) = try expected.walk(finished)
        guard key.isValid(signature, digest: digest, algorithm: algorithm) else {
            throw SignatureError("the signature does not verify")
        }
    }
}

/// The parts that a finished signature must have.
private struct Expected {
    var content: SigningContent
    var form: SigningForm
    var algorithm: SigningAlgorithm
    var certificate: UserCertificate
    var intermediates: [[UInt8]]

    /// Compares the finished octets with the parts.
    ///
    /// - Returns: The signature value, and the digest that it must be over.
    func walk(_ finished: [UInt8]) throws(SignatureError) -> (signature: [UInt8], digest: [UInt8]) {
        if form.structure == .pkcs1 { return (finished, try content.digest(by: algorithm.digest)) }
        var outside = DERCursor(finished)
        guard var info = outside.enter(0x30), outside.isAtEnd, info.expect(SignedDataAssembler.idSignedData),
            var wrapper = info.enter(0xA0), info.isAtEnd, var signedData = wrapper.enter(0x30), wrapper.isAtEnd,
            signedData.expect(SignedDataAssembler.version),
            signedData.expect(DERElement.encode(0x31, algorithm.digest.identifier)),
            let encapsulated = signedData.enter(0x30), let certificates = signedData.take(0xA0),
            var signers = signedData.enter(0x31), signedData.isAtEnd, let signer = signers.enter(0x30)
        else { throw SignatureError("the SignedData is not well-formed") }
        guard signers.isAtEnd else { throw SignatureError("the SignedData has not one signer") }
        try confirmContent(encapsulated)
        try confirmCertificates(certificates)
        return try confirmSigner(signer)
    }

    private func confirmContent(_ encapsulated: DERCursor) throws(SignatureError) {
        var fields = encapsulated
        guard fields.expect(SignedDataAssembler.idData) else {
            throw SignatureError("the SignedData is not of id-data")
        }
        if form.structure == .attached {
            guard var wrapper = fields.enter(0xA0), let inside = wrapper.take(0x04), wrapper.isAtEnd,
                content.octets.map({ inside.elementsEqual($0) }) ?? false
            else { throw SignatureError("the SignedData holds another content") }
        }
        guard fields.isAtEnd else { throw SignatureError("the SignedData holds another content") }
    }

    private func confirmCertificates(_ certificates: ArraySlice<UInt8>) throws(SignatureError) {
        var cursor = DERCursor(certificates)
        var found: [ArraySlice<UInt8>] = []
        while let next = cursor.takeWhole(0x30) { found.append(next) }
        // In any order; there are one to three, so hashing them would cost more than comparing.
        let meant = [certificate.der[...]] + intermediates.map { $0[...] }
        guard cursor.isAtEnd, found.allSatisfy(meant.contains), meant.allSatisfy(found.contains) else {
            throw SignatureError("the SignedData holds another certificate")
        }
    }

    private func confirmSigner(_ signer: DERCursor) throws(SignatureError) -> ([UInt8], [UInt8]) {
        var fields = signer
        guard fields.expect(SignedDataAssembler.version), var identifier = fields.enter(0x30),
            identifier.expect(certificate.issuer), identifier.expect(certificate.serialNumber), identifier.isAtEnd
        else { throw SignatureError("the SignedData names another certificate as its signer's") }
        guard fields.expect(algorithm.digest.identifier) else {
            throw SignatureError("the SignedData names another algorithm")
        }
        let digest = try confirmAttributes(&fields)
        guard fields.expect(algorithm.identifier) else {
            throw SignatureError("the SignedData names another algorithm")
        }
        guard let value = fields.take(0x04) else { throw SignatureError("the SignedData is not well-formed") }
        let signature = Array(value)
        // A time stamp comes after the signature, and covers nothing but it.
        if let attributes = fields.take(0xA1) { try SignatureTimeStamp.confirm(attributes, over: signature) }
        guard fields.isAtEnd else { throw SignatureError("the SignedData is not well-formed") }
        return (signature, digest)
    }

    /// Compares the attributes, all of them: without any, the signature would also pass over the octets of its
    /// attributes as another message's content.
    private func confirmAttributes(_ fields: inout DERCursor) throws(SignatureError) -> [UInt8] {
        let digest = try content.digest(by: algorithm.digest)
        guard let added = form.attributes else {
            guard fields.tag != 0xA0 else { throw SignatureError("the signature has signed attributes") }
            return digest
        }
        guard fields.tag == 0xA0 else { throw SignatureError("the signature has no signed attributes") }
        let set = SignedAttributes.set(digest: digest, added)
        guard fields.expect([0xA0] + set.dropFirst()) else {
            throw SignatureError("the signed attributes are other ones")
        }
        return MessageDigest.digest(set, by: algorithm.digest)
    }
}
