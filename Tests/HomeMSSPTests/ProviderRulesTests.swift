import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("A provider's rules at the home")
struct ProviderRulesTests {
    private static func provider(_ rules: ProviderRules, _ kinds: [SignatureKind] = [.cms]) -> ApplicationProvider {
        var provider = Sample.provider
        provider.rules = rules
        provider.services = Set(rules.requiredServices)
        provider.signatures = kinds
        return provider
    }

    private static func request(_ stage: Stage, _ rules: ProviderRules, _ text: String) -> SignatureRequest {
        var request = Sample.signature(text, msisdn: stage.card.msisdn.description)
        let values: [AdditionalService.Name: String] = [.eventID: "A1B2", .noSpam: "", .userLang: "de"]
        request.additionalServices = rules.requiredServices.map { AdditionalService(uri: $0.uri, value: values[$0]) }
        return request
    }

    private static func fault(_ stage: Stage, _ request: SignatureRequest) async -> MSSFault? {
        do throws(MSSFault) {
            _ = try await stage.sign(request)
            return nil
        } catch { return error }
    }

    private static func command(_ stage: Stage) throws -> SignCommand {
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        return command
    }

    @Test("of FiCom have the GSM octets signed that the card shows, in every form", arguments: SignatureKind.allCases)
    func gsm(_ kind: SignatureKind) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(.ficom, [.cms, kind]))
        var request = Self.request(stage, .ficom, "@ä€ñ_\n{Δ}")
        request.format = kind.format
        let answer = try await stage.sign(request)
        // 3GPP TS 23.038 §6.2.1: an escape before € and the braces.
        let octets: [UInt8] = [
            0x00, 0x7B, 0x1B, 0x65, 0x7D, 0x11, 0x0A, 0x1B, 0x28, 0x10, 0x1B, 0x29,
        ]
        let command = try Self.command(stage)
        let isBare = [SignatureKind.cms0, .cms0Detached, .pkcs1, .fiPKCS1].contains(kind)
        #expect(command.form == (isBare ? [] : [.signedAttributes]))
        #expect(command.text.encoding == .gsm8Bit && command.text.octets == octets && command.digests.isEmpty)
        let added = kind.isAdvanced ? FakeEvidence.advancedMiddle : []
        switch kind.structure {
        case .attached: #expect(answer.signature == [0x30] + octets + added)
        case .detached: #expect(answer.signature == [0x30] + added)
        case .pkcs1: #expect(answer.signature == FakeEvidence.rightSignature)
        }
        #expect(try await stage.status(answer.transactionID).signature == answer.signature)
    }

    @Test("of the others have the UTF-8 signed as it was sent", arguments: [ProviderRules.etsi, .swisscom])
    func utf8(_ rules: ProviderRules) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(rules))
        let answer = try await stage.sign(Self.request(stage, rules, "@ä€ñ_ Подпись"))
        #expect(answer.signature == [0x30] + Array("@ä€ñ_ Подпись".utf8))
        #expect(try Self.command(stage).form == [.signedAttributes, .utf8])
    }

    @Test("of FiCom refuse what the GSM alphabet has not, by its place")
    func outside() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(.ficom))
        for (text, what) in [
            ("Pay Ж", "U+0416, character 5."), ("ç", "U+00E7, character 1."), ("a\u{0C}", "U+000C, character 2."),
        ] {
            let refused = await Self.fault(stage, Self.request(stage, .ficom, text))
            #expect(refused?.code == .inappropriateData && refused?.detail?.hasSuffix(what) == true)
            #expect(refused?.detail?.contains("GSM alphabet") == true)
        }
        #expect(!stage.chronicle.all.contains("sent"))
    }

    /// The GSM octets of "1@" are 31 00: an empty SET OF Attribute (eprint 2023/1801).
    @Test("of FiCom never have octets signed that pass as attributes, in any form", arguments: SignatureKind.allCases)
    func confusion(_ kind: SignatureKind) async throws {
        for (rules, code) in [(ProviderRules.ficom, MSSFault.Code.inappropriateData), (.etsi, nil)] {
            let stage = try await Stage.withSigner(provider: Self.provider(rules, [.cms, kind]))
            var request = Self.request(stage, rules, "1@")
            request.format = kind.format
            #expect(await Self.fault(stage, request)?.code == code)
            #expect(stage.chronicle.all.contains("sent") == (code == nil))
        }
    }

    @Test(
        "say how many characters they allow and how many were sent",
        arguments: [
            (.ficom, String(repeating: "a", count: 160), nil), (.ficom, String(repeating: "€", count: 80), nil),
            (.ficom, String(repeating: "a", count: 161), "161 characters, and the rules ficom allow 160."),
            (.ficom, String(repeating: "€", count: 81), "162 characters is 2 characters too long"),
            (.ficom, String(repeating: "€", count: 81), "the rules ficom allow 160."),
            (.swisscom, String(repeating: "a", count: 239), nil), (.swisscom, String(repeating: "Ж", count: 119), nil),
            (.swisscom, String(repeating: "Ж", count: 120), "120 characters is 1 characters too long: in UCS-2"),
            (.swisscom, String(repeating: "Ж", count: 120), "the rules swisscom allow 119."),
        ] as [(ProviderRules, String, String?)]
    )
    func length(_ rules: ProviderRules, _ text: String, _ said: String?) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(rules))
        let refused = await Self.fault(stage, Self.request(stage, rules, text))
        #expect(refused?.code == (said == nil ? nil : .wrongDataLength))
        #expect(refused?.detail?.contains(said ?? "") ?? (said == nil), "\(refused?.detail ?? "")")
    }

    @Test(
        "are what the fit answers by: what fits is taken, what does not is refused",
        arguments: ProviderRules.allCases
    )
    func fit(_ rules: ProviderRules) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(rules))
        func fit(_ text: String) async throws -> FitResponse.Fit {
            let request = FitRequest(header: Sample.header(), text: text)
            return try await stage.signatures.fit(request, Sample.call(through: Sample.ae, from: Sample.ap)).fit
        }
        for character in ["a", "€", "Ж"] {
            let empty = try await fit(character)
            guard empty.fits else {
                #expect(rules == .ficom && character == "Ж" && empty.offender?.codePoints == "U+0416")
                continue
            }
            let size = character == "€" ? 2 : 1
            let most = (empty.charactersLeft + size) / size
            if let limit = rules.mostCharacters { #expect(most * size <= limit.gsm) }
            for count in [most, most + 1] {
                let text = String(repeating: character, count: count)
                let told = try await fit(text)
                #expect(told.fits == (count == most) && (told.charactersLeft >= 0) == told.fits)
                let refused = await Self.fault(stage, Self.request(stage, rules, text))
                #expect(refused?.code == (told.fits ? nil : .wrongDataLength))
            }
        }
    }

    @Test("bound receipts too")
    func receipts() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(.ficom))
        let id = try await stage.sign(Self.request(stage, .ficom, "Pay")).transactionID
        stage.setPhone(.answers(.ok))
        for (text, expected) in [
            ("Ж", "107"), (String(repeating: "a", count: 161), "103"), (String(repeating: "a", count: 160), nil),
        ] as [(String, String?)] {
            let found = await MSSTestSupport.fault { () async throws(MSSFault) in
                _ = try await stage.receipt(id, text)
            }
            #expect(found == expected)
        }
    }

    @Test("are the home's to keep, whatever an acquiring entity let pass")
    func again() async throws {
        var swisscom = Self.provider(.swisscom)
        swisscom.allowance.textPrefix = "Bank: "
        for (provider, text, services, expected) in [
            (Self.provider(.ficom), "Pay", [.eventID], "102"), (Self.provider(.ficom), "Pay", [.noSpam], "102"),
            (swisscom, "Bank: pay", [], "102"), (swisscom, "Pay", [.userLang], "107"),
            (swisscom, "Bank: pay", [.userLang], "102"),
        ] as [(ApplicationProvider, String, [AdditionalService.Name], String)] {
            let stage = try await Stage.withSigner(provider: provider)
            var request = Sample.signature(text, msisdn: stage.card.msisdn.description)
            request.additionalServices = services.map { AdditionalService(uri: $0.uri) }
            let refused = await Self.fault(stage, request)
            #expect(refused.map { String($0.code.rawValue) } == expected)
            #expect(!stage.chronicle.all.contains("sent"))
        }
        var shown = Self.request(try await Stage.withSigner(), .ficom, "Pay")
        shown.dataToBeDisplayed = shown.dataToBeSigned
        let stage = try await Stage.withSigner(provider: Self.provider(.ficom))
        #expect(await Self.fault(stage, shown)?.specifier == 1015)
        // FiCom's one version and short names, in each message.
        var header = Sample.header()
        header.minorVersion = 2
        var newer = Self.request(stage, .ficom, "Pay")
        newer.header = header
        #expect(await Self.fault(stage, newer)?.code == .incompatibleInterface)
        let call = Sample.call(through: Sample.ae, from: Sample.ap)
        let status = StatusRequest(header: header, transactionID: "h1")
        #expect(
            await MSSTestSupport.fault { () async throws(MSSFault) in
                _ = try await stage.signatures.status(status, call)
            } == "108"
        )
        header.minorVersion = 1
        header.apInfo.transID = String(repeating: "a", count: 33)
        let cancel = CancelRequest(header: header, transactionID: "h1")
        #expect(
            await MSSTestSupport.fault { () async throws(MSSFault) in
                _ = try await stage.signatures.cancel(cancel, call)
            } == "103"
        )
    }

    @Test("want the provider's prefix before a receipt's text as before any other")
    func receiptPrefix() async throws {
        var provider = Sample.provider
        provider.allowance.textPrefix = "Bank: "
        let stage = try await Stage.withSigner(provider: provider)
        let request = Sample.signature("Bank: pay", msisdn: stage.card.msisdn.description)
        let id = try await stage.sign(request).transactionID
        stage.answers(.ok, from: 200)
        let sent = stage.chronicle.all.count { $0 == "sent" }
        #expect(
            await MSSTestSupport.fault { () async throws(MSSFault) in _ = try await stage.receipt(id, "Paid") } == "107"
        )
        #expect(stage.chronicle.all.count { $0 == "sent" } == sent)
        #expect(try await stage.receipt(id, "Bank: paid").reaction == .confirmed)
    }
}
