import MSSCore
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
                "another type",
                {
                    $0.message["xmlns:xsi"] = "http://www.w3.org/2001/XMLSchema-instance";
                    $0.message["xsi:type"] = "mss:Message"
                }
            ),
        ]
        for (name, spoil) in spoilt {
            var request = WrittenRequest()
            spoil(&request)
            let fault = try request.fault()
            #expect(fault.code == .wrongParam, "\(name)")
            #expect(fault.detail == "The message does not follow the schema.", "\(name)")
        }
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
