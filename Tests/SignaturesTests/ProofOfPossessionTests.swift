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

    @Test("gives the key as openssl would write it")
    func proven() throws {
        let written = try ProofOfPossession.verify(point: point, message: message, proof: try proof())
        #expect(written == Array(key.publicKey.derRepresentation))
    }

    @Test("is refused for another message, by another key, or with any bit changed in it or in the point")
    func refused() throws {
        let proof = try proof()
        let other = P256.Signing.PrivateKey()
        let otherProof = Array(try other.signature(for: message).rawRepresentation)
        #expect(throws: SignatureError.self) {
            try ProofOfPossession.verify(point: point, message: message + [0], proof: proof)
        }
        #expect(throws: SignatureError.self) {
            try ProofOfPossession.verify(point: point, message: message, proof: otherProof)
        }
        for flipped in DamagedOctets.bitFlips(of: proof) {
            #expect(throws: SignatureError.self) {
                try ProofOfPossession.verify(point: point, message: message, proof: flipped)
            }
        }
        for flipped in DamagedOctets.bitFlips(of: point) {
            #expect(throws: SignatureError.self) {
                try ProofOfPossession.verify(point: flipped, message: message, proof: proof)
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
                try ProofOfPossession.verify(point: point, message: message, proof: proof)
            }
        }
        let proofs: [[UInt8]] = [
            [], [0], [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64), proof + [0],
            Array(proof.dropLast()), Array(try key.signature(for: message).derRepresentation),
        ]
        for proof in proofs {
            #expect(throws: SignatureError.self) {
                try ProofOfPossession.verify(point: point, message: message, proof: proof)
            }
        }
    }
}
