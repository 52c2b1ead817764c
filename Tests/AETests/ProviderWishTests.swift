import AE
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

/// What an entry asks for beyond the plain answers.
@Suite("What a provider wishes of the acquiring entity")
struct ProviderWishTests {
    private func entity(_ provider: ApplicationProvider) async throws -> (AcquiringEntity, RecordingHome) {
        let home = try RecordingHome([provider])
        let (entity, cache) = try home.entity()
        await cache.pull()
        return (entity, home)
    }

    @Test(
        "is the trace id in answers about a signature, and nothing there unless it wants it",
        arguments: [true, false]
    )
    func trace(_ wanted: Bool) async throws {
        var provider = Sample.provider
        provider.wantsTrace = wanted
        let (entity, _) = try await entity(provider)
        let call = Sample.call(Sample.ap)
        let expected =
            wanted
            ? [
                ServiceResponse(
                    uri: "urn:mssp:service:1#trace",
                    entity: MeshMember(uri: Sample.ae.uri),
                    .trace(call.trace)
                )
            ]
            : []
        #expect(try await entity.signature(Sample.signature(), call).serviceResponses == expected)
        #expect(try await entity.status(Sample.status("h1"), call).serviceResponses == expected)
    }

    @Test("is a second level of faults once every provider of a certificate wants it")
    func specifiers() async throws {
        var two = Sample.provider
        two.wantsSpecifiers = true
        two.id = "http://ap.test.mssp/two"
        for (providers, wanted) in [
            ([two], true), ([Sample.provider], false), ([two, Sample.provider], false), ([], nil),
        ] as [([ApplicationProvider], Bool?)] {
            let (_, cache) = try RecordingHome(providers).entity()
            #expect(cache.wantsSpecifiers(Sample.ap) == false)
            await cache.pull()
            #expect(cache.wantsSpecifiers(Sample.ap) == wanted)
            #expect(ProviderCaches([cache]).wantsSpecifiers(Sample.ap) == (wanted ?? false))
        }
    }

    @Test("is kept by its rules already here: nothing of what they refuse goes to the home")
    func rules() async throws {
        var provider = Sample.provider
        provider.rules = .swisscom
        provider.services = [.userLang]
        provider.allowance.textPrefix = "Bank: "
        let (entity, home) = try await entity(provider)
        func code(_ text: String, _ services: [AdditionalService.Name]) async -> String? {
            var request = Sample.signature(text)
            request.additionalServices = services.map { AdditionalService(uri: $0.uri, value: "de") }
            let asked = request
            return await fault { () async throws(MSSFault) in
                _ = try await entity.signature(asked, Sample.call(Sample.ap))
            }
        }
        #expect(await code("Pay", [.userLang]) == "107")
        #expect(await code("Bank: pay", []) == "102")
        #expect(await code("Bank: " + String(repeating: "a", count: 234), [.userLang]) == "103")
        let receipt = ReceiptRequest(
            header: Sample.header(),
            mobileUser: MobileUser(msisdn: "+358401234567"),
            transactionID: "h1",
            message: DataToBeSigned("Paid")
        )
        #expect(
            await fault { () async throws(MSSFault) in
                _ = try await entity.receipt(receipt, Sample.call(Sample.ap))
            } == "107"
        )
        let fit = FitRequest(header: Sample.header(), text: "Pay")
        #expect(
            await fault { () async throws(MSSFault) in _ = try await entity.fit(fit, Sample.call(Sample.ap)) } == "107"
        )
        #expect(home.calls.withLock { $0.isEmpty })
        #expect(await code("Bank: pay", [.userLang]) == nil)
    }

    @Test("is kept by FiCom's rules in every message's version, before it goes to the home")
    func versions() async throws {
        var provider = Sample.provider
        provider.rules = .ficom
        provider.services = Set(provider.rules.requiredServices)
        provider.readsProfiles = true
        let (entity, home) = try await entity(provider)
        var header = Sample.header()
        let call = Sample.call(Sample.ap)
        let user = MobileUser(msisdn: "+358401234567")
        var signature = Sample.signature()
        var messages: [() async throws(MSSFault) -> Void] {
            [
                { () async throws(MSSFault) in _ = try await entity.signature(signature, call) },
                { () async throws(MSSFault) in
                    _ = try await entity.status(StatusRequest(header: header, transactionID: "h1"), call)
                },
                { () async throws(MSSFault) in
                    let receipt = ReceiptRequest(header: header, mobileUser: user, transactionID: "h1")
                    _ = try await entity.receipt(receipt, call)
                },
                { () async throws(MSSFault) in
                    _ = try await entity.profile(ProfileRequest(header: header, mobileUser: user), call)
                },
                { () async throws(MSSFault) in
                    _ = try await entity.cancel(CancelRequest(header: header, transactionID: "h1"), call)
                },
                { () async throws(MSSFault) in _ = try await entity.fit(FitRequest(header: header, text: "x"), call) },
                { () async throws(MSSFault) in
                    _ = try await entity.handshake(HandshakeRequest(header: header), call)
                },
                { () async throws(MSSFault) in
                    _ = try await entity.certificate(CertificateRequest(header: header, mobileUser: user), call)
                },
            ]
        }
        header.minorVersion = 2
        signature.header = header
        for message in messages { #expect(await fault(message) == "108") }
        #expect(home.calls.withLock { $0.isEmpty })
        header.minorVersion = 1
        signature.header = header
        for message in messages { #expect(await fault(message) != "108") }
        #expect(home.calls.withLock { !$0.isEmpty })
    }
}
