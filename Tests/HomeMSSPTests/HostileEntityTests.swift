import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

/// What an acquiring entity sends that was taken over: each request is well-formed, comes with the entity's own certificate,
/// and is the home's to refuse.
@Suite("A hostile acquiring entity")
struct HostileEntityTests {
    private static let otherEntity = Stage.otherEntity
    private static let stranger = PeerIdentity(uri: "urn:mssp:test:stranger")
    private static let digest = String(repeating: "a", count: 64)
    private static let old = String(repeating: "b", count: 64)

    /// The provider that the hostile entity may speak for, with an entry that says what it may.
    private static var provider: ApplicationProvider {
        var provider = Sample.provider
        provider.allowance = ProviderAllowance(
            signatureProfiles: ["http://alauda.mobi/nonRepudiation", "http://alauda.mobi/digitalSignature"],
            modes: [.synch],
            numbers: [.prefix("35840")],
            textPrefix: "Bank: "
        )
        provider.certificates = Set(
            [
                ProviderCertificate(sha256: digest, expires: Date() + 86_400),
                ProviderCertificate(sha256: old, expires: Date() - 1),
            ].compactMap { $0 }
        )
        return provider
    }

    private static func call(
        _ origin: PeerIdentity? = Sample.ap,
        through entity: PeerIdentity = Sample.ae,
        certificate: String? = digest
    ) -> Call {
        Call(peer: entity, origin: origin, certificate: certificate, deadline: .now + .seconds(10))
    }

    private static func request(_ change: (inout SignatureRequest) -> Void = { _ in }) -> SignatureRequest {
        var request = Sample.signature("Bank: pay", msisdn: "+358401234567")
        change(&request)
        return request
    }

