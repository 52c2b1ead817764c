import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("Additional services of a request")
struct AdditionalServiceTests {
    private static var provider: ApplicationProvider {
        var provider = Sample.provider
        provider.services = Set(AdditionalService.Name.allCases)
        provider.showsOtherwise = true
        return provider
    }

    private func request(
        _ stage: Stage,
        _ services: (AdditionalService.Name, String?)...
    ) -> SignatureRequest {
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.additionalServices = services.map { AdditionalService(uri: $0.uri, value: $1) }
        return request
    }

    private func fault(_ stage: Stage, _ request: SignatureRequest) async -> String? {
        await MSSTestSupport.fault { () async throws(MSSFault) in _ = try await stage.sign(request) }
    }

    @Test("show the event and the provider's other name below its registered one")
    func heading() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        _ = try await stage.sign(request(stage, (.eventID, "A1b2"), (.displayName, "Nordic branch")))
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(command.head?.text == "Test Bank\nNordic branch\nA1b2")
        #expect(command.text.text == "Sign this")
    }

    @Test("speak the request's language where the platform speaks")
    func language() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        var request = request(stage, (.userLang, "DE"))
        request.dataToBeDisplayed = DataToBeSigned("Vertrag 7")
        _ = try await stage.sign(request)
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(command.text.text?.hasPrefix("Vertrag 7\nSie unterschreiben nicht den Text oben") == true)
    }

    @Test(
        "are refused for what they are",
        arguments: [
            (.eventID, nil, "102"), (.eventID, "", "102"), (.eventID, "abc", "103"), (.eventID, "abcdefghi", "103"),
            (.eventID, "A-12", "101"), (.eventID, "Äiti", "101"), (.displayName, nil, "102"),
            (.displayName, "A", "103"), (.displayName, String(repeating: "a", count: 65), "103"),
            (.displayName, "Two\nlines", "107"), (.displayName, "Bank\u{202E}", "107"), (.userLang, nil, "102"),
            (.userLang, "german", "101"), (.userLang, "1x", "101"),
        ] as [(AdditionalService.Name, String?, String)]
    )
    func refused(_ name: AdditionalService.Name, _ value: String?, _ code: String) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        #expect(await fault(stage, request(stage, (name, value))) == code)
        #expect(!stage.chronicle.all.contains("sent"))
    }

    @Test("are asked for once each")
    func twice() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        #expect(await fault(stage, request(stage, (.eventID, "A1b2"), (.eventID, "A1b3"))) == "101")
    }

    @Test("are off until the provider's entry names them; what only informs is passed over then")
    func entitlement() async throws {
        let stage = try await Stage.withSigner()
        for name in [AdditionalService.Name.eventID, .noSpam, .displayName, .signingCertificate] {
            #expect(await fault(stage, request(stage, (name, "Abcd"))) == "104/1045")
        }
        let passed = try await stage.sign(request(stage, (.userLang, "not a language"), (.subscriberInfo, nil)))
        #expect(passed.serviceResponses.isEmpty)
        var validated = request(stage, (.validate, nil))
        validated.additionalServices.append(AdditionalService(uri: "http://mss.ficom.fi/TS102204/v1.0.0#validate"))
        let isValidated = validated.additionalServices.allSatisfy { $0.name == .validate }
        #expect(isValidated && validated.asksForValidation)
        #expect(await fault(stage, validated) == nil)
        for name in ["http://mid.swisscom.ch/as#geofencing", "http://mid.swisscom.ch/as#app2app"] {
            var other = request(stage)
            other.additionalServices = [AdditionalService(uri: name)]
            #expect(await fault(stage, other) == "101/1014")
        }
    }

    @Test("tell certificate and network with the signature, at once and later")
    func answers() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        var request = request(stage, (.signingCertificate, nil), (.subscriberInfo, nil))
        let expected: [ServiceResponse.Content] = [
            .signingCertificate([[2]]), .subscriberInfo([SubscriberDetail(id: "1901", value: "24491")]),
        ]
        let signed = try await stage.sign(request)
        #expect(signed.serviceResponses.map(\.content) == expected)
        #expect(try await stage.sign(request).serviceResponses == signed.serviceResponses)
        #expect(try await stage.status(signed.transactionID).serviceResponses == signed.serviceResponses)
        request = self.request(stage, (.signingCertificate, nil))
        request.messagingMode = .asynchClientServer
        let accepted = try await stage.sign(request)
        #expect(accepted.serviceResponses.isEmpty)
        let end = try await stage.status(accepted.transactionID)
        #expect(end.serviceResponses.map(\.content) == [expected[0]])
        #expect(try await stage.sign(self.request(stage)).serviceResponses.isEmpty)
    }

    @Test("ask for the person's code where they have one, and compare it")
    func noSpam() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        // Who has none is asked whatever is written.
        #expect(await fault(stage, request(stage, (.noSpam, "What1"))) == nil)
        _ = try await stage.register(.setNoSpamCode(stage.card.msisdn, NoSpamCode("Kissa7")))
        #expect(await fault(stage, request(stage)) == "101/1012")
        #expect(await fault(stage, request(stage, (.noSpam, nil))) == "101/1012")
        #expect(await fault(stage, request(stage, (.noSpam, "Koira7"))) == "101/1011")
        #expect(await fault(stage, request(stage, (.noSpam, "kissa7"))) == nil)
        #expect(stage.tally["home_no_spam_codes_wrong"] == 1)
        // A provider that knows its user already says so.
        var known = request(stage, (.noSpam, ""))
        known.additionalServices[0].isVerified = false
        #expect(await fault(stage, known) == nil)
        // Whose entry has not the service is not asked for the code.
        var other = request(stage)
        other.header.apInfo.id = Stage.otherProvider.id
        _ = try await stage.sign(other, from: Stage.otherAP)
        _ = try await stage.register(.setNoSpamCode(stage.card.msisdn, nil))
        #expect(await fault(stage, request(stage)) == nil)
        #expect(!stage.log.shown.contains { $0.lowercased().contains("kissa7") })
    }

    @Test("let the person's code end a pause, and compare no sixth wrong one within an hour")
    func guesses() async throws {
        let stage = try await Stage.withSigner(.answers(.notMe), provider: Self.provider)
        #expect(await fault(stage, request(stage)) == "401/4014")
        #expect(await fault(stage, request(stage)) == "406/4062")
        _ = try await stage.register(.setNoSpamCode(stage.card.msisdn, NoSpamCode("Kissa7")))
        stage.setPhone(.isSilent)
        let cancelled = request(stage, (.noSpam, "Kissa7"))
        await #expect(throws: MSSFault.self) { try await stage.sign(cancelled, timeRunsOut: true) }
        stage.setPhone(.signs)
        for _ in 0..<5 { #expect(await fault(stage, request(stage, (.noSpam, "Koira7"))) == "101/1011") }
        for code in ["Koira8", "Kissa7"] {
            #expect(await fault(stage, request(stage, (.noSpam, code))) == "406/4064")
        }
        stage.home.age(prompts: 3_601)
        #expect(await fault(stage, request(stage, (.noSpam, "Kissa7"))) == nil)
    }
}
