import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("The schema behind the decoder")
struct CodecSchemaTests {
    @Test("the schema alone refuses what the decoder does not look at")
    func secondNet() throws {
        let spoilt: [(String, (inout WrittenRequest) -> Void)] = [
            ("an unknown attribute", { $0.message["Unknown"] = "1" }),
            ("an unknown element", { $0.rest = "<mss:Unknown/>" }),
            ("a second text", { $0.rest = $0.data }),
            ("the wrong order", { swap(&$0.mobileUser, &$0.data) }),
            ("text between elements", { $0.rest = "text" }),
            (
                "an element within a number",
                { $0.mobileUser = "<mss:MobileUser><mss:MSISDN>1<b/></mss:MSISDN></mss:MobileUser>" }
            ),
            ("another namespace", { $0.mobileUser += "<x:MobileUser xmlns:x=\"urn:x\"/>" }),
            ("a long password", { $0.apInfo["AP_PWD"] = String(repeating: "a", count: 513) }),
            (
                "an unknown comparison",
                { $0.rest = "<mss:SignatureProfileComparison>any</mss:SignatureProfileComparison>" }
            ),
            (
                "an unknown element of a type that has it",
                {
                    $0.message["xmlns:xsi"] = Namespace.instance
                    $0.rest = #"<mss:MobileUser xsi:type="mss:MSS_StatusReqType"/>"#
                }
            ),
        ]
        for (name, spoil) in spoilt {
            var request = WrittenRequest()
            spoil(&request)
            let fault = try request.fault()
            #expect(fault.code == .wrongParam, "\(name)")
            #expect(fault.detail?.hasPrefix("The message does not follow the schema at ") == true, "\(name)")
            #expect(fault.detail?.contains("Unknown") == false, "\(name)")
        }
    }

