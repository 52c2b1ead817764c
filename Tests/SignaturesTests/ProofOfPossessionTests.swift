import Crypto
import MSSTestSupport
import Signatures
import Testing

@Suite("A proof of possession")
struct ProofOfPossessionTests {
    private let key = P256.Signing.PrivateKey()
    private let message = Array("WPKI-POP and what it is for".utf8)

    private func proof() throws -> [UInt8] { Array(try key.signature(for: message).rawRepresentation) }
    private var point: [UInt8] { Array(key.publicKey.x963Representation) }

    private func verify(_ point: [UInt8], message: [UInt8], proof: [UInt8]) throws -> [UInt8] {
        try ProofOfPossession.verify(publicKey: point, algorithm: .p256, message: message, proof: proof)
    }

    @Test("gives the key as openssl would write it")
    func proven() throws {
        let written = try verify(point, message: message, proof: try proof())
        #expect(written == Array(key.publicKey.derRepresentation))
    }

    @Test("is refused for another message, by another key, or with any bit changed in it or in the point")
    func refused() throws {
        let proof = try proof()
        let other = P256.Signing.PrivateKey()
        let otherProof = Array(try other.signature(for: message).rawRepresentation)
        #expect(throws: SignatureError.self) {
            try verify(point, message: message + [0], proof: proof)
        }
        #expect(throws: SignatureError.self) {
            try verify(point, message: message, proof: otherProof)
        }
        for flipped in DamagedOctets.bitFlips(of: proof) {
            #expect(throws: SignatureError.self) {
                try verify(point, message: message, proof: flipped)
            }
        }
        for flipped in DamagedOctets.bitFlips(of: point) {
            #expect(throws: SignatureError.self) {
                try verify(flipped, message: message, proof: proof)
            }
        }
    }

    @Test("is refused for what is no point on the curve in 65 octets, or no signature of 64")
    func malformed() throws {
        let proof = try proof()
        let points: [[UInt8]] = [
            [], [4], [0], [4] + [UInt8](repeating: 0, count: 64), [4] + [UInt8](repeating: 0xFF, count: 64),
            point + [0],
            Array(point.dropLast()), Array(point.dropFirst()), Array(key.publicKey.compressedRepresentation),
        ]
        for point in points {
            #expect(throws: SignatureError.self) {
                try verify(point, message: message, proof: proof)
            }
        }
        let proofs: [[UInt8]] = [
            [], [0], [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64), proof + [0],
            Array(proof.dropLast()), Array(try key.signature(for: message).derRepresentation),
        ]
        for proof in proofs {
            #expect(throws: SignatureError.self) {
                try verify(point, message: message, proof: proof)
            }
        }
    }

    @Test("is taken of every kind of key, as openssl would write the key", arguments: SigningAlgorithm.allCases)
    func kinds(_ algorithm: SigningAlgorithm) async throws {
        let ca = try await UserCA()
        let card = try await TestCard.make(algorithm, in: ca.pki)
        let written = try card.certificate.publicKey
        // What the card sends: the point, or the modulus alone.
        let sent =
            algorithm.rawLength == 256
            ? Array(written.dropLast(5).suffix(256)) : Array(written.suffix(algorithm.rawLength + 1))
        let proof = try await card.sign(message)
        func verify(_ key: [UInt8], _ proof: [UInt8], _ message: [UInt8], _ algorithm: SigningAlgorithm) throws
            -> [UInt8]
        {
            try ProofOfPossession.verify(publicKey: key, algorithm: algorithm, message: message, proof: proof)
        }
        #expect(try verify(sent, proof, message, algorithm) == written)
        #expect(throws: SignatureError.self) { try verify(sent, proof, message + [1], algorithm) }
        for other in SigningAlgorithm.allCases where other != algorithm {
            #expect(throws: SignatureError.self) { try verify(sent, proof, message, other) }
        }
        for index in stride(from: 0, to: sent.count, by: 7) {
            var flipped = sent
            flipped[index] ^= 0x10
            #expect(throws: SignatureError.self) { try verify(flipped, proof, message, algorithm) }
        }
        for index in stride(from: 0, to: proof.count, by: 7) {
            var flipped = proof
            flipped[index] ^= 0x10
            #expect(throws: SignatureError.self) { try verify(sent, flipped, message, algorithm) }
        }
        for cut in [[], Array(sent.dropLast()), sent + [0]] {
            #expect(throws: SignatureError.self) { try verify(cut, proof, message, algorithm) }
        }
    }

    @Test("is of no RSA key that is even, short, divisible by a small prime or made by the generator of ROCA")
    func weakModuli() throws {
        struct Moduli: Decodable {
            var weak: Vectors.Octets
            var sound: Vectors.Octets
        }
        let moduli = try Vectors.read("keys/rsa-moduli.json", as: Moduli.self)
        let written = try NewPublicKey.publicKey(moduli.sound.octets, algorithm: .rsaPSS)
        #expect(written.count == 294)
        let error = #expect(throws: SignatureError.self) {
            try NewPublicKey.publicKey(moduli.weak.octets, algorithm: .rsaPKCS1)
        }
        #expect(error?.description.contains("ROCA") == true)
        var even = moduli.sound.octets
        even[255] ^= 1
        var short = moduli.sound.octets
        short[0] = 0x7F
        for modulus in [even, short, [UInt8](repeating: 0xFF, count: 256)] {
            #expect(throws: SignatureError.self) { try NewPublicKey.publicKey(modulus, algorithm: .rsaPKCS1) }
        }
        // 2^2048 - 1 is divisible by 3.
        let small = #expect(throws: SignatureError.self) {
            try NewPublicKey.publicKey([UInt8](repeating: 0xFF, count: 256), algorithm: .rsaPKCS1)
        }
        #expect(small?.description.contains("small factor") == true)
    }
}
