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
        var signedData: Vectors.Octets
        var flippedOctet: Int

        var testDescription: String { name }
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

    @Test("comes out octet for octet where P-256 signed attributes", arguments: messages)
    func assembled(_ message: WorkedSignedData.Message) throws {
        guard let attributes = message.attributes, message.signature.octets.count == 64 else { return }
        let signedData = try SignedDataAssembler.assemble(
            content: Array(message.text.utf8),
            attributes: attributes.octets,
            raw: message.signature.octets,
            certificate: try worked.certificate(of: message)
        )
        #expect(signedData == message.signedData.octets)
    }

    @Test("is confirmed, and refused without signed attributes or with the bit flipped that was", arguments: messages)
    func confirmed(_ message: WorkedSignedData.Message) throws {
        let certificate = try worked.certificate(of: message)
        func confirm(_ octets: [UInt8]) throws {
            try SignedDataCheck.confirm(
                octets,
                content: Array(message.text.utf8),
                registeredKey: certificate.publicKey,
                certificate: certificate
            )
        }
        var flipped = message.signedData.octets
        flipped[message.flippedOctet] ^= 1
        #expect(throws: SignatureError.self) { try confirm(flipped) }
        if message.attributes == nil {
            let error = #expect(throws: SignatureError.self) { try confirm(message.signedData.octets) }
            #expect(error?.description.contains("no signed attributes") == true)
        } else {
            try confirm(message.signedData.octets)
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
