import Crypto

/// Checks that a card holds the private key of the public key it sent.
public enum ProofOfPossession {
    /// Verifies a proof (WPKI profile v1, POP).
    ///
    /// - Parameters:
    ///   - point: 04‖X‖Y on P-256; a point that is not on the curve is refused.
    ///   - message: M, as the card made it.
    ///   - proof: r‖s over the SHA-256 of `message`.
    /// - Returns: DER SubjectPublicKeyInfo.
    /// - Throws: ``SignatureError``.
    public static func verify(
        point: [UInt8],
        message: [UInt8],
        proof: [UInt8]
    ) throws(SignatureError) -> [UInt8] {
        do {
            let key = try P256.Signing.PublicKey(x963Representation: point)
            let signature = try P256.Signing.ECDSASignature(rawRepresentation: proof)
            guard key.isValidSignature(signature, for: message) else {
                throw SignatureError("the proof of possession does not verify")
            }
            return [UInt8](key.derRepresentation)
        } catch let error as SignatureError {
            throw error
        } catch {
            throw SignatureError("the public key or its proof is malformed")
        }
    }
}
