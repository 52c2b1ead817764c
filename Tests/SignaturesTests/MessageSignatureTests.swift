import Foundation
import MSSTestSupport
import Signatures
import Testing

/// One provider for all of these: keys take long to make.
enum SigningProvider {
    static let shared = Task { try await MessageSigner() }

    static let message = """
        <mss:MSS_SignatureReq ID="m1" MajorVersion="1"><mss:AP_Info AP_ID="http://ap"/><mss:DataToBeSigned>Pay 1\
        </mss:DataToBeSigned></mss:MSS_SignatureReq>
        """
    static let canonical = """
        <mss:MSS_SignatureReq xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#" ID="m1" MajorVersion="1"><mss:AP_Info \
        AP_ID="http://ap"></mss:AP_Info><mss:DataToBeSigned>Pay 1</mss:DataToBeSigned></mss:MSS_SignatureReq>
        """

    static func read(
        _ envelope: String,
        by names: [String] = ["rsa", "p256", "p384"],
        at time: Date = Date()
    ) async throws -> String {
        let signer = try await shared.value
        var keys: [MessageKey] = []
        for name in names { keys.append(try MessageKey(certificate: try await signer.certificate(name))) }
        let octets = try MessageSignature.message(of: Array(envelope.utf8), by: keys, at: time)
        return String(decoding: octets, as: UTF8.self)
    }
}

@Suite("A message that xmlsec1 signed")
struct MessageSignatureTests {
    @Test(
        "is read as what was signed, whichever key and form it has",
        arguments: [
            ("rsa", MessageSigner.rsaSHA256, MessageSigner.exclusive),
            ("p256", MessageSigner.ecdsaSHA256, MessageSigner.exclusive),
            ("p384", MessageSigner.ecdsaSHA256, MessageSigner.exclusive),
            (
                "rsa", MessageSigner.rsaSHA256,
                #"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>"#
                    + MessageSigner.exclusive
            ),
        ]
    )
    func good(key: String, method: String, transforms: String) async throws {
        let template = MessageSigner.template(
            method: method,
            transforms: "<ds:Transforms>\(transforms)</ds:Transforms>"
        )
        let signer = try await SigningProvider.shared.value
        for soap in ["http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"] {
            let envelope = MessageSigner.envelope(SigningProvider.message, template, soap: soap)
            let signed = try await signer.sign(envelope, key: key)
            #expect(try await SigningProvider.read(signed) == SigningProvider.canonical)
        }
    }

    @Test("is read without the comments that nobody signed, and with the prefixes that its signer keeps")
    func canonical() async throws {
        let signer = try await SigningProvider.shared.value
        let commented = SigningProvider.message.replacing("Pay 1", with: "Pay<!-- x --> 1")
        let signed = try await signer.sign(MessageSigner.envelope(commented))
        let moved = signed.replacing("<!-- x -->", with: "<!-- another -->")
        #expect(moved != signed)
        #expect(try await SigningProvider.read(moved) == SigningProvider.canonical)
        let kept = """
            <ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><ec:InclusiveNamespaces \
            xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="e"/></ds:Transform></ds:Transforms>
            """
        let template = MessageSigner.template(transforms: kept)
        let prefixed = try await signer.sign(MessageSigner.envelope(SigningProvider.message, template))
        #expect(try await SigningProvider.read(prefixed).contains("xmlns:e="))
    }

    @Test("may be the operation's element, with the message alone in it")
    func wrapper() async throws {
        let signer = try await SigningProvider.shared.value
        let inside = SigningProvider.message.replacing(#" ID="m1""#, with: "")
        let envelope = MessageSigner.envelope(inside).replacing("<MSS_Signature>", with: #"<MSS_Signature ID="m1">"#)
        let signed = try await signer.sign(envelope, element: "MSS_Signature")
        #expect(try await SigningProvider.read(signed).hasPrefix(#"<MSS_Signature ID="m1">"#))
    }

    @Test("is nobody's whose certificate is not registered, whatever its KeyInfo says, or whose has ended")
    func keys() async throws {
        let signer = try await SigningProvider.shared.value
        let template = MessageSigner.template(keyInfo: "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>")
        let envelope = MessageSigner.envelope(SigningProvider.message, template)
        let options = ["--privkey-pem", "\(signer.pki.path("other-rsa.key")),\(signer.pki.path("other-rsa.pem"))"]
        let signed = try await signer.sign(envelope, options: options)
        #expect(signed.contains("X509Certificate"))
        await refused(signed, .invalid)
        #expect(try await SigningProvider.read(signed, by: ["rsa", "other-rsa"]) == SigningProvider.canonical)
        await refused(signed, .key, by: ["p256"])
        await refused(signed, .key, by: [])
        await refused(signed, .key, by: ["other-rsa"], at: Date() + 3 * 86_400)
        await refused(signed, .key, by: ["other-rsa"], at: Date() - 86_400)
    }

    @Test("needs a key that is strong", arguments: ["rsa1024", "k256"])
    func weakKeys(name: String) async throws {
        let certificate = try await SigningProvider.shared.value.certificate(name)
        #expect(throws: SignatureError.self) { try MessageKey(certificate: certificate) }
    }

    @Test("is read as what was signed or not at all, whatever is cut off or changed")
    func damaged() async throws {
        let signer = try await SigningProvider.shared.value
        let octets = Array(try await signer.sign(MessageSigner.envelope(SigningProvider.message)).utf8)
        let keys = [try MessageKey(certificate: try await signer.certificate("rsa"))]
        var taken = 0
        for length in stride(from: 0, to: octets.count - 20, by: 3) {
            #expect(throws: MessageRefusal.self) {
                try MessageSignature.message(of: Array(octets[..<length]), by: keys, at: Date())
            }
        }
        for index in octets.indices {
            var changed = octets
            changed[index] ^= 1 << UInt8(index % 7)
            guard let read = try? MessageSignature.message(of: changed, by: keys, at: Date()) else { continue }
            taken += 1
            #expect(String(decoding: read, as: UTF8.self) == SigningProvider.canonical, "octet \(index)")
        }
        // What is not signed may change: the operation's element, attributes of the header block.
        #expect(taken < octets.count / 10)
    }

    private func refused(
        _ envelope: String,
        _ reason: MessageRefusal.Reason,
        by names: [String] = ["rsa", "p256", "p384"],
        at time: Date = Date()
    ) async {
        let refusal = await #expect(throws: MessageRefusal.self) {
            try await SigningProvider.read(envelope, by: names, at: time)
        }
        #expect(refusal?.reason == reason)
    }
}
