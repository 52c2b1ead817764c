import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSPService
@testable import Signatures

@Suite("A revocation list that is fetched over HTTP")
struct FetchedListTests {
    private let ca: UserCA
    private let user: User
    private let fetches = Fetches()

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
    }

    private func authority(_ url: String) throws -> UserAuthority {
        try ca.authority(fetches.sources(lists: [url]))
    }

    private func list(_ times: [String] = ["-crldays", "1"]) async throws -> [UInt8] {
        try await ca.list(times: times)
        return try await ca.pki.openssl.run(["crl", "-in", "crl.pem", "-outform", "DER"]).standardOutput
    }

    @Test("proves validity until its nextUpdate, is renewed ahead of it, and is never replaced by an older one")
    func fetched() async throws {
        let site = Site()
        let old = try await list(["-crlhours", "1"])
        site.give(old)
        try await site.serve { url in
            let authority = try authority(url)
            let evidence = CMSEvidence(authority: authority)
            #expect(authority.validity(of: user.der) == .noFreshProof)
            #expect(evidence.verdict(on: user.der) == SignatureVerdict(.signature, problem: .crlProblem))
            #expect(evidence.refusal(of: user.der) == nil)
            let now = Date()
            await authority.refresh(at: now)
            #expect(evidence.verdict(on: user.der) == SignatureVerdict(.validSignature))
            #expect(authority.validity(of: user.der, at: now + 3_700) == .staleProof)
            await authority.refresh(at: now + 60)
            #expect(site.asked == 1)
            try await Task.sleep(for: .milliseconds(1_100))
            try await ca.revoke("user")
            site.give(try await list())
            await authority.refresh(at: now + 3_000)
            #expect(site.asked == 2)
            #expect(evidence.verdict(on: user.der).status == .revokedCertificate)
            #expect(evidence.refusal(of: user.der)?.code == .errorCertificate)
            site.give(old)
            await authority.refresh(at: now + 90_000)
            #expect(site.asked == 3 && evidence.verdict(on: user.der).status == .revokedCertificate)
            await fetches.fetcher.close()
        }
    }

    @Test("is not taken from where it is redirected to, too long, signed by another or missing")
    func refused() async throws {
        let site = Site()
        let good = try await list()
        try await site.serve { url in
            let authority = try authority(url)
            var date = Date()
            for (octets, status) in [
                (good, .found), (good, .notFound), (good + [UInt8](repeating: 0, count: 200_000), .ok), ([], .ok),
            ] as [([UInt8], HTTPStatus)] {
                site.give(octets, status.value)
                // Far enough for the pause after the last failure.
                date += 600
                await authority.refresh(at: date)
                #expect(authority.validity(of: user.der) == .noFreshProof, "\(status)")
            }
            try await ca.list(by: "stranger")
            site.give(try ca.pki.octets("crl.pem"))
            await authority.refresh(at: date + 600)
            #expect(authority.validity(of: user.der) == .noFreshProof)
            site.give(good)
            await authority.refresh(at: date + 1_200)
            #expect(authority.validity(of: user.der) == .valid)
            await fetches.fetcher.close()
        }
    }

    @Test("and the rest of a certificate's standing make the statuses and refusals of the protocol")
    func statuses() async throws {
        let hold = try await ca.user("hold")
        try await ca.revoke("hold", reason: "certificateHold")
        try await ca.list()
        let evidence = CMSEvidence(authority: try ca.authority())
        #expect(evidence.verdict(on: hold.der).status == .revokedCertificate)
        #expect(evidence.refusal(of: hold.der)?.code == .cardBlocked)
        let foreign = try await ca.user("foreign", by: "stranger")
        #expect(evidence.verdict(on: foreign.der).status == .invalidSignature)
        #expect(evidence.refusal(of: foreign.der)?.code == .errorCertificate)
        // The worked messages' CA is long-lived; seen before its time began.
        let early = UserAuthority.Validity.expired
        #expect(try ca.authority().validity(of: user.der, at: Date() - 86_400) == early)
        let strict = CMSEvidence(
            authority: try UserAuthority(
                anchors: try ca.pki.octets("ca.pem"),
                revocationList: ca.pki.path("crl.pem"),
                constraints: .init(policies: ["1.2.3"])
            )
        )
        #expect(strict.verdict(on: user.der).status == .constraintMismatch && strict.refusal(of: user.der) == nil)
        let none = CMSEvidence(authority: try ca.authority(list: nil))
        #expect(none.verdict(on: user.der).problem == .crlProblem)
        try await ca.list(times: ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"])
        #expect(CMSEvidence(authority: try ca.authority()).verdict(on: user.der).problem == .crlExpired)
    }

    @Test("is not needed for the home's evidence to verify in every form and for every kind of key")
    func evidence() async throws {
        let evidence = CMSEvidence(authority: try ca.authority(list: nil))
        let kinds: [(SigningAlgorithm, SignatureAlgorithm)] = [
            (.p256, .p256), (.p384, .p384), (.rsaPKCS1, .rsa2048), (.rsaPSS, .rsaPSS),
        ]
        for (signing, card) in kinds {
            let player = try await TestCard.make(signing, in: ca.pki)
            let key = SubscriberKey(
                reference: 2,
                algorithm: card,
                publicKey: try player.certificate.publicKey,
                certificate: player.der
            )
            let advanced = try evidence.advancedAttributes(for: key, at: Date())
            let form = SigningForm(structure: .attached, attributes: advanced)
            let set = SignedAttributes.set(
                digest: MessageDigest.digest(Array("text".utf8), by: signing.digest),
                advanced
            )
            // The card makes the same set of the same octets.
            #expect(
                set
                    == SignedContent.signedAttributes(
                        digest: MessageDigest.digest(Array("text".utf8), by: signing.digest),
                        mid: advanced.mid,
                        extra: advanced.extra
                    )
            )
            let raw = try await player.sign(set)
            let finished = try evidence.evidence(of: .utf8(Array("text".utf8)), form: form, raw: raw, key: key)
            #expect(try await player.verify(finished, advanced: true).status == 0)
            #expect(
                try evidence.digestToSign(.utf8(Array("text".utf8)), form: form, key: key)
                    == MessageDigest.digest(set, by: signing.digest)
            )
            #expect(throws: EvidenceError.self) {
                try evidence.evidence(of: .utf8(Array("texT".utf8)), form: form, raw: raw, key: key)
            }
            let other = SubscriberKey(reference: 2, algorithm: card, publicKey: user.publicKey, certificate: player.der)
            #expect(throws: EvidenceError.self) {
                try evidence.evidence(of: .utf8(Array("text".utf8)), form: form, raw: raw, key: other)
            }
        }
    }
}
