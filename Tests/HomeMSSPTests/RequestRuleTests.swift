import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("A request's rules")
struct RequestRuleTests {
    /// Room for the text beside the heading "Test Bank" in five short messages: 623 octets, of which the rest of the
    /// request takes 36 (MT 1, TXN 6, KEY 3, ALG 3, HEAD 12, FORM 3, TMO 3, and tag, length and coding of TEXT 5).
    @Test(
        "bound the text by what five short messages hold",
        arguments: [
            (String(repeating: "a", count: 587), nil), (String(repeating: "a", count: 588), "103"),
            (String(repeating: "Ж", count: 293), nil), (String(repeating: "Ж", count: 294), "103"),
            (String(repeating: "a", count: 585) + "€", nil), (String(repeating: "a", count: 586) + "€", "103"),
            ("", "103"), ("@ä€ñ_\n", nil), ("a\u{1F600}", "107"), ("\u{0}", "107"),
        ] as [(String, String?)]
    )
    func text(_ text: String, _ expected: String?) async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(text, msisdn: stage.card.msisdn.description)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(request) } == expected)
        #expect(stage.chronicle.all.contains("sent") == (expected == nil))
    }

    @Test(
        "name what is wrong with the text, not the text",
        arguments: [
            ("secret \u{1F600} and \u{0}", "U+1F600, character 8."), ("\u{0}", "U+0000, character 1."),
            ("secret " + String(repeating: "a", count: 583), "3 characters too long"),
            ("secret " + String(repeating: "a", count: 583), "the phone can show 587."),
            ("secret " + String(repeating: "€", count: 291), "2 characters too long"),
            ("secret " + String(repeating: "Ж", count: 290), "4 characters too long"),
            ("secret " + String(repeating: "Ж", count: 290), "the phone can show 293."),
        ]
    )
    func detail(_ text: String, _ expected: String) async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(text, msisdn: stage.card.msisdn.description)
        do throws(MSSFault) {
            _ = try await stage.sign(request)
            Issue.record("a text was taken that the phone cannot show")
        } catch {
            #expect(error.detail?.contains(expected) == true, "\(error.detail ?? "")")
            #expect(error.detail?.contains("secret") == false)
        }
    }

    @Test("are told beforehand by the fit, which leaves room for each provider's name")
    func fit() throws {
        let fit = try #require(ShownText.fit("Pay 5 €", for: Sample.provider))
        #expect(fit.encoding == .gsm8Bit && fit.segments == 1 && fit.pages == 2 && fit.fits)
        #expect(fit.charactersLeft == 587 - 8)
        var provider = Sample.provider
        provider.displayName = "Bank"
        #expect(ShownText.fit("", for: provider)?.charactersLeft == 592)
        let long = try #require(ShownText.fit(String(repeating: "a", count: 480), for: Sample.provider))
        #expect(long.segments == 5 && long.pages == 4 && long.charactersLeft == 107)
        #expect(ShownText.fit("", for: Sample.provider)?.fits == false)
        // MID and EXTRA: 32 and 57 octets, each with tag and length.
        #expect(ShownText.fit("", for: Sample.provider, signing: .shown(.ades))?.charactersLeft == 587 - 93)
        #expect(ShownText.fit("a\u{202E}", for: Sample.provider)?.offender?.position == 1)
        for name in ["", "Bank\u{202E}", String(repeating: "a", count: 240)] {
            provider.displayName = name
            #expect(ShownText.heading(name) == nil)
            #expect(ShownText.fit("Pay", for: provider) == nil)
        }
        #expect(ShownText.heading(String(repeating: "a", count: 239)) != nil)
    }

    @Test("refuse what the platform does not do", arguments: Refused.all)
    func refused(_ refused: Refused) async throws {
        let stage = try await Stage.withSigner()
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        refused.change(&request)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(request) } == refused.fault)
        #expect(!stage.chronicle.all.contains("sent"))
    }

    @Test("take what other clients send along")
    func ignored() async throws {
        let stage = try await Stage.withSigner()
        var request = Sample.signature(msisdn: stage.card.msisdn.digits.description)
        request.additionalServices = [AdditionalService(uri: "http://mss.ficom.fi/TS102204/v1.0.0#userLang")]
        request.signatureProfile = "http://mid.swisscom.ch/MID/v1/AuthProfile1"
        request.format = "http://uri.etsi.org/TS102204/v1.1.2#PKCS7"
        request.dataToBeDisplayed = request.dataToBeSigned
        let response = try await stage.sign(request)
        #expect(response.signatureProfile == request.signatureProfile)
        #expect(response.mobileUser == request.mobileUser)
        #expect(response.header.apInfo == request.header.apInfo)
        #expect(response.header.msspInfo.msspID.uri == "http://home.test.mssp")
    }

    /// A change that makes a request unservable.
    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: String
        var change: @Sendable (inout SignatureRequest) -> Void

        static let all = [
            Refused(testDescription: "server-server mode", fault: "101/1013") {
                $0.messagingMode = .asynchServerServer
            },
            Refused(testDescription: "another profile", fault: "109") { $0.signatureProfile = "http://x" },
            Refused(testDescription: "another format", fault: "101/1017") { $0.format = "http://x" },
            Refused(testDescription: "an unknown service", fault: "101/1014") {
                $0.additionalServices = [AdditionalService(uri: "http://x")]
            },
            Refused(testDescription: "another text to show", fault: "101/1015") {
                $0.dataToBeDisplayed = DataToBeSigned("Pay 1")
            },
            Refused(testDescription: "another type", fault: "107/1016") { $0.dataToBeSigned.mimeType = "text/html" },
            Refused(testDescription: "another encoding", fault: "107/1016") {
                $0.dataToBeSigned.encoding = "base64"
            },
            Refused(testDescription: "a date that is over", fault: "208/2081") {
                $0.validityDate = Date(timeIntervalSinceNow: -5)
            },
            Refused(testDescription: "no time", fault: "208/2081") { $0.timeOut = 0 },
            Refused(testDescription: "less than no time", fault: "208/2081") { $0.timeOut = .min },
        ]
    }
}
