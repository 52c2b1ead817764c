import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("Time stamps and roles with a signature")
struct StampAndRoleTests {
    private static var provider: ApplicationProvider {
        var provider = Sample.provider
        provider.services = [.timestamp, .role, .batchSign]
        provider.signatures = [.cms, .pkcs1]
        return provider
    }

    private func request(_ stage: Stage, _ names: AdditionalService.Name...) -> SignatureRequest {
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.additionalServices = names.map { AdditionalService(uri: $0.uri) }
        return request
    }

    private func fault(_ stage: Stage, _ request: SignatureRequest) async -> String? {
        await MSSTestSupport.fault { () async throws(MSSFault) in _ = try await stage.sign(request) }
    }

    private static let signed: [UInt8] = [0x30] + Array("Sign this".utf8)

    @Test("a stamp is in the signature, in its evidence, and in every answer")
    func stamped() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        let request = request(stage, .timestamp)
        let response = try await stage.sign(request)
        #expect(response.signature == Self.signed + [0xA1, 0])
        #expect(response.serviceResponses.map(\.content) == [.done])
        #expect(response.serviceResponses.map(\.uri) == ["http://uri.etsi.org/TS102204/v1.1.2#timestamp"])
        #expect(stage.keeper.all.last?.octets == Self.signed + [0xA1, 0])
        let told = try await stage.status(response.transactionID)
        #expect(told.signature == response.signature && told.serviceResponses == response.serviceResponses)
        #expect(try await stage.sign(request).serviceResponses == response.serviceResponses)
        #expect(stage.stamper.count == 1 && stage.tally["home_timestamps outcome=ok"] == 1)
        // Who did not ask has none.
        #expect(try await stage.sign(self.request(stage)).signature == Self.signed)
    }

    @Test("a signature is not lost where the authority is away: the answer says 780, for good")
    func away() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        stage.stamper.setAway(true)
        let response = try await stage.sign(request(stage, .timestamp))
        #expect(response.signature == Self.signed && response.status == .signature)
        #expect(response.serviceResponses.map(\.content) == [.status(.unableToProvideServices)])
        stage.stamper.setAway(false)
        let told = try await stage.status(response.transactionID)
        #expect(told.signature == Self.signed && told.serviceResponses == response.serviceResponses)
        #expect(stage.keeper.all.last?.octets == Self.signed)
        #expect(stage.tally["home_timestamps outcome=failed"] == 1 && stage.log.unclassified.isEmpty)
    }

    @Test("several documents have a stamp each, all of them or none")
    func documents() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        var request = request(stage, .timestamp)
        let two = DocumentToBeSigned(DataToBeSigned("Two"))
        request.additionalServices.append(AdditionalService(uri: AdditionalService.Name.batchSign.uri, document: two))
        let response = try await stage.sign(request)
        guard case .batch(let signatures) = response.serviceResponses.first?.content else {
            throw MSSFault(.internalError)
        }
        #expect(signatures.map { Array($0.signature.signature.suffix(2)) } == [[0xA1, 0], [0xA1, 0]])
        #expect(response.serviceResponses.last?.content == .done && stage.stamper.count == 2)
    }

    @Test("a stamp is refused where the signature has no place for it, and where no authority is configured")
    func refused() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        var request = request(stage, .timestamp)
        request.format = SignatureKind.pkcs1.format
        #expect(await fault(stage, request) == "101/1017")
        let without = try await Stage.withSigner(provider: Self.provider, hasStamper: false)
        #expect(await fault(without, self.request(without, .timestamp)) == "101/1014")
        #expect(!stage.chronicle.all.contains("sent") && !without.chronicle.all.contains("sent"))
    }

    @Test("roles are told as they were registered; whoever has none has an empty list")
    func roles() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        let response = try await stage.sign(request(stage, .role))
        #expect(response.serviceResponses.map(\.content) == [.roles(["ra-user", "ra-admin"])])
        #expect(try await stage.status(response.transactionID).serviceResponses == response.serviceResponses)
        let other = try await Stage.withSigner(provider: Self.provider, roles: [:])
        let none = try await other.sign(request(other, .role))
        #expect(none.serviceResponses.map(\.content) == [.roles([])])
        var unnamed = request(stage, .role)
        unnamed.header.apInfo.id = Stage.otherProvider.id
        let refused = await MSSTestSupport.fault { () async throws(MSSFault) in
            _ = try await stage.sign(unnamed, from: Stage.otherAP)
        }
        #expect(refused == "104/1045")
    }
}
