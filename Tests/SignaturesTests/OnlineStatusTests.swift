import Foundation
import MSSTestSupport
import Synchronization
import Testing

@testable import HomeMSSPService
@testable import Signatures

/// With `openssl ocsp` as the responder, over HTTP.
@Suite("What an OCSP responder answers")
struct OnlineStatusTests {
    private let ca: UserCA
    private let user: User
    private let fetches = Fetches()

    init() async throws {
        (ca, user) = try await UserCA.withUser()
    }

    /// Runs with a responder and an authority that asks it.
    private func with(
        signer: String = "ca",
        times: [String] = ["-nmin", "10"],
        nonce: Bool = false,
        _ body: (UserAuthority) async throws -> Void
    ) async throws {
        let responder = try await Responder(ca.pki, signer: signer, times: times)
        defer { responder.stop() }
        try await body(try ca.authority(fetches.sources(responders: [responder.url], nonce: nonce)))
        await fetches.fetcher.close()
    }

    /// Looks a certificate up, which nobody waits for, and again when the answer has come.
    private func validity(_ authority: UserAuthority, _ user: User) async -> UserAuthority.Validity {
        #expect(authority.validity(of: user.der) == .noFreshProof)
        await authority.refresh()
        return authority.validity(of: user.der)
    }

    @Test("is valid for a good certificate, with a nonce, until its nextUpdate and no longer")
    func good() async throws {
        try await with(nonce: true) { authority in
            #expect(await validity(authority, user) == .valid)
            #expect(authority.validity(of: user.der, at: Date() + 590) == .valid)
            #expect(authority.validity(of: user.der, at: Date() + 610) == .staleProof)
            #expect(authority.proofs(of: user.der).count == 1)
        }
    }

    @Test("is renewed ahead of its end, and revoked is revoked then")
    func renewed() async throws {
        try await with { authority in
            #expect(await validity(authority, user) == .valid)
            try await ca.revoke("user")
        }
        try await with { authority in
            #expect(await validity(authority, user) == .revoked)
        }
        let hold = try await ca.user("hold")
        try await ca.revoke("hold", reason: "certificateHold")
        try await with { authority in
            #expect(await validity(authority, hold) == .suspended)
        }
    }

    @Test("is asked for again when four fifths of its time are over, if somebody has looked")
    func schedule() async throws {
        let asked = Mutex(0)
        let responder = try await Responder(ca.pki)
        defer { responder.stop() }
        var sources = fetches.sources(responders: [responder.url])
        let fetch = sources.fetch
        sources.fetch = { request in
            asked.withLock { $0 += 1 }
            return try await fetch(request)
        }
        let authority = try ca.authority(sources)
        #expect(await validity(authority, user) == .valid)
        let now = Date()
        await authority.refresh(at: now + 400)
        #expect(asked.withLock { $0 } == 1)
        await authority.refresh(at: now + 490)
        #expect(asked.withLock { $0 } == 2)
        // Nobody has looked since: it is let go.
        await authority.refresh(at: now + 1_000)
        #expect(asked.withLock { $0 } == 2)
        await fetches.fetcher.close()
    }

    @Test("is not good when it is unknown, late, without signature of the issuer or of one it has charged")
    func refused() async throws {
        let unknown = try await ca.user("unknown")
        try await with { authority in #expect(await validity(authority, unknown) == .noFreshProof) }
        for (purposes, expected) in [("OCSPSigning", UserAuthority.Validity.valid), ("clientAuth", .noFreshProof)] {
            try await ca.pki.certificate("responder-\(purposes)", by: "ca", purposes: purposes)
            try await with(signer: "responder-\(purposes)") { authority in
                #expect(await validity(authority, user) == expected, "\(purposes)")
            }
        }
        // Charged by another CA, or another CA itself.
        try await ca.pki.certificate("foreign", by: "stranger", purposes: "OCSPSigning")
        for signer in ["foreign", "stranger"] {
            try await with(signer: signer) { authority in
                #expect(await validity(authority, user) == .noFreshProof, "\(signer)")
            }
        }
        let nobody = try ca.authority(fetches.sources(responders: ["http://127.0.0.1:1"]))
        #expect(await validity(nobody, user) == .noFreshProof)
        await fetches.fetcher.close()
    }

    @Test("without nextUpdate serves the moment only")
    func noNextUpdate() async throws {
        try await with(times: []) { authority in
            #expect(await validity(authority, user) == .valid)
            #expect(authority.validity(of: user.der, at: Date() + 50) == .valid)
            #expect(authority.validity(of: user.der, at: Date() + 70) == .staleProof)
        }
    }

    @Test("to another question, or changed in any bit, tells nothing else than it told")
    func changed() async throws {
        let responder = try await Responder(ca.pki)
        defer { responder.stop() }
        let root = try await ca.read("ca")
        let issuer = try #require(ParsedCertificate(der: root.der))
        let leaf = try #require(ParsedCertificate(der: user.der))
        let subject = StatusSubject(
            identity: [],
            serialNumber: leaf.serialNumber,
            issuer: issuer,
            responder: responder.url
        )
        let question = try #require(StatusQuestion(subject))
        let fetched = try? await fetches.fetcher.fetch(fetches.sources().status(responder.url, question))
        await fetches.close()
        let octets = try #require(fetched)
        let store = try #require(issuer.use { TrustStore($0) })
        func answer(_ question: StatusQuestion, _ octets: [UInt8], at date: Date = Date()) -> StatusAnswer? {
            question.answer(octets, store: store.pointer, nonce: .required, isRevoked: { _ in false }, at: date)
        }
        let told = try #require(answer(question, octets))
        #expect(told.verdict == .good)
        // A recorded answer does not fit a new question's nonce.
        let another = try #require(StatusQuestion(subject))
        #expect(answer(another, octets) == nil)
        for index in stride(from: 0, to: octets.count, by: 2) {
            var flipped = octets
            flipped[index] ^= 1 << UInt8(index % 8)
            guard let other = answer(question, flipped) else { continue }
            #expect(other.verdict == told.verdict && other.until == told.until, "octet \(index)")
        }
        for cut in stride(from: 0, to: octets.count, by: 5) { #expect(answer(question, Array(octets[..<cut])) == nil) }
        #expect(answer(question, octets, at: told.until + 1) == nil)
    }
}
