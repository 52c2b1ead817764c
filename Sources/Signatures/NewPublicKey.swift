/// The public key that a card says it made, in the profile's encoding: 04‖X‖Y, or an RSA modulus.
public enum NewPublicKey {
    /// Writes it as SubjectPublicKeyInfo, if it is one that a sound card could have made.
    ///
    /// - Parameters:
    ///   - octets: The uncompressed point, 65 or 97 octets; or the modulus, 256 octets, whose exponent is 65537.
    ///   - algorithm: What the key is for.
    /// - Returns: DER SubjectPublicKeyInfo.
    /// - Throws: ``SignatureError`` for a point that is not on its curve, and for a modulus that is even, not of 2048
    ///   bits, divisible by a small prime, or made by the broken generator of CVE-2017-15361.
    public static func publicKey(_ octets: [UInt8], algorithm: SigningAlgorithm) throws(SignatureError) -> [UInt8] {
        let written: [UInt8]
        switch algorithm {
        case .p256, .p384:
            let length = algorithm == .p256 ? 65 : 97
            guard octets.count == length, octets.first == 0x04 else {
                throw SignatureError("the public key or its proof is malformed")
            }
            written = (algorithm == .p256 ? VerifyingKey.p256Prefix : VerifyingKey.p384Prefix) + octets
        case .rsaPKCS1, .rsaPSS:
            guard octets.count == 256, octets[0] & 0x80 != 0, octets[255] & 1 == 1 else {
                throw SignatureError("the public key or its proof is malformed")
            }
            guard !WeakModulus.hasSmallFactor(octets) else {
                throw SignatureError("the RSA modulus has a small factor")
            }
            guard !WeakModulus.hasFingerprint(octets) else {
                throw SignatureError("the RSA modulus bears the fingerprint of CVE-2017-15361 (ROCA)")
            }
            let key = DERElement.encode(0x02, [0] + octets) + [0x02, 0x03, 0x01, 0x00, 0x01]
            written = DERElement.encode(
                0x30,
                Self.rsaEncryption + DERElement.encode(0x03, [0] + DERElement.encode(0x30, key))
            )
        }
        guard VerifyingKey(publicKey: written) != nil else {
            throw SignatureError("the public key or its proof is malformed")
        }
        return written
    }

    private static let rsaEncryption: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
}

/// What the octets of an RSA modulus tell of a bad generator.
enum WeakModulus {
    /// Whether a prime below 1000 divides it.
    static func hasSmallFactor(_ modulus: [UInt8]) -> Bool {
        smallPrimes.contains { remainder(modulus, $0) == 0 }
    }

    /// The fingerprint of CVE-2017-15361 (ROCA): the broken library's primes, so their products too, are powers of
    /// 65537 modulo each of the first primes.
    ///
    /// By chance a sound modulus has it once in some 2^27.
    static func hasFingerprint(_ modulus: [UInt8]) -> Bool {
        fingerprintPrimes.allSatisfy { prime, powers in powers.contains(remainder(modulus, prime)) }
    }

    private static func remainder(_ modulus: [UInt8], _ divisor: Int) -> Int {
        modulus.reduce(0) { ($0 << 8 | Int($1)) % divisor }
    }

    private static let smallPrimes: [Int] = (2..<1_000).filter { number in
        !(2..<number).contains { $0 * $0 <= number && number % $0 == 0 }
    }

    /// The primes that divide the product of which the library's smallest keys are made, each with the powers of 65537.
    private static let fingerprintPrimes: [(Int, Set<Int>)] = smallPrimes.filter { $0 > 2 && $0 <= 167 }.map { prime in
        var powers: Set<Int> = []
        var power = 1
        while powers.insert(power).inserted { power = power * 65_537 % prime }
        return (prime, powers)
    }
}
