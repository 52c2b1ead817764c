import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import Signatures

@Suite("An evidence record")
struct EvidenceRecordTests {
    private let ca: UserCA
    private let user: User
    private let content = SigningContent.utf8(Array("Pay 10 € to Ñandú?".utf8))

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
    }

    private func record(proofs: [RevocationProof], at date: Date = Date()) throws -> EvidenceRecord {
        let kept = KeptSignature(
            EvidenceRecord.Asked(
                transaction: "h1abc",
                provider: "http://ap.example/",
                providerTransaction: "T1",
                instant: "2026-01-01T00:00:00Z",
                acquiringEntity: "urn:mssp:demo:ae",
                request: Array("<MSS_SignatureReq/>".utf8)
            ),
            command: [],
            content: content,
            form: .standard,
            algorithm: .p256,
            signature: try user.signedData(content.octets ?? []),
            certificates: [user.der],
            proofs: [],
            times: EvidenceRecord.Times(asked: date - 20, sent: date - 19, answered: date),
            status: 502
        )
        return try EvidenceRecord(kept, pages: ["Bank 7K2M", "Pay 10 € to Ñandú?"], proofs: proofs)
    }

    @Test("is read as it was written, in one form only, and confirms the signature with the list that was kept")
    func list() async throws {
        try await ca.list(times: ["-crlhours", "1"])
        let proofs = try ca.authority().proofs(of: user.der)
        let anchors = try ca.pki.octets("ca.pem")
        let record = try record(proofs: proofs)
        let octets = try record.encoded()
        #expect(try EvidenceRecord(decoding: octets) == record)
        #expect(try record.confirm(anchors: anchors) == .valid)
        #expect(throws: SignatureError.self) { try EvidenceRecord(decoding: [0x20] + octets) }
        for cut in stride(from: 0, to: octets.count, by: 97) {
            #expect(throws: SignatureError.self) { try EvidenceRecord(decoding: Array(octets[..<cut])) }
        }
        // Revoked an hour later: at the time of the answer it stood.
        try await ca.revoke("user")
        #expect(try record.confirm(anchors: anchors) == .valid)
        #expect(try self.record(proofs: []).confirm(anchors: anchors) == .noFreshProof)
        #expect(try self.record(proofs: proofs, at: Date() + 7_200).confirm(anchors: anchors) == .staleProof)
        #expect(try record.confirm(anchors: try ca.pki.octets("stranger.pem")) == .invalid)
    }

    @Test("confirms with a responder's answer, whose question nobody has any more")
    func answer() async throws {
        try await ca.note("user")
        try await ca.pki.certificate("charged", by: "ca", purposes: "OCSPSigning")
        let responder = try await Responder(ca.pki, signer: "charged")
        defer { responder.stop() }
        let fetches = Fetches()
        let anchors = try ca.pki.octets("ca.pem")
        let authority = try ca.authority(fetches.sources(responders: [responder.url]))
        _ = authority.validity(of: user.der)
        await authority.refresh()
        await fetches.close()
        let proofs = authority.proofs(of: user.der)
        #expect(proofs.count == 1)
        let named = authority.namedProofs(of: user.der)
        #expect(named.map { RevocationProof($0.kind, $0.der()) } == proofs)
        #expect(named.map(\.digest) == proofs.map { MessageDigest.sha256($0.der) })
        #expect(try record(proofs: proofs).confirm(anchors: anchors) == .valid)
        let neighbour = try await ca.user("neighbour")
        var other = try record(proofs: proofs)
        other.certificates = [Data(neighbour.der)]
        other.signature = Data(try neighbour.signedData(content.octets ?? []))
        #expect(try other.confirm(anchors: anchors) == .noFreshProof)
    }

    @Test("is refused with anything changed that the signature or the digest covers")
    func changed() throws {
        let anchors = try ca.pki.octets("ca.pem")
        let changes: [(inout EvidenceRecord) -> Void] = [
            { $0.content.octets.append(0) }, { $0.content.digest[0] ^= 1 }, { $0.content.kind = "binary!" },
            { $0.content.kind = "digest" }, { $0.signature[$0.signature.count - 1] ^= 1 }, { $0.certificates = [] },
            { $0.certificates.append($0.certificates[0] + [0]) }, { $0.algorithm = "p384" }, { $0.algorithm = "x" },
            { $0.form.structure = "cms-detached" }, { $0.form.mid = nil }, { $0.form.extra = Data([0x30, 0]) },
            { $0.proofs = [EvidenceRecord.Proof(kind: "x", der: Data())] },
        ]
        for (index, change) in changes.enumerated() {
            var record = try record(proofs: [])
            change(&record)
            #expect(throws: SignatureError.self, "\(index)") { try record.confirm(anchors: anchors) }
        }
    }

    @Test("is sealed to an auditor, who opens it with openssl; one octet changed, and it does not open")
    func sealed() async throws {
        let record = try record(proofs: [])
        let octets = try record.encoded()
        try await ca.pki.openssl.run([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "auditor.key", "-out", "auditor.pem", "-days",
            "1", "-subj", "/CN=auditor",
        ])
        for auditor in ["auditor", "stranger"] {
            let sealed = try EvidenceEnvelope.seal(record, for: try ca.pki.octets("\(auditor).pem"))
            #expect(
                sealed.firstRange(of: Array("AP_ID".utf8)) == nil && sealed.firstRange(of: octets.prefix(40)) == nil
            )
            let arguments = [
                "cms", "-decrypt", "-inform", "DER", "-inkey", "\(auditor).key", "-recip", "\(auditor).pem", "-binary",
            ]
            let opened = try await ca.pki.openssl.attempt(arguments, input: sealed)
            #expect(opened.status == 0 && opened.standardOutput == octets, "\(opened.standardError)")
            var changed = sealed
            changed[sealed.count - 40] ^= 1
            #expect(try await ca.pki.openssl.attempt(arguments, input: changed).status != 0)
        }
        #expect(throws: SignatureError.self) { try EvidenceEnvelope.seal(record, for: []) }
    }
}
