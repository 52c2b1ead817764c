import Foundation
import MSSTestSupport
import Testing

/// personIdentity: what AE delivers is verified by xmlsec1 as it came, whichever way it took.
@Suite("What a provider is told of the signer, through the real services")
struct PersonIdentityTests {
    private static let names = "http://mss.ficom.fi/TS102204/v1.0.0/PersonID#"
    static let apSigning = "http://ae.demo.mssp/ap-signing"

    /// A Service as clients write it.
    static func query(_ id: String, _ attributes: String...) -> String {
        let all = attributes.map { "<saml:Attribute Name=\"\(names)\($0)\"/>" }.joined()
        return """
            <mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>\
            http://mss.ficom.fi/TS102204/v1.0.0#personIdentity</mss:mssURI></mss:Description><samlp:AttributeQuery \
            xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" \
            ID="\(id)" Version="2.0" IssueInstant="2026-01-01T00:00:00Z"><saml:Subject><saml:NameID/></saml:Subject>\(all)\
            </samlp:AttributeQuery></mss:Service></mss:AdditionalServices>
            """
    }

    /// Whether xmlsec1 finds the Response in a text signed under the root of the home's identity.
    static func verifies(_ text: String, on platform: Platform) async throws -> Bool {
        let folder = try TemporaryFolder()
        try text.write(toFile: folder.path("answer.xml"), atomically: true, encoding: .utf8)
        let root = platform.file("pki/identity-ca.pem")
        return try await MessageSigner.verifiesResponse(folder.path("answer.xml"), root: root)
    }

    private func sign(_ platform: Platform, _ extra: String, soap: String = "2003/05") async throws -> Provider.Answer {
        let number = try platform.extraNumber(3)
        let provider = try Provider(platform)
        for _ in 0..<100 {
            let message = """
                <mss:MSS_SignatureReq MajorVersion="1" MinorVersion="1" MessagingMode="synch" TimeOut="30">\(provider.header)\
                <mss:MobileUser><mss:MSISDN>\(number)</mss:MSISDN></mss:MobileUser><mss:DataToBeSigned \
                MimeType="text/plain">Tell who I am</mss:DataToBeSigned>\(extra)</mss:MSS_SignatureReq>
                """
            let isOld = soap != "2003/05"
            let answer = try await provider.post(
                Provider.envelope(
                    "MSS_Signature",
                    message,
                    soap: isOld
                        ? "http://schemas.xmlsoap.org/soap/envelope/" : "http://www.w3.org/2003/05/soap-envelope"
                ),
                to: platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort",
                type: isOld ? "text/xml; charset=utf-8" : "application/soap+xml; charset=utf-8"
            )
            guard answer.body.contains("docs/faults.md#406") else { return answer }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StartFailure(said: "the phone is always busy")
    }

    @Test(
        "verifies in the answer of either SOAP, and of a status query, and not with another name",
        arguments: ["2003/05", "1.1"]
    )
    func soap(version: String) async throws {
        let platform = try await Platform.running
        let answer = try await sign(platform, Self.query("q1", "givenName", "subject", "validUntil"), soap: version)
        #expect(answer.status == "500", "\(answer.body)")
        #expect(answer.body.contains("<samlp:StatusCode Value=\"\(Self.names)ok\"/>"))
        #expect(
            answer.between(
                "PersonID#givenName\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">",
                "</saml:Attribute>"
            ) == "<saml:AttributeValue>Demo</saml:AttributeValue>"
        )
        #expect(
            answer.body.contains(" ID=\"q1\" ") && answer.body.contains(">\(answer.transactionID ?? "?")</saml:NameID>")
        )
        #expect(try await Self.verifies(answer.body, on: platform))
        #expect(try await !Self.verifies(answer.body.replacing(">Demo<", with: ">Devil<"), on: platform))
        let status = try await Provider(platform).status(of: try #require(answer.transactionID))
        #expect(status.status == "500" && status.body.contains(">Demo<"), "\(status.body)")
        #expect(try await Self.verifies(status.body, on: platform))
    }