    @Test("its refusal names the nearest element of the standard's, and nothing that a sender made up")
    func places() throws {
        func place(_ spoil: (inout WrittenRequest) -> Void) throws -> String? {
            var request = WrittenRequest()
            spoil(&request)
            return try request.fault().detail?.firstMatch(of: /schema at (\w+):/).map { String($0.1) }
        }
        #expect(try place { swap(&$0.mobileUser, &$0.data) } == "DataToBeSigned")
        #expect(try place { $0.rest = "<mss:Person358401234567/>" } == "MSS_SignatureReq")
        #expect(try place { $0.message["Person358401234567"] = "1" } == "MSS_SignatureReq")
        #expect(
            try place { $0.msspInfo = "<mss:MSSP_Info><mss:MSSP_ID><mss:Address/></mss:MSSP_ID></mss:MSSP_Info>" }
                == "MSSP_ID"
        )
    }

    @Test("what a sender says of types is not looked at, and what is not there is as if it were not written")
    func types() throws {
        var request = WrittenRequest()
        request.message["xmlns:xsi"] = Namespace.instance
        request.message["xsi:type"] = "mss:Message"
        let user = request.mobileUser.replacing("<mss:MSISDN>", with: "<mss:MSISDN xsi:type=\"xsd:string\">")
        request.mobileUser = user.replacing(
            "<mss:MSISDN",
            with: "<mss:IdentityIssuer xsi:nil=\"true\"/><mss:HomeMSSP xsi:nil=\" 1 \"> </mss:HomeMSSP><mss:MSISDN"
        )
        request.rest =
            "<mss:SignatureProfile xsi:nil=\"true\"/><mss:AdditionalServices/><mss:MSS_Format xsi:nil=\"true\"/>"
        let decoded = try request.decoded()
        #expect(decoded.mobileUser == MobileUser(msisdn: "+358401234567"))
        #expect(decoded.signatureProfile == nil && decoded.format == nil && decoded.additionalServices.isEmpty)
        // What is needed is missed, and what has a content is there whatever it says of itself.
        request.rest = ""
        request.data = "<mss:DataToBeSigned xsi:nil=\"true\"/>"
        #expect(try request.fault().specifier == 1022)
        request.data = "<mss:DataToBeSigned xsi:nil=\"true\">Sign this</mss:DataToBeSigned>"
        #expect(try request.decoded().dataToBeSigned.content == "Sign this")
    }

    @Test("white space around values is not theirs, except in a text; times have none")
    func margins() throws {
        var request = WrittenRequest()
        request.message = [
            "MajorVersion": " 1", "MinorVersion": "1\n", "MessagingMode": "\tsynch ", "TimeOut": " 60 ",
            "ValidityDate": "2026-01-01T00:05:00Z",
        ]
        for name in ["AP_ID", "AP_TransID", "AP_PWD"] { request.apInfo[name] = "\n  \(request.apInfo[name] ?? "") " }
        request.mobileUser = "<mss:MobileUser><mss:MSISDN>\r\n  +358401234567\n</mss:MSISDN></mss:MobileUser>"
        request.data =
            "<mss:DataToBeSigned MimeType=\" text/plain \" Encoding=\"\nUTF-8\">\n Sign this </mss:DataToBeSigned>"
        request.rest = """
            <mss:SignatureProfile>
             <mss:mssURI>
              urn:p
             </mss:mssURI>
            </mss:SignatureProfile>
            """
        let decoded = try request.decoded()
        #expect(decoded.header.apInfo.id == Sample.apID && decoded.header.apInfo.transID == "A1")
        #expect(decoded.header.apInfo.instant == "2026-01-01T00:00:00Z")
        #expect(decoded.timeOut == 60 && decoded.messagingMode == .synch && decoded.validityDate != nil)
        #expect(decoded.mobileUser.msisdn == "+358401234567" && decoded.signatureProfile == "urn:p")
        #expect(
            decoded.dataToBeSigned == DataToBeSigned("\n Sign this ", mimeType: "text/plain", encoding: "UTF-8")
        )
    }

    @Test("a place of a schema that the message names is not looked at")
    func schemaLocation() throws {
        var request = WrittenRequest()
        request.message["xmlns:xsi"] = "http://www.w3.org/2001/XMLSchema-instance"
        request.message["xsi:schemaLocation"] = "\(Namespace.mss) file:///etc/passwd urn:x http://127.0.0.1:1/x.xsd"
        #expect(try request.decoded().timeOut == 60)
    }

    @Test("a name that the sender gave the prefix of our own does not confuse it")
    func prefixClash() throws {
        let text = WrittenRequest().text
            .replacing("<mss:MSS_SignatureReq", with: "<MSS_SignatureReq xmlns:validated=\"urn:x\"")
            .replacing("</mss:MSS_SignatureReq", with: "</MSS_SignatureReq")
        let request = try SOAPReader.request(Array(text.utf8))
        #expect(try SignatureCodec.decodeRequest(request).timeOut == 60)
    }

    @Test("a message in a vendor's namespace is taken, its outer name is not looked at")
    func vendorNamespace() throws {
        let text = WrittenRequest().text
            .replacing("<mss:MSS_SignatureReq", with: "<v:MSS_SignatureReq xmlns:v=\"urn:vendor\"")
            .replacing("</mss:MSS_SignatureReq", with: "</v:MSS_SignatureReq")
        #expect(try SignatureCodec.decodeRequest(SOAPReader.request(Array(text.utf8))).timeOut == 60)
    }

    @Test("one schema serves many threads at once")
    func threads() async throws {
        let octets = Array(WrittenRequest().text.utf8)
        var spoilt = WrittenRequest()
        spoilt.rest = "<mss:Unknown/>"
        let refused = Array(spoilt.text.utf8)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask { @concurrent in
                    (0..<100).allSatisfy { _ in
                        let taken = (try? SignatureCodec.decodeRequest(SOAPReader.request(octets))) != nil
                        return taken && (try? SignatureCodec.decodeRequest(SOAPReader.request(refused))) == nil
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
