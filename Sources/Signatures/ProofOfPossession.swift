/// Checks that a card holds the private key of the public key it sent.
public enum ProofOfPossession {
    /// Verifies a proof (WPKI profile v1, POP), and the key itself.
    ///
    /// - Parameters:
    ///   - publicKey: 04‖X‖Y or an RSA modulus, see ``NewPublicKey``.
    ///   - algorithm: What the key is for, and what the proof is made with.
    ///   - message: M, as the card made it.
    ///   - proof: r‖s or the RSA signature, over the digest of `message`.
    /// - Returns: DER SubjectPublicKeyInfo.
    /// - Throws: ``SignatureError``.
    public static func verify(
        publicKey: [UInt8],
        algorithm: SigningAlgorithm,
        message: [UInt8],
        proof: [UInt8]
    ) throws(SignatureError) -> [UInt8] {
        let written = try NewPublicKey.publicKey(publicKey, algorithm: algorithm)
        guard let key = VerifyingKey(publicKey: written) else {
            throw SignatureError("the public key or its proof is malformed")
        }
        let signature = try SignedDataAssembler.value(proof, algorithm)
        let digest = MessageDigest.digest(message, by: algorithm.digest)
        guard key.isValid(signature, digest: digest, algorithm: algorithm) else {
            throw SignatureError("the proof of possession does not verify")
        }
        return written
    }
}
