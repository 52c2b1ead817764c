import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("The kind of a signature")
struct SignatureKindTests {
    private static func provider(_ kinds: [SignatureKind]) -> ApplicationProvider {
        var provider = Sample.provider
        provider.signatures = kinds
        return provider
    }

    private func request(_ stage: Stage, _ format: String?, _ text: String = "Sign this") -> SignatureRequest {
        var request = Sample.signature(text, msisdn: stage.card.msisdn.description)
        request.format = format
        return request
    }

    @Test(
        "is what MSS_Format names, asked of the card as it is, and told the same later",
        arguments: SignatureKind.allCases
    )
    func byFormat(_ kind: SignatureKind) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([.cms, kind]))
        let answer = try await stage.sign(request(stage, kind.format))
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        let content = Array("Sign this".utf8)
        let added = kind.isAdvanced ? FakeEvidence.advancedMiddle : []
        let isBare = [SignatureKind.cms0, .cms0Detached, .pkcs1, .fiPKCS1].contains(kind)
        #expect(command.form == (isBare ? [.utf8] : [.signedAttributes, .utf8]))
        #expect(command.mid == (added.isEmpty ? nil : added) && command.extra == nil && command.digests.isEmpty)
        switch kind.structure {
        case .attached: #expect(answer.signature == [0x30] + content + added)
        case .detached: #expect(answer.signature == [0x30] + added)
        case .pkcs1: #expect(answer.signature == FakeEvidence.rightSignature)
        }
        #expect(answer.certificate == (kind == .fiPKCS1 ? [2] : nil))
        let later = try await stage.status(answer.transactionID)
        #expect(later.signature == answer.signature && later.certificate == answer.certificate)
    }

    @Test("is the first of the provider's entry where the format leaves it open")
    func byEntry() async throws {
        for format in [nil] + SignatureKind.anyCMS.map({ $0 }) {
            for kind in [SignatureKind.cms, .cmsDetached, .cms0] {
                let stage = try await Stage.withSigner(provider: Self.provider([kind, .ades, .pkcs1]))
                let answer = try await stage.sign(request(stage, format))
                let content = Array("Sign this".utf8)
                #expect(answer.signature == (kind == .cmsDetached ? [0x30] : [0x30] + content))
                guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
                #expect(command.form == (kind == .cms0 ? [.utf8] : [.signedAttributes, .utf8]))
            }
        }
    }

    @Test(
        "with #rsa-pss behind it is the value of a key that signs so, and refused for another before anybody is asked",
        arguments: [KeyAlgorithm.p256, .rsa2048, .rsaPSS]
    )
    func pss(_ algorithm: KeyAlgorithm) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([.cms, .pkcs1]), algorithm: algorithm)
        let asked = request(stage, "http://www.methics.fi/KiuruMSSP/v3.2.0#PKCS1#rsa-pss")
        guard algorithm == .rsaPSS else {
            #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(asked) } == "101/1017")
            return #expect(!stage.chronicle.all.contains("sent"))
        }
        #expect(try await stage.sign(asked).signature == FakeEvidence.rightSignature)
    }

    @Test("is refused before anybody is asked unless the provider's entry allows it", arguments: SignatureKind.allCases)
    func notAllowed(_ kind: SignatureKind) async throws {
        let others = SignatureKind.allCases.filter { $0 != kind && $0.structure != .pkcs1 }
        let stage = try await Stage.withSigner(provider: Self.provider(others))
        let asked = request(stage, kind.format)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(asked) } == "101/1017")
        #expect(!stage.chronicle.all.contains("sent"))
        #expect(kind == .cms || !Sample.provider.signatures.contains(kind), "nothing else is on by default")
    }

    @Test("never lets content through that passes as attributes, nor octets that no phone can show")
    func confusion() async throws {
        for kind in SignatureKind.allCases {
            let stage = try await Stage.withSigner(provider: Self.provider([.cms, kind]))
            // 31 00: an empty SET OF Attribute, and no text that a phone shows; 0x30 and NUL neither.
            for text in ["1\u{0}", "\u{31}\u{02}\u{30}\u{0}"] {
                let asked = request(stage, kind.format, text)
                #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(asked) } == "107")
            }
            var binary = request(stage, kind.format)
            binary.dataToBeSigned = DataToBeSigned("AAEC", mimeType: "application/octet-stream", encoding: "base64")
            let asked = binary
            let found = await fault { () async throws(MSSFault) in _ = try await stage.sign(asked) }
            // As a value they would be a DigestInfo, a digest.
            #expect(found == (kind.structure == .pkcs1 ? "104" : "107/1016"))
            #expect(!stage.chronicle.all.contains("sent"))
        }
    }

    @Test("takes its attributes' room from the text: one character more than fits is 103")
    func room() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([.cms, .ades]))
        let plain = try #require(ShownText.fit("", for: Sample.provider)).charactersLeft
        var longest = plain
        while longest > 0 {
            let asked = request(stage, SignatureKind.ades.format, String(repeating: "a", count: longest))
            if await fault({ () async throws(MSSFault) in _ = try await stage.sign(asked) }) == nil { break }
            longest -= 1
        }
        // MID and EXTRA: 32 and 57 octets, each with tag and length.
        #expect(longest == plain - 93)
    }

    @Test("of a signature that the card made otherwise is never delivered: 900", arguments: SignatureKind.allCases)
    func wrong(_ kind: SignatureKind) async throws {
        let stage = try await Stage.withSigner(.signsWrongly, provider: Self.provider([.cms, kind]))
        let asked = request(stage, kind.format)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(asked) } == "900/9003")
    }
}
