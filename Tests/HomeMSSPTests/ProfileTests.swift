import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("A profile query at the home")
struct ProfileTests {
    private static func ask(
        _ stage: Stage,
        _ parameters: Set<ProfileRequest.Parameter> = [],
        msisdn: String? = nil
    ) async throws(MSSFault) -> ProfileResponse {
        let request = ProfileRequest(
            header: Sample.header(),
            mobileUser: MobileUser(msisdn: msisdn ?? stage.card.msisdn.description),
            parameters: parameters
        )
        return try await stage.signatures.profile(request, Sample.call(through: Sample.ae, from: Sample.ap))
    }

    private static func entitled() -> ApplicationProvider {
        var provider = Sample.provider
        provider.readsProfiles = true
        return provider
    }

    @Test("tells a provider what an active user's keys serve, and no more")
    func plain() async throws {
        let stage = try await Stage.withSigner()
        let answer = try await Self.ask(stage)
        #expect(answer.signatureProfiles.contains("http://alauda.mobi/digitalSignature"))
        #expect(!answer.signatureProfiles.contains("http://alauda.mobi/nonRepudiation"))
        #expect(answer.sim == ProfileResponse.SIM(state: .active))
    }

    @Test("without the entitlement unknown, inactive and blocked users look alike")
    func alike() async throws {
        let stage = try await Stage.withSigner()
        let unknown = await fault { () async throws(MSSFault) in
            _ = try await Self.ask(stage, msisdn: "+358409999999")
        }
        #expect(unknown == "105/1052")
        let inactive = try await Stage.withSigner()
        _ = try await inactive.register(.deactivateMobileUser(inactive.card.msisdn))
        let blocked = try await Stage.withSigner(.answers(.pinBlocked))
        #expect(await fault { () async throws(MSSFault) in _ = try await blocked.sign() } == "402/4021")
        let revoked = try await Stage.withSigner()
        revoked.evidence.refuse(with: MSSFault(.errorCertificate))
        for stage in [inactive, blocked, revoked] {
            #expect(await fault { () async throws(MSSFault) in _ = try await Self.ask(stage) } == "105/1052")
        }
    }

    @Test("tells an entitled provider why somebody cannot sign")
    func entitledReasons() async throws {
        let inactive = try await Stage.withSigner(provider: Self.entitled())
        _ = try await inactive.register(.deactivateMobileUser(inactive.card.msisdn))
        #expect(await fault { () async throws(MSSFault) in _ = try await Self.ask(inactive) } == "403")
        let created = Stage(provider: Self.entitled())
        try await created.home.insertCard(created.card, imsi: Sample.imsi(1), by: Sample.act())
        try await created.home.insertUser(Sample.person(created.card), serialNumber: "MSSP1", by: Sample.act())
        #expect(await fault { () async throws(MSSFault) in _ = try await Self.ask(created) } == "404/4041")
    }

    @Test("tells an entitled provider what the card last said of its PIN, and the certificates")
    func entitledPIN() async throws {
        let stage = try await Stage.withSigner(.answers(.pinBlocked), provider: Self.entitled())
        let before = try await Self.ask(stage)
        #expect(before.sim.pin == ProfileResponse.PINStatus(isBlocked: false))
        #expect(before.sim.certificates.map(\.der) == [[2]] && before.sim.certificates[0].state == .active)
        #expect(before.sim.certificates[0].algorithm == "P-256")
        _ = await fault { () async throws(MSSFault) in _ = try await stage.sign() }
        let blocked = try #require(try await Self.ask(stage).sim.pin)
        #expect(blocked.isBlocked && blocked.told != nil)
        // Who signs has a PIN that is not blocked any more.
        stage.channel.whenSent { [unowned stage] _ async throws(SIMChannelError) in
            await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: 101)
        }
        _ = try await stage.sign()
        #expect(try await Self.ask(stage).sim.pin == ProfileResponse.PINStatus(isBlocked: false))
        let some = try await Self.ask(stage, [.state])
        #expect(some.sim == ProfileResponse.SIM(state: .active))
    }

    @Test("judges each certificate once, and tells those above it")
    func certificates() async throws {
        let judge = CountingEvidence()
        let stage = try await Stage.withSigner(judge: judge, provider: Self.entitled())
        let answer = try await Self.ask(stage)
        #expect(judge.judged.withLock { $0 } == 1)
        #expect(answer.sim.certificates.map(\.issuers) == [[CountingEvidence.issuer]])
    }

    @Test("needs a number, and a provider of this acquiring entity")
    func refusals() async throws {
        let stage = try await Stage.withSigner()
        #expect(await fault { () async throws(MSSFault) in _ = try await Self.ask(stage, msisdn: "") } == "105/1051")
        #expect(await fault { () async throws(MSSFault) in _ = try await Self.ask(stage, msisdn: "12") } == "101")
        let request = ProfileRequest(header: Sample.header(), mobileUser: MobileUser(msisdn: "+358401234567"))
        let foreign = Sample.call(through: Sample.ae, from: Stage.otherAP)
        #expect(
            await fault { () async throws(MSSFault) in _ = try await stage.signatures.profile(request, foreign) }
                == "104"
        )
    }
}

/// Counts how often a certificate is judged.
private final class CountingEvidence: SignatureEvidence {
    static let issuer = ProfileResponse.NamedCertificate(der: [9], subject: "CN=Users")
    let judged = Mutex(0)

    func signedData(content: [UInt8], raw: [UInt8], key: SubscriberKey) throws(EvidenceError) -> [UInt8] { [] }

    func refusal(of certificate: [UInt8]) -> MSSFault? {
        judged.withLock { $0 += 1 }
        return nil
    }

    func issuers(of certificate: [UInt8]) -> [ProfileResponse.NamedCertificate] { [Self.issuer] }

    func verdict(on certificate: [UInt8]) -> SignatureVerdict { SignatureVerdict(.signature) }

    func provenKey(
        _ point: [UInt8],
        algorithm: SignatureAlgorithm,
        message: [UInt8],
        proof: [UInt8]
    ) throws(EvidenceError) -> [UInt8] { [] }

    func check(certificate: [UInt8], key: [UInt8], subject: CertificateSubject) throws(EvidenceError) {}
}
