import Foundation
import MSSCore
import MSSTestSupport
import Signatures
import Testing

@Suite("Every form of signature")
struct SigningFormTests {
    private static let text = Array("@ä€ñ_ Подписать\r\n".utf8)

    @Test("is accepted by openssl as given, and refused with one bit changed", arguments: SigningAlgorithm.allCases)
    func openssl(_ algorithm: SigningAlgorithm) async throws {
        let ca = try await UserCA()
        let card = try await TestCard.make(algorithm, in: ca.pki)
        let advanced = SignedAttributes.ades(at: Date(), by: try card.certificate, digest: algorithm.digest)
        for structure in [SigningForm.Structure.attached, .detached] {
            for attributes in [AddedAttributes(), advanced, nil] {
                let form = SigningForm(structure: structure, attributes: attributes)
                let content = SigningContent.utf8(Self.text)
                let finished = try await card.signed(content, form)
                try card.confirm(finished, content, form)
                let beside = structure == .detached ? Self.text : nil
                let output = try await card.verify(finished, detached: beside)
                #expect(output.status == 0 && output.standardOutput == Self.text, "\(form): \(output.standardError)")
                // openssl looks for signing-certificate only where there are attributes at all.
                let isAdvanced = try await card.verify(finished, detached: beside, advanced: true).status == 0
                #expect(isAdvanced == (attributes != AddedAttributes()))
                for place in [finished.count - 1, finished.count - 60] {
                    var flipped = finished
                    flipped[place] ^= 1
                    #expect(throws: SignatureError.self) { try card.confirm(flipped, content, form) }
                }
                var flipped = finished
                flipped[finished.count - 1] ^= 1
                #expect(try await card.verify(flipped, detached: beside).status != 0)
                #expect(throws: SignatureError.self) { try card.confirm(finished, .utf8(Self.text + [0x0A]), form) }
            }
        }
    }

    @Test("without content is refused by openssl over any other content")
    func detached() async throws {
        let ca = try await UserCA()
        let card = try await TestCard.make(.p256, in: ca.pki)
        let form = SigningForm(structure: .detached, attributes: AddedAttributes())
        let finished = try await card.signed(.utf8(Self.text), form)
        #expect(finished.firstRange(of: Self.text) == nil)
        #expect(try await card.verify(finished, detached: Self.text + [0]).status != 0)
        let attached = SigningForm(structure: .attached, attributes: AddedAttributes())
        #expect(throws: SignatureError.self) { try card.confirm(finished, .utf8(Self.text), attached) }
    }

