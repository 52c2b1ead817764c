import Foundation
import MSSCore
import Testing

@Suite("The rules of a provider")
struct ProviderRulesTests {
    private func entry(_ more: String) throws -> ProviderEntry {
        let text = #"{"id":"http://ap","name":"AP","identities":["urn:ap"],"acquiring_entities":["urn:ae"]\#(more)}"#
        return try JSONDecoder().decode(ProviderEntry.self, from: Data(text.utf8))
    }

    private func provider(_ rules: ProviderRules) -> ApplicationProvider {
        ApplicationProvider(
            id: "http://ap",
            identities: [],
            acquiringEntities: [],
            displayName: "AP",
            allowance: ProviderAllowance(textPrefix: rules.wantsPrefix ? "AP: " : nil),
            rules: rules
        )
    }

    private func request(_ text: String, _ services: [AdditionalService.Name]) -> SignatureRequest {
        SignatureRequest(
            header: MessageHeader(apInfo: APInfo(id: "http://ap", transID: "T1", instant: "2026-01-01T00:00:00Z")),
            mobileUser: MobileUser(msisdn: "+358401234567"),
            dataToBeSigned: DataToBeSigned(text),
            additionalServices: services.map { AdditionalService(uri: $0.uri) }
        )
    }

    private func fault(_ rules: ProviderRules, _ request: SignatureRequest) -> MSSFault? {
        do throws(MSSFault) {
            try provider(rules).checkEntitlement(to: request)
            return nil
        } catch { return error }
    }

    @Test("are the standard's alone unless its entry names others")
    func standard() throws {
        let plain = try entry("").provider()
        #expect(plain.rules == .etsi && plain.services.isEmpty)
        #expect(!plain.wantsSpecifiers && !plain.wantsTrace && !plain.isSandbox)
        #expect(fault(.etsi, request(String(repeating: "a", count: 10_000), [])) == nil)
    }

    @Test(
        "are the same after the provider was written as an entry, with what they allow it",
        arguments: [
            (#","rules":"ficom""#, true), (#","rules":"ficom","two_level_faults":false"#, false),
            (#","rules":"swisscom","text_prefix":"AP: ""#, false),
            (#","rules":"swisscom","text_prefix":"AP: ","two_level_faults":true"#, true),
            (#","two_level_faults":true,"trace_in_answers":true,"always_validate":true,"sandbox":true"#, true),
        ]
    )
    func roundTrip(more: String, hasTwoLevels: Bool) throws {
        let read = try entry(more).provider()
        #expect(read.services.isSuperset(of: read.rules.requiredServices) && read.wantsSpecifiers == hasTwoLevels)
        #expect(read.isSandbox == more.contains("sandbox") && read.wantsTrace == more.contains("trace"))
        #expect(read.alwaysValidates == more.contains("always_validate"))
        #expect(try ProviderEntry(read).provider() == read)
    }

    @Test(
        "are refused where the rest of the entry contradicts them",
        arguments: [
            (#","rules":"etsy""#, "rules of http://ap is etsy: it must be one of etsi, ficom, swisscom"),
            (
                #","rules":"ficom","separate_display":true"#,
                "separate_display of http://ap cannot be with the rules ficom"
            ),
            (#","rules":"ficom","digests":true"#, "digests of http://ap cannot be with the rules ficom"),
            (#","rules":"swisscom""#, "text_prefix of http://ap is missing: the rules swisscom want one"),
        ]
    )
    func problems(more: String, said: String) throws {
        let problem = #expect(throws: EntryProblem.self) { try entry(more).provider() }
        #expect(problem?.description.hasPrefix(said) == true, "\(problem?.description ?? "")")
    }

    @Test("of FiCom want event id and no-spam code in each request, nothing else shown, and 160 characters at most")
    func fiCom() {
        let both: [AdditionalService.Name] = [.eventID, .noSpam]
        #expect(fault(.ficom, request("Pay", both)) == nil)
        for name in both {
            let refused = fault(.ficom, request("Pay", both.filter { $0 != name }))
            #expect(refused?.code == .missingParam && refused?.detail?.contains(name.uri) == true)
        }
        var shown = request("Pay", both)
        shown.dataToBeDisplayed = shown.dataToBeSigned
        #expect(fault(.ficom, shown)?.specifier == 1015 && fault(.etsi, shown) == nil)
        #expect(fault(.ficom, request(String(repeating: "a", count: 160), both)) == nil)
        let long = fault(.ficom, request(String(repeating: "a", count: 161), both))
        #expect(long?.detail == "DataToBeSigned has 161 characters, and the rules ficom allow 160.")
        #expect(long?.code == .wrongDataLength)
    }

    @Test("of FiCom want version 1.1, a short name of the transaction, and no notification")
    func fiComHeader() {
        func fault(_ rules: ProviderRules, _ header: MessageHeader) -> String? {
            do throws(MSSFault) {
                try provider(rules).check(header)
                return nil
            } catch { return "\(error.code.rawValue) \(error.detail ?? "")" }
        }
        let plain = request("Pay", []).header
        #expect(fault(.ficom, plain) == nil)
        for (major, minor) in [(1, 0), (1, 2), (2, 0)] {
            var other = plain
            (other.majorVersion, other.minorVersion) = (major, minor)
            let said = "108 MajorVersion must be 1 and MinorVersion 1: the rules ficom have no other."
            #expect(fault(.ficom, other) == said)
            for rules in [ProviderRules.etsi, .swisscom] { #expect(fault(rules, other) == nil) }
        }
        for (length, said) in [
            (32, nil), (33, "103 AP_TransID has 33 characters, and the rules ficom allow 32."),
        ] as [(Int, String?)] {
            var named = plain
            named.apInfo.transID = String(repeating: "a", count: length)
            #expect(fault(.ficom, named) == said && fault(.etsi, named) == nil)
        }
        var told = request("Pay", [.eventID, .noSpam])
        for mode in MessagingMode.allCases {
            told.messagingMode = mode
            let refused = self.fault(.ficom, told)
            #expect(refused?.specifier == (mode == .asynchServerServer ? 1013 : nil))
            // Refused by the rules whatever the entry's targets are.
            #expect(mode != .asynchServerServer || refused?.code == .wrongParam)
        }
    }

    @Test("of Swisscom want the prefix, UserLang, and 239 characters at most, of what is shown")
    func swisscom() {
        #expect(fault(.swisscom, request("AP: pay", [.userLang])) == nil)
        #expect(fault(.swisscom, request("AP: pay", [.validate]))?.code == .missingParam)
        let bare = fault(.swisscom, request("Pay", [.userLang]))
        #expect(bare?.code == .inappropriateData && bare?.detail?.hasPrefix("DTBD matching failed") == true)
        for (count, code) in [(239, nil), (240, .wrongDataLength)] as [(Int, MSSFault.Code?)] {
            var long = request("AP: " + String(repeating: "a", count: count - 4), [.userLang])
            #expect(fault(.swisscom, long)?.code == code)
            long.dataToBeDisplayed = long.dataToBeSigned
            #expect(fault(.swisscom, long)?.code == code)
        }
    }
}
