import MSSCore
import MSSTestSupport
import Signatures
import Testing

/// Both forgeries of eprint 2023/1801, with openssl as the verifier that is deceived.
@Suite("Attribute confusion")
struct AttributeConfusionTests {
    private let ca: UserCA
    private let card: TestCard
    private static let paid = Array("pay 1".utf8)

    init() async throws {
        ca = try await UserCA()
        card = try await TestCard.make(.p256, in: ca.pki)
    }

    @Test("forges a content without attributes from a signature with them; its octets are refused as a content")
    func stripped() async throws {
        let set = SignedAttributes.set(digest: MessageDigest.sha256(Self.paid))
        // The card signed "pay 1"; the forger shows its attributes as what was signed.
        let raw = try await card.sign(set)
        let forged = try SignedDataAssembler.assemble(
            .gsm(set),
            form: .withoutAttributes,
            raw: raw,
            certificate: try card.certificate
        )
        let output = try await card.verify(forged)
        #expect(output.status == 0 && output.standardOutput == set)
        #expect(throws: SignatureError.self) { try card.confirm(forged, .gsm(set), .withoutAttributes) }
        for content in [SigningContent.gsm(set), .binary(set), .utf8(set)] {
            let fault = #expect(throws: MSSFault.self) { try SigningRules.check(content, form: .withoutAttributes) }
            #expect(fault?.code == .inappropriateData)
            #expect(throws: MSSFault.self) { try SigningRules.check(content, form: .standard) }
        }
    }

    @Test("forges another content from a signature without attributes over a set of them; the home never asks for it")
    func added() async throws {
        // The forger has "text" signed without attributes that is really the attributes of "pay 1".
        let set = SignedAttributes.set(digest: MessageDigest.sha256(Self.paid))
        let raw = try await card.sign(set)
        let forged = try SignedDataAssembler.assemble(.utf8(Self.paid), raw: raw, certificate: try card.certificate)
        let output = try await card.verify(forged)
        #expect(output.status == 0 && output.standardOutput == Self.paid)
        #expect(throws: MSSFault.self) { try SigningRules.check(.gsm(set), form: .withoutAttributes) }
        // What was asked for is not what was made of it.
        #expect(throws: SignatureError.self) { try card.confirm(forged, .gsm(set), .withoutAttributes) }
    }