    /// A request that the home must refuse, and how.
    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var code: String
        var specifier: Int?
        var request: SignatureRequest
        var call: Call
        var testDescription: String { what }
    }

    private static func row(
        _ what: String,
        _ code: String,
        _ specifier: Int? = nil,
        call: Call = call(),
        _ change: (inout SignatureRequest) -> Void = { _ in }
    ) -> Row {
        Row(what: what, code: code, specifier: specifier, request: request(change), call: call)
    }

    static let rows = [
        row("another entity's provider", "104", call: call(Stage.otherAP)) {
            $0.header.apInfo.id = Stage.elsewhere.id
        },
        row("another AP_ID than its certificate's", "104") { $0.header.apInfo.id = Stage.otherProvider.id },
        row("an AP_ID that nobody has", "104") { $0.header.apInfo.id = "http://nobody.test.mssp" },
        row("no AP_ID", "104") { $0.header.apInfo.id = "" },
        row("an origin that is not the provider's", "104", call: call(stranger)),
        row("no origin", "104", call: call(nil)),
        row("itself as the origin", "104", call: call(Sample.ae)),
        row(
            "its own word through an entity that the provider is not bound to",
            "104",
            call: call(through: otherEntity)
        ),
        row("a certificate that is not registered", "104", call: call(certificate: String(repeating: "c", count: 64))),
        row("no certificate", "104", call: call(certificate: nil)),
        row("a registered certificate that has expired", "104", call: call(certificate: old)),
        row("a number out of the provider's ranges", "104") { $0.mobileUser.msisdn = "+358501234567" },
        row("a profile that the entry does not name", "104", 1044) {
            $0.signatureProfile = "http://mid.swisscom.ch/MID/v1/AuthProfile1"
        },
        row("a service that the entry does not name", "104", 1045) {
            $0.additionalServices = [AdditionalService(uri: AdditionalService.Name.eventID.uri)]
        },
        row("a mode that the entry does not name", "101", 1013) { $0.messagingMode = .asynchClientServer },
        row("a format that the entry does not name", "101", 1017) { $0.format = SignatureKind.ades.format },
        row("a digest", "104") { $0.dataToBeSigned.mimeType = "application/x-sha256" },
        row("another text to show", "101", 1015) { $0.dataToBeDisplayed = DataToBeSigned("Bank: harmless") },
        row("a text without the provider's prefix", "107") { $0.dataToBeSigned.content = "Pay" },
    ]

    private func stage() async throws -> Stage {
        try await Stage.withSigner(provider: Self.provider)
    }

    private func fault(_ work: () async throws(MSSFault) -> Void) async -> MSSFault? {
        do throws(MSSFault) {
            try await work()
            return nil
        } catch { return error }
    }

    @Test("is refused at the home, and nobody's phone is asked", arguments: rows)
    func refused(row: Row) async throws {
        let stage = try await stage()
        let refusal = await fault { () async throws(MSSFault) in
            _ = try await stage.signatures.signature(row.request, row.call)
        }
        #expect(refusal.map { String($0.code.rawValue) } == row.code && refusal?.specifier == row.specifier)
        #expect(refusal?.detail?.contains("358") != true)
        #expect(!stage.chronicle.all.contains("sent"))
    }

    @Test("may send on what the provider may ask for")
    func good() async throws {
        let stage = try await stage()
        let response = try await stage.signatures.signature(Self.request(), Self.call())
        #expect(response.status == .signature)
    }

    @Test("may not ask for a profile by leaving it out")
    func defaultProfile() async throws {
        var provider = Self.provider
        provider.allowance.signatureProfiles = ["http://alauda.mobi/nonRepudiation"]
        let stage = try await Stage.withSigner(provider: provider)
        let refusal = await fault { () async throws(MSSFault) in
            _ = try await stage.signatures.signature(Self.request(), Self.call())
        }
        #expect(refusal?.specifier == 1044)
    }

    @Test("learns nothing of somebody else's transaction, cannot end it, and is told of one that never was")
    func transactions() async throws {
        let stage = try await stage()
        let id = try await stage.signatures.signature(Self.request(), Self.call()).transactionID
        let mine = StatusRequest(header: Sample.header(), transactionID: id)
        #expect(try await stage.signatures.status(mine, Self.call()).status == .signature)
        var asOther = mine
        asOther.header.apInfo.id = Stage.otherProvider.id
        let unknown = StatusRequest(header: Sample.header(), transactionID: Sample.homePrefix.description + "00")
        let never = await fault { () async throws(MSSFault) in
            _ = try await stage.signatures.status(unknown, Self.call())
        }
        let others = Self.call(Stage.otherAP)
        for (request, call) in [(asOther, others), (mine, others), (mine, Self.call(through: Self.otherEntity))] {
            let refusal = await fault { () async throws(MSSFault) in
                _ = try await stage.signatures.status(request, call)
            }
            #expect(refusal?.code == .unauthorizedAccess || refusal?.detail == never?.detail)
            let cancel = CancelRequest(header: request.header, transactionID: id)
            let kept = await fault { () async throws(MSSFault) in _ = try await stage.signatures.cancel(cancel, call) }
            #expect(kept != nil && kept?.detail?.contains(id) != true)
        }
        #expect(never?.code == .wrongParam)
    }

    @Test("does not find out whom the platform knows, out of the provider's ranges")
    func profiles() async throws {
        let stage = try await stage()
        for number in ["+358501234567", "+46701234567"] {
            let request = ProfileRequest(header: Sample.header(), mobileUser: MobileUser(msisdn: number))
            let refusal = await fault { () async throws(MSSFault) in
                _ = try await stage.signatures.profile(request, Self.call())
            }
            #expect(refusal?.code == .unauthorizedAccess)
        }
    }

    @Test("gets no more through than the provider's entry allows, whatever it let pass")
    func rate() async throws {
        var provider = Self.provider
        provider.limits = RequestLimits(perSecond: 3)
        let stage = try await Stage.withSigner(provider: provider)
        let fit = FitRequest(header: Sample.header(), text: "Bank: x")
        var faults: [MSSFault] = []
        for _ in 0..<10 {
            do throws(MSSFault) { _ = try await stage.signatures.fit(fit, Self.call()) } catch { faults.append(error) }
        }
        #expect((5...7).contains(faults.count))
        #expect(faults.allSatisfy { $0.specifier == 7801 && $0.retryAfter == 1 && $0.meaning.retry == .later })
    }
}
