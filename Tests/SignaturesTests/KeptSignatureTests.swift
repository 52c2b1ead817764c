import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import Signatures

@Suite("What is kept of a signature")
struct KeptSignatureTests {
    private let ca: UserCA
    private let user: User
    private static let text = "Pay 10 € to Ñandú & Söhne?"

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
    }

    private func kept(_ content: SigningContent? = nil, proofs: [NamedProof] = []) throws -> KeptSignature {
        let text = Array(Self.text.utf8)
        return KeptSignature(
            EvidenceRecord.Asked(
                transaction: "h1" + String(repeating: "a", count: 26),
                provider: "http://ae.demo.mssp/ap-demo",
                providerTransaction: "T123456",
                instant: "2026-01-01T00:00:00Z",
                acquiringEntity: "urn:mssp:demo:ae",
                request: Array("1.1 +358401000001 ".utf8) + text + Array(" text/plain UTF-8 synch 30".utf8)
            ),
            command: [3, 1, 2, 3] + Array("Demo Bank".utf8) + text + [1, 2, 3],
            content: content ?? .utf8(text),
            form: .standard,
            algorithm: .p256,
            signature: try user.signedData(text),
            certificates: [user.der],
            proofs: proofs.map { KeptSignature.ProofName(kind: $0.kind, digest: $0.digest) },
            times: EvidenceRecord.Times(asked: Date() - 20, sent: Date() - 19, answered: Date()),
            status: 502
        )
    }

    @Test("is read as it was written, whatever was signed and in which form")
    func roundTrip() throws {
        let digest = [UInt8](repeating: 7, count: 32)
        for content in [.utf8([]), .gsm([1]), .ucs2([0, 65]), .binary(digest), .digest(digest)] as [SigningContent] {
            var kept = try kept(content)
            for structure in SigningForm.Structure.allCases {
                for attributes in [nil, AddedAttributes(), AddedAttributes(mid: [0x30, 0], extra: digest)] {
                    kept.form = SigningForm(structure: structure, attributes: attributes)
                    kept.times.sent = attributes == nil ? nil : kept.times.asked
                    #expect(try KeptSignature(decoding: kept.encoded()) == kept)
                }
            }
        }
        var several = try kept()
        several.further = [
            KeptSignature.Further(content: .digest(digest), form: .pkcs1, signature: [1]),
            KeptSignature.Further(content: .utf8([0x41]), form: .standard, signature: several.signature),
        ]
        #expect(try KeptSignature(decoding: several.encoded()) == several)
        var empty = try kept()
        (empty.asked.request, empty.command, empty.certificates, empty.signature) = ([], [], [], [])
        #expect(try KeptSignature(decoding: empty.encoded()) == empty)
    }

    @Test("takes little more than the signature itself")
    func size() throws {
        let kept = try kept()
        let octets = kept.encoded()
        #expect(octets.count < kept.signature.count + 320, "\(octets.count) of \(kept.signature.count)")
        // The text stands once, in the signature.
        #expect(octets.firstRange(of: Array(Self.text.utf8)) != nil)
        let rest = octets.dropFirst(kept.signature.count + 3)
        #expect(rest.firstRange(of: Array(Self.text.utf8)) == nil)
    }

    @Test("is refused with an error, never more, when octets are missing, added or others")
    func damaged() throws {
        var several = try kept(proofs: [])
        let alone = several.encoded()
        several.further = [KeptSignature.Further(content: .utf8([0x41]), form: .standard, signature: [1, 2])]
        // Two versions of one format: what ends before the further documents is no signature alone.
        #expect(alone[0] == 1 && several.encoded()[0] == 2)
        #expect(throws: SignatureError.self) { try KeptSignature(decoding: [2] + alone.dropFirst()) }
        let octets = several.encoded()
        for count in 0..<octets.count {
            #expect(throws: SignatureError.self) { try KeptSignature(decoding: Array(octets[..<count])) }
        }
        #expect(throws: SignatureError.self) { try KeptSignature(decoding: octets + [0]) }
        for index in octets.indices {
            for bit in [UInt8(1), 0x40, 0x80] {
                var changed = octets
                changed[index] ^= bit
                _ = try? KeptSignature(decoding: changed)
            }
        }
        for length in [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xFE, 0xFF, 0xFF, 0xFF, 0x0F]] {
            #expect(throws: SignatureError.self) { try KeptSignature(decoding: [1] + length.map { UInt8($0) }) }
        }
    }

    @Test("becomes a record that an auditor can confirm, with the proofs that it names")
    func record() async throws {
        try await ca.list()
        let authority = try ca.authority()
        let named = authority.namedProofs(of: user.der)
        #expect(named.count == 1 && named[0].digest == MessageDigest.sha256(named[0].der()))
        #expect(named.map { RevocationProof($0.kind, $0.der()) } == authority.proofs(of: user.der))
        let kept = try KeptSignature(decoding: try kept(proofs: named).encoded())
        let proofs = kept.proofs.map { name in
            named.first { $0.digest == name.digest }.map { RevocationProof($0.kind, $0.der()) }
        }
        let found = try proofs.map { try #require($0) }
        let record = try EvidenceRecord(kept, pages: ["Demo Bank", Self.text], proofs: found)
        #expect(try record.confirm(anchors: try ca.pki.octets("ca.pem")) == .valid)
        #expect(record.instant == "2026-01-01T00:00:00Z" && record.pages.last == Self.text)
        #expect(try EvidenceRecord(decoding: record.encoded()) == record)
    }

    @Test("is an auditor's to confirm in every form and by every kind of key", arguments: SigningAlgorithm.allCases)
    func forms(_ algorithm: SigningAlgorithm) async throws {
        let card = try await TestCard.make(algorithm, in: ca.pki)
        let text = SigningContent.utf8(Array(Self.text.utf8))
        let document = Array("a document that the platform never saw".utf8)
        let nonce = SignedAttributes.arranged([SignedAttributes.randomNonce()], digest: algorithm.digest)
        let ades = SignedAttributes.ades(at: Date(), by: try card.certificate, digest: algorithm.digest)
        let cases: [(SigningContent, SigningForm)] = [
            (text, .standard), (text, .withoutAttributes), (text, .pkcs1),
            (text, SigningForm(structure: .detached, attributes: AddedAttributes())),
            (text, SigningForm(structure: .attached, attributes: ades)),
            (
                .digest(MessageDigest.digest(document, by: algorithm.digest)),
                SigningForm(structure: .detached, attributes: nonce)
            ),
        ]
        let anchors = try ca.pki.octets("ca.pem")
        for (content, form) in cases {
            var kept = try kept(content)
            kept.form = form
            kept.algorithm = algorithm
            kept.certificates = [card.der]
            kept.signature = try await card.signed(content, form)
            kept = try KeptSignature(decoding: kept.encoded())
            let record = try EvidenceRecord(kept, pages: ["Demo Bank"], proofs: [])
            #expect(try record.confirm(anchors: anchors) == .noFreshProof, "\(form)")
            var other = record
            other.signature[other.signature.count - 1] ^= 1
            #expect(throws: SignatureError.self) { try other.confirm(anchors: anchors) }
        }
    }

    @Test("has each of several documents, and is refused when any one is another")
    func several() throws {
        var kept = try kept()
        let others = ["Contract 7", "Contract 8"].map { Array($0.utf8) }
        kept.further = try others.map {
            KeptSignature.Further(content: .utf8($0), form: .standard, signature: try user.signedData($0))
        }
        kept = try KeptSignature(decoding: kept.encoded())
        let record = try EvidenceRecord(kept, pages: [], proofs: [])
        let anchors = try ca.pki.octets("ca.pem")
        #expect(try record.confirm(anchors: anchors) == .noFreshProof)
        #expect(try EvidenceRecord(decoding: record.encoded()) == record)
        #expect(record.further?.count == 2)
        let changes: [(inout EvidenceRecord.Further) -> Void] = [
            { $0.content.octets.append(0) }, { $0.signature[$0.signature.count - 1] ^= 1 },
            { $0.form.structure = "cms-detached" }, { $0.content.digest[0] ^= 1 }, { $0.signature = record.signature },
        ]
        for (index, change) in changes.enumerated() {
            for place in 0..<2 {
                var other = record
                var further = try #require(other.further)
                change(&further[place])
                other.further = further
                #expect(throws: SignatureError.self, "\(index)") { try other.confirm(anchors: anchors) }
            }
        }
    }

    @Test("costs some microseconds: a figure for a person who looks")
    func cost() throws {
        let kept = try kept()
        let rounds = 2_000
        var sum = 0
        let start = ContinuousClock.now
        for _ in 0..<rounds { sum += kept.encoded().count }
        let time = start.duration(to: .now)
        print("kept signature: \(sum / rounds) octets, \(time / rounds) each to write")
        #expect(sum > 0)
    }
}