    @Test("is seen in every encoding of a SET OF Attribute, and in no text")
    func parsing() {
        let set = SignedAttributes.set(digest: MessageDigest.sha256(Self.paid))
        let attribute: [UInt8] = [0x30, 6, 0x06, 2, 0x2A, 0x03, 0x31, 0]
        let sets: [[UInt8]] = [
            set, [0x31, 0], [0x31, 8] + attribute, [0x31, 0x81, 8] + attribute, [0x31, 0x84, 0, 0, 0, 8] + attribute,
            [0x31, 0x80] + attribute + [0, 0], [0x31, 16] + attribute + attribute,
            // Everything of indefinite length.
            [0x31, 0x80, 0x30, 0x80, 0x06, 2, 0x2A, 0x03, 0x31, 0x80, 0x04, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x31, 0x80, 0x30, 0x80, 0x06, 2, 0x2A, 0x03, 0x31, 0x80, 0x30, 0x80, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        for set in sets { #expect(AttributeConfusion.isSetOfAttributes(set), "\(set)") }
        let others: [[UInt8]] = [
            [], [0x31], [0x31, 0x80], [0x31, 0xFF], [0x31, 1, 0], [0x30, 0], set + [0], Array(set.dropLast()),
            [0xA0] + set.dropFirst(), [0x31, 9] + attribute, [0x31, 7] + attribute.dropLast(),
            [0x31, 8, 0x30, 6, 0x04, 2, 0x2A, 0x03, 0x31, 0], [0x31, 8, 0x30, 6, 0x06, 2, 0x2A, 0x03, 0x30, 0],
            [0x31, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x31, 0x80, 0x1F, 0xFF],
        ]
        for other in others { #expect(!AttributeConfusion.isSetOfAttributes(other), "\(other)") }
        for text in ["1", "100 EUR", "10" + String(repeating: "0", count: 48), "Log in to bank.example? 4711"] {
            #expect(!AttributeConfusion.isSetOfAttributes(Array(text.utf8)))
        }
        var damage = DamagedOctets(seed: 1_801)
        for _ in 0..<20_000 { _ = AttributeConfusion.isSetOfAttributes(damage.like(set)) }
    }

    @Test("lets binary and UCS-2 content be signed with attributes only, and digests under all their conditions only")
    func rules() throws {
        for content in [SigningContent.binary([1, 2]), .ucs2([0, 0x41])] {
            try SigningRules.check(content, form: .standard)
            for form in [SigningForm.withoutAttributes, .pkcs1] {
                let fault = #expect(throws: MSSFault.self) { try SigningRules.check(content, form: form) }
                #expect(fault?.code == .inappropriateData)
            }
        }
        try SigningRules.check(.utf8([0x41]), form: .pkcs1)
        try SigningRules.check(.gsm([0x41]), form: .withoutAttributes)
        let digest = SigningContent.digest([UInt8](repeating: 1, count: 32))
        let all = SigningRules.DigestGrant(isAllowed: true, isDescribed: true, keySignsDigestsOnly: true)
        let detached = SigningForm(structure: .detached, attributes: AddedAttributes())
        try SigningRules.check(digest, form: .pkcs1, grant: all)
        try SigningRules.check(digest, form: detached, grant: all)
        func fault(_ form: SigningForm, _ change: (inout SigningRules.DigestGrant) -> Void) -> MSSFault.Code? {
            var grant = all
            change(&grant)
            return #expect(throws: MSSFault.self) { try SigningRules.check(digest, form: form, grant: grant) }?.code
        }
        for form in [SigningForm.pkcs1, detached] {
            #expect(fault(form) { $0.isAllowed = false } == .unauthorizedAccess)
            #expect(fault(form) { $0.isDescribed = false } == .missingParam)
            #expect(fault(form) { $0.keySignsDigestsOnly = false } == .noKeyFound)
            #expect(throws: MSSFault.self) { try SigningRules.check(digest, form: form) }
        }
        #expect(fault(.standard) { _ in } == .wrongParam)
        #expect(fault(SigningForm(structure: .detached, attributes: nil)) { _ in } == .wrongParam)
        #expect(throws: MSSFault.self) {
            try SigningRules.check(.utf8([0x41]), form: SigningForm(structure: .pkcs1, attributes: AddedAttributes()))
        }
    }

    @Test("does not come in by a DigestInfo: only the one strict encoding is read")
    func digestInfo() throws {
        for algorithm in DigestAlgorithm.allCases {
            let digest = [UInt8](repeating: 0xA5, count: algorithm.length)
            let octets = algorithm.digestInfoPrefix + digest
            let read = try DigestInfo(octets)
            #expect(read.algorithm == algorithm && read.digest == digest)
            for cut in DamagedOctets.truncations(of: octets) { #expect(throws: MSSFault.self) { try DigestInfo(cut) } }
            #expect(throws: MSSFault.self) { try DigestInfo(octets + [0]) }
            for flipped in DamagedOctets.bitFlips(of: octets) where flipped.suffix(algorithm.length) == digest[...] {
                #expect(throws: MSSFault.self) { try DigestInfo(flipped) }
            }
            // Parameters left out.
            let bare: [UInt8] =
                [0x30, UInt8(15 + algorithm.length)] + [0x30, 0x0B] + octets[4..<15] + octets[17...]
            #expect(throws: MSSFault.self) { try DigestInfo(bare) }
        }
        let sha1: [UInt8] = [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14]
        #expect(throws: MSSFault.self) { try DigestInfo(sha1 + [UInt8](repeating: 1, count: 20)) }
    }

    @Test("does not come in by PKCS#1: what the card makes of a DigestInfo's digest verifies as openssl would make it")
    func digestInfoSignature() async throws {
        let rsa = try await TestCard.make(.rsaPKCS1, in: ca.pki)
        let document = Array("document".utf8)
        let info = try DigestInfo(DigestAlgorithm.sha256.digestInfoPrefix + MessageDigest.sha256(document))
        let finished = try await rsa.sign(document)
        try rsa.confirm(finished, .digest(info.digest), .pkcs1)
        #expect(throws: SignatureError.self) { try rsa.confirm(finished, .digest(MessageDigest.sha256([])), .pkcs1) }
        // A bare hash under the padding, without DigestInfo, is no signature.
        try ca.pki.write(info.digest, to: "bare")
        let bare = try await ca.pki.openssl.run([
            "pkeyutl", "-sign", "-inkey", "\(rsa.name).key", "-in", "bare", "-pkeyopt", "rsa_padding_mode:pkcs1",
        ]).standardOutput
        #expect(throws: SignatureError.self) { try rsa.confirm(bare, .digest(info.digest), .pkcs1) }
    }
}
