import Foundation
import MSSCore
import Testing

@testable import MSSWire

@Suite("A signature request, field by field")
struct CodecSignatureRequestTests {
    @Test("the request that the others are spoilt from is taken")
    func good() throws {
        let request = try WrittenRequest().decoded()
        #expect(request.dataToBeSigned.content == "Sign this")
        #expect(request.messagingMode == .synch)
        #expect(request.timeOut == 60)
        #expect(request.header.apInfo.instant == "2026-01-01T00:00:00Z")
        #expect(request.signatureProfile == nil && request.format == nil && request.validityDate == nil)
    }

    @Test(
        "a missing attribute is 102 and named",
        arguments: ["MajorVersion", "MinorVersion", "MessagingMode", "AP_ID", "AP_TransID", "AP_PWD", "Instant"]
    )
    func missingAttribute(_ name: String) throws {
        var request = WrittenRequest()
        request.message[name] = nil
        request.apInfo[name] = nil
        let fault = try request.fault()
        #expect(fault.code == .missingParam)
        #expect(fault.detail?.contains(name) == true)
    }

    @Test("a missing element is 102 and named")
    func missingElement() throws {
        let spoilt: [(String, (inout WrittenRequest) -> Void)] = [
            ("AP_Info", { $0.apInfoElement = "" }), ("MSSP_Info", { $0.msspInfo = "" }),
            ("MSSP_ID", { $0.msspInfo = "<mss:MSSP_Info/>" }), ("MobileUser", { $0.mobileUser = "" }),
            ("DataToBeSigned", { $0.data = "" }),
            ("SignatureProfile/mssURI", { $0.rest = "<mss:SignatureProfile/>" }),
            ("MSS_Format/mssURI", { $0.rest = "<mss:MSS_Format><mss:mssURI/></mss:MSS_Format>" }),
            ("Description", { $0.rest = "<mss:AdditionalServices><mss:Service/></mss:AdditionalServices>" }),
        ]
        for (name, spoil) in spoilt {
            var request = WrittenRequest()
            spoil(&request)
            let fault = try request.fault()
            #expect(fault.code == .missingParam, "\(name)")
            #expect(fault.detail?.contains(name) == true, "\(name)")
        }
        var request = WrittenRequest()
        request.data = ""
        #expect(try request.fault().specifier == 1022)
    }

