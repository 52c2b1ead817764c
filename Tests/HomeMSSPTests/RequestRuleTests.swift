import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("A request's rules")
struct RequestRuleTests {
    @Test(
        "bound the text by what a phone can show",
        arguments: [
            (String(repeating: "a", count: 239), nil), (String(repeating: "a", count: 240), "103"),
            (String(repeating: "Ж", count: 119), nil), (String(repeating: "Ж", count: 120), "103"),
            ("", "103"), ("@ä€ñ_\n", nil), ("a\u{1F600}", "107"), ("\u{0}", "107"),
        ] as [(String, String?)]
    )
    func text(_ text: String, _ expected: String?) async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(text, msisdn: stage.card.msisdn.description)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(request) } == expected)
        #expect(stage.chronicle.all.contains("sent") == (expected == nil))
    }

    @Test("name the character that cannot be shown, not the text around it")
    func character() async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature("secret \u{1F600}", msisdn: stage.card.msisdn.description)
        do throws(MSSFault) {
            _ = try await stage.sign(request)
            Issue.record("a character outside the phone's alphabet was taken")
        } catch {
            #expect(error.detail?.contains("U+1F600") == true)
            #expect(error.detail?.contains("secret") == false)
        }
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
