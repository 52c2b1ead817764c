import Foundation
import MSSCore
import MSSTestSupport
import Signatures
import Testing

/// Tests/Vectors/cms/signed-data.json.
struct WorkedSignedData: Decodable {
    struct Signer: Decodable {
        var name: String
        var certificate: Vectors.Octets
    }

    struct Message: Decodable, CustomTestStringConvertible {
        var name: String
        var signer: String
        var text: String
        var signature: Vectors.Octets
        /// Absent if the content itself was signed.
        var attributes: Vectors.Octets?
        var mid: Vectors.Octets?
        var extra: Vectors.Octets?
        var signedData: Vectors.Octets
        var flippedOctet: Int

        var testDescription: String { name }

        var form: SigningForm {
            guard attributes != nil else { return .withoutAttributes }
            let added = AddedAttributes(mid: mid?.octets ?? [], extra: extra?.octets ?? [])
            return SigningForm(structure: .attached, attributes: added)
        }

        /// The texts signed without attributes are in GSM octets, which are ASCII's there.
        var content: SigningContent { attributes == nil ? .gsm(Array(text.utf8)) : .utf8(Array(text.utf8)) }

        var algorithm: SigningAlgorithm { signature.octets.count == 64 ? .p256 : .rsaPKCS1 }
    }

    var authority: String
    var signers: [Signer]
    var messages: [Message]

    static func read() throws -> WorkedSignedData { try Vectors.read("cms/signed-data.json") }

    func certificate(of message: Message) throws -> UserCertificate {
        let signer = try #require(signers.first { $0.name == message.signer })
        return try UserCertificate(der: signer.certificate.octets)
    }
}

@Suite("The worked SignedData")
struct WorkedSignedDataTests {
    private let worked: WorkedSignedData
    private static let messages = (try? WorkedSignedData.read().messages) ?? []

    init() throws {
        worked = try WorkedSignedData.read()
    }

    @Test("comes out octet for octet, as does what the card hashes", arguments: messages)
    func assembled(_ message: WorkedSignedData.Message) throws {
        let signedData = try SignedDataAssembler.assemble(
            message.content,
            form: message.form,
            algorithm: message.algorithm,
            raw: message.signature.octets,
            certificate: try worked.certificate(of: message)
        )
        #expect(signedData == message.signedData.octets)
        if let attributes = message.attributes, let added = message.form.attributes {
            let digest = MessageDigest.sha256(Array(message.text.utf8))
            #expect(SignedAttributes.set(digest: digest, added) == attributes.octets)
        }
    }

    @Test("is confirmed in its own form alone, and refused with the bit flipped that was", arguments: messages)
    func confirmed(_ message: WorkedSignedData.Message) throws {
        let certificate = try worked.certificate(of: message)
        func confirm(_ octets: [UInt8], _ form: SigningForm) throws {
            try SignedDataCheck.confirm(
                octets,
                content: message.content,
                form: form,
                registeredKey: certificate.publicKey,
                certificate: certificate
            )
        }
        try confirm(message.signedData.octets, message.form)
        var flipped = message.signedData.octets
        flipped[message.flippedOctet] ^= 1
        #expect(throws: SignatureError.self) { try confirm(flipped, message.form) }
        for form in [SigningForm.standard, .withoutAttributes, .pkcs1] where form != message.form {
            #expect(throws: SignatureError.self) { try confirm(message.signedData.octets, form) }
        }
    }

    @Test("has the attributes of an advanced signature where the worked one has them")
    func advanced() throws {
        let message = try #require(worked.messages.first { $0.mid != nil })
        let certificate = try worked.certificate(of: message)
        // 2026-11-23 12:00:00 UTC.
        let added = SignedAttributes.ades(
            at: Date(timeIntervalSince1970: 1_795_435_200),
            by: certificate,
            digest: .sha256
        )
        #expect(added.mid == message.mid?.octets && added.extra == message.extra?.octets)
    }

    @Test("has digests beside it whose values alone are confirmed, each for its own document")
    func digests() throws {
        struct Digests: Decodable {
            struct Signature: Decodable {
                var document: String
                var digest: Vectors.Octets
                var signature: Vectors.Octets
            }
            var signer: String
            var signatures: [Signature]
        }
        let digests = try Vectors.read("cms/digest-signatures.json", as: Digests.self)
        let signer = try #require(worked.signers.first { $0.name == digests.signer })
        let certificate = try UserCertificate(der: signer.certificate.octets)
        for signed in digests.signatures {
            let finished = try SignedDataAssembler.assemble(
                .digest(signed.digest.octets),
                form: .pkcs1,
                raw: signed.signature.octets,
                certificate: certificate
            )
            for other in digests.signatures {
                func confirm() throws {
                    try SignedDataCheck.confirm(
                        finished,
                        content: .digest(other.digest.octets),
                        form: .pkcs1,
                        registeredKey: certificate.publicKey,
                        certificate: certificate
                    )
                }
                if other.document == signed.document {
                    try confirm()
                    #expect(MessageDigest.sha256(Array(other.document.utf8)) == other.digest.octets)
                } else {
                    #expect(throws: SignatureError.self) { try confirm() }
                }
            }
        }
    }

    @Test("is by users of the CA beside it, whose list nobody has")
    func authority() throws {
        let authority = try UserAuthority(anchors: Array(worked.authority.utf8), revocationList: nil)
        for signer in worked.signers {
            #expect(authority.validity(of: signer.certificate.octets) == .noFreshProof)
        }
        #expect(worked.signers.count == 3 && worked.messages.count == 4)
    }
}