    @Test("is verified as a document of its own where the query's ID is no name of XML")
    func anyID() async throws {
        let platform = try await Platform.running
        let id = "java.util.GregorianCalendar[time=?,zone=[id=&quot;Europe/Helsinki&quot;]]"
        let answer = try await sign(platform, Self.query(id, "surName", "hetu"))
        #expect(
            answer.body.contains("ID=\"\(id)\"") && answer.body.contains("PersonID#partialFailure"),
            "\(answer.body)"
        )
        let response = try #require(answer.between("<samlp:Response ", "</samlp:Response>"))
        #expect(try await Self.verifies("<samlp:Response \(response)</samlp:Response>", on: platform))
    }

    @Test("verifies in an answer that is signed itself, and so does that", .timeLimit(.minutes(2)))
    func signedAnswer() async throws {
        let platform = try await Platform.running
        let folder = try TemporaryFolder()
        let message = """
            <mss:MSS_SignatureReq ID="m1" MajorVersion="1" MinorVersion="1" MessagingMode="synch" TimeOut="30">\
            \(try Provider(platform, apID: Self.apSigning).header)<mss:MobileUser><mss:MSISDN>\(try platform.variable("MSISDN_SIGN"))\
            </mss:MSISDN></mss:MobileUser><mss:DataToBeSigned MimeType="text/plain">Signed twice</mss:DataToBeSigned>\
            \(Self.query("q2", "surName"))</mss:MSS_SignatureReq>
            """
        for _ in 0..<100 {
            let fresh = message.replacing(
                #/AP_TransID="[^"]*"/#,
                with: "AP_TransID=\"T\(UInt64.random(in: 0...UInt64.max))\""
            )
            try MessageSigner.envelope(fresh, MessageSigner.template(method: MessageSigner.ecdsaSHA256))
                .write(toFile: folder.path("request.xml"), atomically: true, encoding: .utf8)
            let signed = try await Command.run(
                "xmlsec1",
                [
                    "--sign", "--id-attr:ID", "\(MessageSigner.mss):MSS_SignatureReq", "--privkey-pem",
                    platform.file("pki/ap-demo.key"), "--output", folder.path("signed.xml"), folder.path("request.xml"),
                ]
            )
            try #require(signed.status == 0, "\(signed.errorText)")
            let answer = try await Provider(platform, apID: Self.apSigning).post(
                Data(contentsOf: URL(filePath: folder.path("signed.xml"))),
                to: platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort"
            )
            if answer.body.contains("docs/faults.md#406") {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            #expect(answer.body.contains("MSS_MessageSignature") && answer.status == "500", "\(answer.body)")
            #expect(try await Self.verifies(answer.body, on: platform))
            try answer.body.write(toFile: folder.path("answer.xml"), atomically: true, encoding: .utf8)
            let root = platform.file("pki/identity-ca.pem")
            let file = folder.path("answer.xml")
            #expect(try await MessageSigner.verifies(file, element: "MSS_SignatureResp", root: root))
            return
        }
        Issue.record("the phone is always busy")
    }

    @Test("is base64 in JSON, of a document that verifies")
    func json() async throws {
        let platform = try await Platform.running
        let number = try platform.extraNumber(3)
        for _ in 0..<100 {
            let request = """
                {"MSS_SignatureReq":{"AP_Info":{"AP_ID":"\(try platform.variable("AP_ID"))","AP_PWD":"",\
                "AP_TransID":"J\(UInt64.random(in: 0...UInt64.max))","Instant":"2026-01-01T00:00:00Z"},"MajorVersion":"1",\
                "MinorVersion":"2","DataToBeSigned":{"Data":"Tell it in JSON","Encoding":"UTF-8","MimeType":"text/plain"},\
                "MessagingMode":"synch","MobileUser":{"MSISDN":"\(number)"},"TimeOut":"30","AdditionalServices":[{"Description":\
                "http://mss.ficom.fi/TS102204/v1.0.0#personIdentity","AttributeQuery":{"ID":"q3","Attribute":\
                [{"Name":"\(Self.names)surName"}]}}]}}
                """
            let answer = try await Provider(platform).post(
                Data(request.utf8),
                to: platform.variable("AE_URL") + "/rest/service",
                type: "application/json"
            )
            if answer.body.contains("_406") {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            let response = try #require(answer.between(#""SAMLResponse":""#, "\""), "\(answer.body)")
            let text = String(decoding: try #require(Data(base64Encoded: response)), as: UTF8.self)
            #expect(text.contains("ID=\"q3\"") && text.contains("PersonID#ok"))
            #expect(try await Self.verifies(text, on: platform))
            return
        }
        Issue.record("the phone is always busy")
    }

    @Test("is refused to a provider whose entry tells it nothing")
    func refused() async throws {
        let platform = try await Platform.running
        let answer = try await Provider(platform, apID: UnseenSignatureTests.documentsID)
            .sign("Who are you?", by: platform.extraNumber(3), extra: Self.query("q4", "givenName"))
        #expect(answer.fault == "104" && answer.body.contains("docs/faults.md#1045"), "\(answer.body)")
    }
}