    @Test(
        "a wrong attribute of the message is 101 and named, its value is not repeated",
        arguments: [
            ("MajorVersion", "one"), ("MinorVersion", "1.1"), ("MessagingMode", "waiting"), ("MessagingMode", "SYNCH"),
            ("TimeOut", "0"), ("TimeOut", "-1"), ("TimeOut", "soon"), ("TimeOut", "99999999999999999999"),
            ("TimeOut", ""), ("ValidityDate", "tomorrow"), ("ValidityDate", "2026-02-30T00:00:00Z"),
        ]
    )
    func wrongAttribute(_ name: String, _ value: String) throws {
        var request = WrittenRequest()
        request.message[name] = value
        let fault = try request.fault()
        #expect(fault.code == .wrongParam)
        #expect(fault.detail?.contains(name) == true)
        if value.count > 3 { #expect(fault.detail?.contains(value) == false) }
    }

    @Test("a wrong messaging mode has FiCom's specifier")
    func modeSpecifier() throws {
        var request = WrittenRequest()
        request.message["MessagingMode"] = "asynch"
        #expect(try request.fault().specifier == 1013)
    }

    @Test(
        "a wrong attribute of AP_Info has its code and is named, its value is not repeated",
        arguments: [
            ("AP_TransID", "with space", MSSFault.Code.wrongParam), ("AP_TransID", "with:colon", .wrongParam),
            ("AP_TransID", "a&#10;b", .wrongParam), ("AP_TransID", "a\u{2028}b", .wrongParam),
            ("AP_TransID", "", .missingParam), ("AP_TransID", String(repeating: "a", count: 65), .wrongDataLength),
            ("AP_ID", "", .missingParam), ("AP_ID", String(repeating: "a", count: 257), .wrongDataLength),
            ("Instant", "yesterday", .wrongParam), ("Instant", "", .missingParam),
            ("Instant", String(repeating: "1", count: 65), .wrongDataLength),
            ("AP_URL", String(repeating: "a", count: 513), .wrongDataLength),
        ]
    )
    func wrongProvider(_ name: String, _ value: String, _ code: MSSFault.Code) throws {
        var request = WrittenRequest()
        request.apInfo[name] = value
        let fault = try request.fault()
        #expect(fault.code == code)
        #expect(fault.detail?.contains(name) == true)
        if !value.isEmpty { #expect(fault.detail?.contains(value) == false) }
    }

    @Test(
        "transaction ids of real clients are taken, up to 64 octets",
        arguments: [
            "A1767225600000", "AP.TEST.12345.1234", "ID-7c9e6679-7425-40de-944b-e07fc1f90ae7", "_1", "7c9e6679", "öé",
            String(repeating: "a", count: 64),
        ]
    )
    func transactionIDs(_ id: String) throws {
        var request = WrittenRequest()
        request.apInfo["AP_TransID"] = id
        #expect(try request.decoded().header.apInfo.transID == id)
    }

    @Test("versions 1.0 to 1.2 are taken, others are 108")
    func versions() throws {
        for minor in 0...2 {
            var request = WrittenRequest()
            request.message["MinorVersion"] = String(minor)
            #expect(try request.decoded().header.minorVersion == minor)
        }
        for (major, minor) in [("2", "0"), ("1", "3"), ("0", "1"), ("1", "-1")] {
            var request = WrittenRequest()
            request.message["MajorVersion"] = major
            request.message["MinorVersion"] = minor
            #expect(try request.fault().code == .incompatibleInterface)
        }
    }

    @Test(
        "every messaging mode is read; whether it is served is not for the codec to say",
        arguments: MessagingMode.allCases
    )
    func modes(_ mode: MessagingMode) throws {
        var request = WrittenRequest()
        request.message["MessagingMode"] = mode.rawValue
        #expect(try request.decoded().messagingMode == mode)
    }

    @Test("AP_PWD may be anything, and empty optional attributes are as none")
    func indifference() throws {
        var request = WrittenRequest()
        request.apInfo["AP_PWD"] = ""
        request.apInfo["AP_URL"] = ""
        request.data = #"<mss:DataToBeSigned MimeType="" Encoding="">x</mss:DataToBeSigned>"#
        let decoded = try request.decoded()
        #expect(decoded.header.apInfo.url == nil)
        #expect(decoded.dataToBeSigned == DataToBeSigned("x"))
    }

    @Test(
        "the text to be signed arrives exactly",
        arguments: [
            ("@ä€ñ_", "@ä€ñ_"), ("Подпись", "Подпись"), ("a\nb", "a\nb"), ("a\r\nb", "a\nb"), ("a&#13;b", "a\rb"),
            (" &#228;&#x20AC; ", " ä€ "), ("<![CDATA[a <b> & c]]>", "a <b> & c"), ("a<!-- not me -->b", "ab"),
            ("&lt;&amp;&gt;&quot;&apos;", "<&>\"'"), ("", ""), ("e\u{301}", "e\u{301}"),
        ]
    )
    func text(_ written: String, _ meant: String) throws {
        var request = WrittenRequest()
        request.data = "<mss:DataToBeSigned>\(written)</mss:DataToBeSigned>"
        // Octet by octet: canonically equal is not equal enough for a signature.
        #expect(Array(try request.decoded().dataToBeSigned.content.utf8) == Array(meant.utf8))
    }

    @Test("data that is too long is 103, data with elements in it 101")
    func spoiltData() throws {
        var request = WrittenRequest()
        request.data = "<mss:DataToBeSigned>\(String(repeating: "a", count: 16_384))</mss:DataToBeSigned>"
        #expect(try request.decoded().dataToBeSigned.content.utf8.count == 16_384)
        request.data = "<mss:DataToBeSigned>\(String(repeating: "a", count: 16_385))</mss:DataToBeSigned>"
        #expect(try request.fault().code == .wrongDataLength)
        request.data = "<mss:DataToBeSigned>a<b/></mss:DataToBeSigned>"
        #expect(try request.fault().code == .wrongParam)
    }

    @Test("every optional part is read")
    func everything() throws {
        var request = WrittenRequest()
        request.message["ValidityDate"] = "2026-01-01T00:05:00"
        request.msspInfo = """
            <mss:MSSP_Info Instant="2026-01-01T00:00:00Z"><mss:MSSP_ID><mss:DNSName>a.test</mss:DNSName>\
            <mss:IPAddress>::1</mss:IPAddress><mss:URI>http://a.test</mss:URI>\
            <mss:IdentifierString>a</mss:IdentifierString></mss:MSSP_ID></mss:MSSP_Info>
            """
        request.mobileUser = """
            <mss:MobileUser><mss:IdentityIssuer><mss:URI>urn:i</mss:URI></mss:IdentityIssuer>\
            <mss:UserIdentifier>u@h</mss:UserIdentifier><mss:HomeMSSP><mss:URI>urn:h</mss:URI></mss:HomeMSSP>\
            <mss:MSISDN>358401234567</mss:MSISDN></mss:MobileUser>
            """
        request.rest = """
            <mss:DataToBeDisplayed>Show</mss:DataToBeDisplayed>\
            <mss:SignatureProfile><mss:mssURI>urn:p</mss:mssURI><mss:DigestAlgAndValue/></mss:SignatureProfile>\
            <mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>urn:s</mss:mssURI></mss:Description>\
            <mss:Entity/></mss:Service></mss:AdditionalServices>\
            <mss:MSS_Format><mss:mssURI>urn:f</mss:mssURI></mss:MSS_Format><mss:KeyReference/>\
            <mss:SignatureProfileComparison>exact</mss:SignatureProfileComparison>
            """
        let decoded = try request.decoded()
        #expect(decoded.validityDate?.timeIntervalSince1970 == 1_767_225_900)
        #expect(
            decoded.header.msspInfo.msspID
                == MeshMember(dnsName: "a.test", ipAddress: "::1", uri: "http://a.test", identifier: "a")
        )
        #expect(
            decoded.mobileUser
                == MobileUser(
                    identityIssuer: MeshMember(uri: "urn:i"),
                    userIdentifier: "u@h",
                    homeMSSP: MeshMember(uri: "urn:h"),
                    msisdn: "358401234567"
                )
        )
        #expect(decoded.dataToBeDisplayed?.content == "Show")
        #expect(decoded.signatureProfile == "urn:p" && decoded.format == "urn:f")
        #expect(decoded.additionalServices == [AdditionalService(uri: "urn:s")])
    }

