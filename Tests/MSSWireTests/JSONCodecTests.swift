import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("Answers in JSON")
struct JSONCodecTests {
    private static func object(_ octets: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any])
    }

    @Test("a signature is written compactly, in the order of names, the status code's value last")
    func signature() {
        #expect(
            Written.text(JSONCodec.encode(Written.response())) == #"""
                {"MSS_SignatureResp":{"AP_Info":{"AP_ID":"http://ap.test.mssp/ap","AP_TransID":"T1",\#
                "Instant":"2026-01-01T00:00:00Z"},"MSSP_Info":{"Instant":"2026-01-01T00:00:00.000Z",\#
                "MSSP_ID":{"URI":"http://home.test.mssp"}},"MSSP_TransID":"habcdefghijklmnopqrstuvwxyz",\#
                "MSS_Signature":{"Base64Signature":"AQID"},"MajorVersion":"1","MinorVersion":"1",\#
                "MobileUser":{"MSISDN":"+358401234567"},"SignatureProfile":"http://alauda.mobi/digitalSignature",\#
                "Status":{"StatusCode":{"Value":"500"},"StatusMessage":"SIGNATURE"}}}
                """#
        )
    }

    @Test("the last \"Value\" of the line is the status code's, whatever else there is")
    func lastValue() throws {
        var response = Written.response(.validSignature)
        response.serviceResponses = [
            ServiceResponse(uri: AdditionalService.validate, entity: MeshMember(uri: "http://home"), code: .crlProblem)
        ]
        let text = Written.text(JSONCodec.encode(response))
        let last = try #require(text.range(of: "\"Value\":\"", options: .backwards))
        #expect(text[last.upperBound...].hasPrefix("502\""))
        #expect(text.contains(#""ServiceResponses":[{"Description":"\#(AdditionalService.validate)""#))
        #expect(text.contains(#""Status":{"StatusCode":{"Value":"423"},"StatusMessage":"CRL_PB"}}]"#))
    }

    @Test("a PKCS#1 value stands beside its certificate; an outstanding transaction has no signature")
    func others() {
        var response = Written.status()
        response.certificate = [4, 5]
        #expect(
            Written.text(JSONCodec.encode(response))
                .contains(#""MSS_Signature":{"PKCS1":{"SignatureValue":"AQID","X509Certificate":"BAU="}}"#)
        )
        let pending = Written.text(JSONCodec.encode(Written.status(.outstandingTransaction, signature: nil)))
        #expect(pending.hasPrefix(#"{"MSS_StatusResp":"#) && !pending.contains("MSS_Signature"))
    }

    @Test("a receipt tells what the user did, where that was asked")
    func receipt() {
        let header = Sample.header()
        let asked = Written.text(JSONCodec.encode(ReceiptResponse(header: header, reaction: .cancelled)))
        #expect(
            asked.hasSuffix(
                #"""
                "Status":{"StatusCode":{"Value":"100"},"StatusDetail":{"ReceiptResponseExtension":\#
                {"FaultMessage":"User Cancelled the request","ReceiptMessagingMode":"synch","UserAck":"true",\#
                "UserResponse":"{\"status\":\"CANCEL\"}"}},"StatusMessage":"REQUEST_OK"}}}
                """#
            ),
            "\(asked)"
        )
        let plain = Written.text(JSONCodec.encode(ReceiptResponse(header: header)))
        #expect(plain.hasPrefix(#"{"MSS_ReceiptResp":"#) && !plain.contains("StatusDetail"))
    }

    @Test("a profile has the layout that the client's version reads", arguments: [1, 2])
    func profile(_ major: Int) throws {
        var header = Sample.header()
        header.majorVersion = major
        let certificate = ProfileResponse.Certificate(
            der: [1, 2, 3],
            subject: "CN=Aino",
            state: .active,
            algorithm: "P-256",
            signatureProfiles: ["http://alauda.mobi/digitalSignature"],
            issuers: [ProfileResponse.NamedCertificate(der: [4, 5], subject: "CN=Users")]
        )
        let sim = ProfileResponse.SIM(
            state: .active,
            pin: ProfileResponse.PINStatus(isBlocked: false),
            certificates: [certificate]
        )
        let profiles = ["http://alauda.mobi/digitalSignature"]
        let response = ProfileResponse(header: header, signatureProfiles: profiles, sim: sim)
        let message = try #require(try Self.object(JSONCodec.encode(response))["MSS_ProfileResp"] as? [String: Any])
        #expect(message["SignatureProfile"] as? [String] == profiles)
        let detail = (message["Status"] as? [String: Any])?["StatusDetail"] as? [String: Any]
        var told = try #require(detail?["ProfileQueryExtension"] as? [String: Any])
        if major == 2 {
            told = try #require((told["Sscds"] as? [String: Any])?["Sim"] as? [String: Any])
            #expect(told["State"] as? String == "ACTIVE")
            #expect((told["PinStatus"] as? [String: Any])?["Blocked"] as? String == "false")
        }
        let first = try #require((told["MobileUserCertificate"] as? [[String: Any]])?.first)
        #expect(first["X509Certificate"] as? [String] == ["AQID", "BAU="])
        #expect(first["X509SubjectName"] as? [String] == ["CN=Aino", "CN=Users"])
        #expect(first["SignatureProfiles"] as? [String] == profiles && first["State"] as? String == "ACTIVE")
    }

    @Test("a version 1 profile without certificates has an empty list, which clients read")
    func emptyProfile() {
        let response = ProfileResponse(header: Sample.header(), signatureProfiles: [], sim: ProfileResponse.SIM())
        #expect(
            Written.text(JSONCodec.encode(response)).contains(#""ProfileQueryExtension":{"MobileUserCertificate":[]}"#)
        )
    }

    @Test("a cancellation is 100, a fit has its figures")
    func own() {
        let cancelled = Written.text(JSONCodec.encode(CancelResponse(header: Sample.header())))
        #expect(cancelled.hasPrefix(#"{"MSSP_CancelResp":"#) && cancelled.contains(#""Value":"100""#))
        let offender = FitResponse.Offender(codePoints: "U+202E", position: 7)
        let fit = FitResponse.Fit(
            fits: false,
            charset: nil,
            segments: nil,
            pages: 0,
            charactersLeft: -3,
            offender: offender
        )
        #expect(
            Written.text(JSONCodec.encode(FitResponse(header: Sample.header(), fit: fit))).contains(
                #"""
                "Fit":{"CharactersLeft":"-3","Fits":"false","Offender":{"CodePoints":"U+202E","Position":"7"},"Pages":"0"}
                """#
            )
        )
    }

    @Test("every character of a text comes back")
    func characters() throws {
        var response = Written.response()
        let text = "\"\\/\u{1}\u{1F}\n\r\t<&>äö😀\u{2028}"
        response.mobileUser.userIdentifier = text
        let message = try Self.object(JSONCodec.encode(response))["MSS_SignatureResp"] as? [String: Any]
        #expect((message?["MobileUser"] as? [String: Any])?["UserIdentifier"] as? String == text)
    }

    @Test("a fault has the members that clients know, and says who must act")
    func fault() {
        let fault = MSSFault(.signatureProcess, "Another request is running.", cause: "a secret", retryAfter: 12)
        #expect(
            Written.text(JSONFault.encode(fault, trace: Written.trace)) == #"""
                {"Fault":{"Code":{"SubCode":{"Value":"_406","ValueNs":"http://uri.etsi.org/TS102204/v1.1.2#"},\#
                "Value":"Receiver","ValueNs":"http://www.w3.org/2003/05/soap-envelope"},\#
                "Detail":"Another request is running.","Details":{"Act":"user","Retry":"later","RetryAfter":"12",\#
                "See":"docs/faults.md#406","TraceID":"4bf92f3577b34da6a3ce929d0e0e4736"},\#
                "Help":"Another request runs on the user's phone.","Reason":"PB_SIGNATURE_PROCESS"}}
                """#
        )
    }

    @Test("every meaning of a fault has a status of HTTP; one that may be sent again later says when")
    func statuses() {
        for meaning in FaultMeaning.all {
            let told = FaultStatus(MSSFault(meaning.code, specifier: meaning.specifier), .signature)
            #expect((400...503).contains(told.code))
            #expect((told.code == 503 || told.code == 429) == (told.retryAfter != nil))
            if told.retryAfter != nil { #expect(meaning.retry == .later) }
        }
        for (fault, status) in [
            (MSSFault(.missingParam), 422), (MSSFault(.incompatibleInterface), 400),
            (MSSFault(.unauthorizedAccess), 403), (MSSFault(.unknownClient), 404),
            (MSSFault(.userCancel), 409), (MSSFault(.wrongDataLength), 422), (MSSFault(.signatureProcess), 429),
            (MSSFault(.internalError), 500), (MSSFault(.unableToProvideServices), 503),
            (MSSFault(.otaError, specifier: 2092), 409), (MSSFault(.otaError, specifier: 2091), 503),
        ] { #expect(FaultStatus(fault, .signature).code == status, "\(fault)") }
        #expect(FaultStatus(MSSFault(.unauthorizedAccess), .signature, isStranger: true).code == 401)
        #expect(FaultStatus(MSSFault(.wrongParam), .status).code == 404)
        #expect(FaultStatus(.unknownTransaction, .receipt).code == 404)
        #expect(FaultStatus(MSSFault(.wrongParam, "Only one receipt."), .receipt).code == 422)
        #expect(FaultStatus(MSSFault(.missingParam), .signature, hasRead: false).code == 400)
        #expect(FaultStatus(MSSFault(.wrongParam), .status, hasRead: false).code == 400)
        #expect(FaultStatus(MSSFault(.signatureProcess, retryAfter: 12), .signature).retryAfter == 12)
    }
}
