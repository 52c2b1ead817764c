import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSP

@Suite("The sandbox")
struct SandboxTests {
    private static let prefix = "+41000092"

    private static var provider: ApplicationProvider {
        var provider = Sample.provider
        provider.isSandbox = true
        return provider
    }

    private static func number(_ meaning: FaultMeaning) -> String {
        prefix + String(meaning.specifier ?? meaning.code.rawValue)
    }

    private static func fault(_ work: () async throws(MSSFault) -> Void) async -> MSSFault? {
        do throws(MSSFault) {
            try await work()
            return nil
        } catch { return error }
    }

    private static let call = Sample.call(through: Sample.ae, from: Sample.ap, for: .seconds(60))

    @Test(
        "has a number for every fault, which each operation about a person tells",
        arguments: FaultMeaning.all.indices
    )
    func faults(_ index: Int) async throws {
        let meaning = FaultMeaning.all[index]
        let stage = try await Stage.withSigner(provider: Self.provider)
        let user = MobileUser(msisdn: Self.number(meaning))
        let profile = ProfileRequest(header: Sample.header(), mobileUser: user)
        let request = Sample.signature(msisdn: Self.number(meaning))
        let found = [
            await Self.fault { () async throws(MSSFault) in _ = try await stage.sign(request) },
            await Self.fault { () async throws(MSSFault) in
                _ = try await stage.signatures.profile(profile, Self.call)
            },
            await Self.fault { () async throws(MSSFault) in
                _ = try await stage.receipt("none", msisdn: Self.number(meaning))
            },
        ]
        for fault in found {
            #expect(fault?.code == meaning.code && fault?.specifier == meaning.specifier)
            #expect(fault?.detail == "Test number: \(meaning.meaning)")
            #expect((fault?.retryAfter != nil) == (meaning.retry == .later))
        }
        #expect(!stage.chronicle.all.contains("sent") && stage.tally["home_sandbox_requests"] == 3)
    }

    @Test(
        "tells outcomes to who asks later, and what is wrong with a request at once",
        arguments: [
            ("401", true), ("4011", true), ("2082", true), ("900", true), ("422", true), ("406", true), ("101", false),
            ("1052", false), ("109", false), ("780", false),
        ]
    )
    func later(_ number: String, _ isLater: Bool) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        let request = Sample.signature(msisdn: Self.prefix + number, mode: .asynchClientServer)
        guard isLater else {
            #expect(await Self.fault { () async throws(MSSFault) in _ = try await stage.sign(request) } != nil)
            return
        }
        let taken = try await stage.sign(request)
        #expect(taken.status == .requestOK && taken.signature == nil && taken.transactionID.utf8.count <= 32)
        #expect(TransactionID(taken.transactionID) == nil)
        let cancel = CancelRequest(header: Sample.header(), transactionID: taken.transactionID)
        let told = [
            await Self.fault { () async throws(MSSFault) in _ = try await stage.status(taken.transactionID) },
            await Self.fault { () async throws(MSSFault) in _ = try await stage.signatures.cancel(cancel, Self.call) },
        ]
        for fault in told { #expect((fault?.specifier ?? fault?.code.rawValue).map { String($0) } == number) }
        // To everybody else it is no transaction.
        let other = await Self.fault { () async throws(MSSFault) in
            _ = try await stage.status(taken.transactionID, from: Stage.otherAP, ap: Stage.otherProvider.id)
        }
        #expect(other?.code == .wrongParam && other?.detail == MSSFault.unknownTransaction.detail)
    }

    @Test("reaches nobody: a person's number, and their transaction, are unknown to it")
    func nobody() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        for number in [
            stage.card.msisdn.description, Self.prefix, Self.prefix + "999", Self.prefix + "40", "+41000092x",
        ] {
            let fault = await Self.fault { () async throws(MSSFault) in
                _ = try await stage.sign(Sample.signature(msisdn: number))
            }
            #expect(fault?.specifier == 1052 || (fault?.code == .wrongParam && number.hasSuffix("x")))
        }
        #expect(
            await MSSTestSupport.fault { () async throws(MSSFault) in
                _ = try await stage.sign(Sample.signature(msisdn: nil))
            } == "105/1051"
        )
        #expect(!stage.chronicle.all.contains("sent"))
        let id = try await stage.sign(Self.others(stage), from: Stage.otherAP).transactionID
        for text in [id, "test-sandbox-", "test-sandbox-999-0", "test-sandbox-401\u{0}", "h1-sandbox-401-0"] {
            let fault = await Self.fault { () async throws(MSSFault) in _ = try await stage.status(text) }
            #expect(fault?.detail == MSSFault.unknownTransaction.detail)
        }
    }

    private static func others(_ stage: Stage) -> SignatureRequest {
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.header.apInfo.id = Stage.otherProvider.id
        return request
    }

    @Test("is nobody's but a sandbox provider's: to others its numbers are as any that nobody has")
    func others() async throws {
        let stage = try await Stage.withSigner()
        let unknown = await Self.fault { () async throws(MSSFault) in
            _ = try await stage.sign(Sample.signature(msisdn: "+358409999999"))
        }
        for meaning in FaultMeaning.all {
            let fault = await Self.fault { () async throws(MSSFault) in
                _ = try await stage.sign(Sample.signature(msisdn: Self.number(meaning)))
            }
            #expect(fault == unknown && fault?.specifier == 1052)
        }
    }

    @Test("finds what is wrong with a request before its number speaks")
    func request() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        var request = Sample.signature("a\u{202E}", msisdn: Self.prefix + "401")
        #expect(
            await Self.fault { () async throws(MSSFault) in _ = try await stage.sign(request) }?.code
                == .inappropriateData
        )
        request = Sample.signature(msisdn: Self.prefix + "401")
        request.additionalServices = [AdditionalService(uri: AdditionalService.Name.eventID.uri)]
        #expect(await Self.fault { () async throws(MSSFault) in _ = try await stage.sign(request) }?.specifier == 1045)
    }

    @Test("has no numbers unless the home names their beginning")
    func off() {
        #expect(Sandbox().prefix == nil)
        for text in ["", "+", "41000092", "+41", "+410000920000", "+0100009", "+4100 092", "+41000092x"] {
            #expect(Sandbox.Prefix(text) == nil, "\(text)")
        }
        #expect(Sandbox.Prefix("+410") != nil && Sandbox.Prefix("+41000092000") != nil)
    }
}