    @Test("a document of an additional service is read whole, in its own namespace or in none")
    func documents() throws {
        let kiuru = "http://www.methics.fi/KiuruMSSP/v5.0.0#"
        func read(_ name: String, _ content: String) throws -> DocumentToBeSigned? {
            var request = WrittenRequest()
            request.rest =
                "<mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>\(kiuru)\(name)</mss:mssURI></mss:Description>"
                + "\(content)</mss:Service></mss:AdditionalServices>"
            return try request.decoded().additionalServices.first?.document
        }
        let batch = #"<d:BatchSignatureRequest xmlns:d="\#(Namespace.batch)">"#
        let end = "</d:BatchSignatureRequest>"
        let data = #"<d:DataToBeSigned MimeType="text/plain">Two</d:DataToBeSigned>"#
        #expect(
            try read("batchsign", batch + data + "<d:DataToBeDisplayed>Shown</d:DataToBeDisplayed>" + end)
                == DocumentToBeSigned(
                    DataToBeSigned("Two", mimeType: "text/plain"),
                    displayed: DataToBeSigned("Shown")
                )
        )
        let bare = "<BatchSignatureRequest><DataToBeSigned>Two</DataToBeSigned></BatchSignatureRequest>"
        #expect(try read("batchsign", bare) == DocumentToBeSigned(DataToBeSigned("Two")))
        let reference = "<mss:mssURI>urn:x</mss:mssURI>"
        let named =
            #"<d:AdditionalSignatureRequest xmlns:d="\#(Namespace.documents)" DocumentRef="7">"#
            + "<d:DataToBeSigned>Two</d:DataToBeSigned><d:SignatureProfile>\(reference)</d:SignatureProfile>"
            + "<d:MSS_Format>\(reference)</d:MSS_Format><d:KeyReference/></d:AdditionalSignatureRequest>"
        let expected = DocumentToBeSigned(
            DataToBeSigned("Two"),
            signatureProfile: "urn:x",
            format: "urn:x",
            reference: "7"
        )
        #expect(try read("docsign", named) == expected)
        // Of the other service, or of another namespace, it is nothing.
        #expect(try read("batchsign", named) == nil)
        #expect(try read("docsign", named.replacing("MultiDocSign", with: "Other")) == nil)
        let long = String(repeating: "a", count: 16_385)
        for (content, code) in [
            (batch + end, MSSFault.Code.missingParam), (batch + data + end + batch + data + end, .wrongParam),
            (batch + "<d:DataToBeSigned><d:b/></d:DataToBeSigned>" + end, .wrongParam),
            (batch + "<d:DataToBeSigned>\(long)</d:DataToBeSigned>" + end, .wrongDataLength),
        ] {
            let fault = try #require(throws: MSSFault.self) { try read("batchsign", content) }
            #expect(fault.code == code, "\(content.prefix(150))")
        }
    }
}