    @Test(
        "over a digest that was brought holds a random nonce, and verifies over the content",
        arguments: SigningAlgorithm.allCases
    )
    func digests(_ algorithm: SigningAlgorithm) async throws {
        let ca = try await UserCA()
        let card = try await TestCard.make(algorithm, in: ca.pki)
        let document = Array("a document of many pages".utf8)
        let content = SigningContent.digest(MessageDigest.digest(document, by: algorithm.digest))
        let nonce = SignedAttributes.arranged([SignedAttributes.randomNonce()], digest: algorithm.digest)
        #expect(nonce != SignedAttributes.arranged([SignedAttributes.randomNonce()], digest: algorithm.digest))
        let form = SigningForm(structure: .detached, attributes: nonce)
        let finished = try await card.signed(content, form)
        try card.confirm(finished, content, form)
        #expect(try await card.verify(finished, detached: document).status == 0)
        #expect(finished.firstRange(of: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x19, 0x03]) != nil)
        let attached = SigningForm(structure: .attached, attributes: nonce)
        #expect(throws: SignatureError.self) {
            try SignedDataAssembler.assemble(
                content,
                form: attached,
                algorithm: algorithm,
                raw: [UInt8](repeating: 1, count: algorithm.rawLength),
                certificate: try card.certificate
            )
        }
    }

    @Test("as a value alone is accepted by openssl over the content", arguments: SigningAlgorithm.allCases)
    func pkcs1(_ algorithm: SigningAlgorithm) async throws {
        let ca = try await UserCA()
        let card = try await TestCard.make(algorithm, in: ca.pki)
        let content = SigningContent.gsm(Array("Log in?".utf8))
        let finished = try await card.signed(content, .pkcs1)
        try card.confirm(finished, content, .pkcs1)
        try ca.pki.write(finished, to: "value")
        try await ca.pki.openssl.run(["x509", "-in", "\(card.name).pem", "-pubkey", "-noout", "-out", "value.pub"])
        let padding =
            algorithm == .rsaPSS ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"] : []
        let digest = algorithm.digest == .sha384 ? "-sha384" : "-sha256"
        let arguments = ["dgst", digest, "-verify", "value.pub", "-signature", "value"] + padding
        #expect(try await ca.pki.openssl.attempt(arguments, input: Array("Log in?".utf8)).status == 0)
        var flipped = finished
        flipped[40] ^= 1
        #expect(throws: SignatureError.self) { try card.confirm(flipped, content, .pkcs1) }
        // The same key's other padding is another signature.
        if algorithm == .rsaPKCS1 || algorithm == .rsaPSS {
            let other: SigningAlgorithm = algorithm == .rsaPSS ? .rsaPKCS1 : .rsaPSS
            #expect(throws: SignatureError.self) {
                try SignedDataCheck.confirm(
                    finished,
                    content: content,
                    form: .pkcs1,
                    algorithm: other,
                    registeredKey: try card.certificate.publicKey,
                    certificate: try card.certificate
                )
            }
        }
    }

    @Test("holds the intermediate certificates, which openssl needs to find the root")
    func intermediates() async throws {
        let ca = try await UserCA()
        try await ca.pki.openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "middle.key",
            "-out", "middle.pem", "-days", "1", "-subj", "/CN=middle", "-CA", "ca.pem", "-CAkey", "ca.key", "-addext",
            "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        ])
        let middle = try await ca.pki.openssl.run(["x509", "-in", "middle.pem", "-outform", "DER"]).standardOutput
        let card = try await TestCard.make(.p256, in: ca.pki, by: "middle")
        let raw = try await card.sign(SignedAttributes.set(digest: MessageDigest.sha256(Self.text)))
        for (intermediates, isVerified) in [([middle], true), ([], false)] {
            let finished = try SignedDataAssembler.assemble(
                .utf8(Self.text),
                raw: raw,
                certificate: try card.certificate,
                intermediates: intermediates
            )
            #expect(try await card.verify(finished).status == (isVerified ? 0 : 4))
            #expect(throws: SignatureError.self) {
                try SignedDataCheck.confirm(
                    finished,
                    content: .utf8(Self.text),
                    registeredKey: try card.certificate.publicKey,
                    certificate: try card.certificate,
                    intermediates: isVerified ? [] : [middle]
                )
            }
        }
    }

    @Test("has its attributes in the order of a SET OF, whichever digest; times from 2050 on are generalized")
    func order() async throws {
        let ca = try await UserCA()
        let card = try await TestCard.make(.p384, in: ca.pki)
        let added = SignedAttributes.ades(at: Date(), by: try card.certificate, digest: .sha384)
        #expect(added.extra.isEmpty && added.mid.count == 0x1E + 0x39)
        let other = SignedAttributes.ades(at: Date(), by: try card.certificate, digest: .sha256)
        #expect(other.mid + other.extra == added.mid)
        for (seconds, text) in [
            (0.0, "700101000000Z"), (951_868_799, "000229235959Z"), (2_524_607_999.9, "491231235959Z"),
        ] {
            let attribute = SignedAttributes.signingTime(Date(timeIntervalSince1970: seconds))
            #expect(Array(attribute.suffix(15)) == [0x17, 13] + Array(text.utf8))
        }
        let late = SignedAttributes.signingTime(Date(timeIntervalSince1970: 2_524_608_000))
        #expect(Array(late.suffix(17)) == [0x18, 15] + Array("20500101000000Z".utf8))
    }
}
