import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("What would be known of a signer, on the wire")
struct AttributeQueryTests {
    private static let uri = "http://mss.ficom.fi/TS102204/v1.0.0#personIdentity"
    private static let person = PersonAttribute.namespace
    private static let open =
        #"<p:AttributeQuery xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" "#
    private static let close = "</p:AttributeQuery>"

    private func read(_ content: String) throws -> AttributeQuery? {
        var request = WrittenRequest()
        request.rest =
            "<mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>\(Self.uri)</mss:mssURI></mss:Description>"
            + "\(content)</mss:Service></mss:AdditionalServices>"
        return try request.decoded().additionalServices.first?.query
    }

    /// What a client of FiCom's guideline writes: a name that is none, an empty subject, a time.
    @Test("is read from what clients write, whatever its ID")
    func client() throws {
        let query = try read(
            Self.open
                + #"ID="java.util.GregorianCalendar[time=?,id=&quot;Europe/Helsinki&quot;]" Version="2.0" "#
                + #"IssueInstant="2026-01-01T00:00:00.000+02:00"><a:Subject><a:NameID/></a:Subject>"#
                + #"<a:Attribute Name="\#(Self.person)givenName"/><a:Attribute Name="urn:x"><a:AttributeValue>1"#
                + "</a:AttributeValue></a:Attribute>" + Self.close
        )
        let id = #"java.util.GregorianCalendar[time=?,id="Europe/Helsinki"]"#
        #expect(query == AttributeQuery(id: id, names: [Self.person + "givenName", "urn:x"]))
        #expect(try read(Self.open + #"ID="q">"# + Self.close) == AttributeQuery(id: "q", names: []))
        // Another namespace's is nothing.
        #expect(try read(#"<AttributeQuery xmlns="urn:x" ID="q"/>"#) == nil && read("") == nil)
    }

    @Test("is bounded, and refused with what is wrong")
    func refused() throws {
        let attribute = #"<a:Attribute Name="urn:x"/>"#
        let most = String(repeating: attribute, count: AttributeQuery.mostNames)
        #expect(try read(Self.open + #"ID="q">"# + most + Self.close)?.names.count == AttributeQuery.mostNames)
        let long = String(repeating: "x", count: AttributeQuery.longestID)
        #expect(try read(Self.open + #"ID="\#(long)">"# + Self.close)?.id == long)
        let name = String(repeating: "x", count: 257)
        for (content, code) in [
            (Self.open + ">" + Self.close, MSSFault.Code.missingParam),
            (Self.open + #"ID="">"# + Self.close, .missingParam),
            (Self.open + #"ID="\#(long)x">"# + Self.close, .wrongDataLength),
            (Self.open + #"ID="q" Version="1.1">"# + Self.close, .wrongParam),
            (Self.open + #"ID="q"><a:Attribute/>"# + Self.close, .missingParam),
            (Self.open + #"ID="q"><a:Attribute Name="\#(name)"/>"# + Self.close, .wrongDataLength),
            (Self.open + #"ID="q">"# + most + attribute + Self.close, .wrongParam),
            (Self.open + #"ID="q"/>"# + Self.open + #"ID="r"/>"#, .wrongParam),
        ] {
            let fault = try #require(throws: MSSFault.self) { try read(content) }
            #expect(fault.code == code, "\(content.prefix(250))")
        }
    }

    @Test("goes on to the home as it was read, from JSON too")
    func carried() throws {
        var request = Sample.signature()
        request.additionalServices = [
            AdditionalService(uri: Self.uri, query: AttributeQuery(id: "q<\"&>\n\t 1", names: ["urn:\"x\"", "urn:y"])),
            AdditionalService(uri: "urn:other"),
        ]
        let octets = SignatureCodec.encodeRequest(request, Written.mesh)
        #expect(try SignatureCodec.decodeRequest(SOAPReader.request(octets)) == request)
        let json = #"[{"Description":"\#(Self.uri)","AttributeQuery":{"ID":"q [1]","Version":"2.0","#
        let member = #""Attribute":[{"Name":"urn:x"},{"Name":"urn:y","Other":1}]}}]"#
        let read = try WrittenJSON.decoded(WrittenJSON.signature(["AdditionalServices": json + member]))
        #expect(read.additionalServices.first?.query == AttributeQuery(id: "q [1]", names: ["urn:x", "urn:y"]))
        for (query, code) in [
            ("{}", 102), ("[]", 101), (#"{"ID":1}"#, 101), (#"{"ID":"q","Version":"3"}"#, 101),
            (#"{"ID":"q","Attribute":["urn:x"]}"#, 101), (#"{"ID":"q","Attribute":[{}]}"#, 102),
        ] {
            let list = #"[{"Description":"\#(Self.uri)","AttributeQuery":\#(query)}]"#
            let fault = try WrittenJSON.fault(WrittenJSON.signature(["AdditionalServices": list]))
            #expect(fault.code.rawValue == code, "\(query)")
        }
        let none = #"[{"Description":"\#(Self.uri)","AttributeQuery":null}]"#
        #expect(
            try WrittenJSON.decoded(WrittenJSON.signature(["AdditionalServices": none])).additionalServices
                == [AdditionalService(uri: Self.uri)]
        )
    }

    private static let response = Array(
        (#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" "#
            + #"xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="q&lt;&quot;&gt;"><saml:Issuer>å &amp; €</saml:Issuer>"#
            + #"<ds:Signature xmlns:ds="urn:d"> <ds:Empty/></ds:Signature></samlp:Response>"#).utf8
    )

    private func answer(_ content: [UInt8]) -> SignatureResponse {
        var response = Written.response(.validSignature, signature: [0x30])
        response.serviceResponses = [
            ServiceResponse(uri: Self.uri, entity: MeshMember(uri: "urn:home"), .personIdentity(content))
        ]
        return response
    }

    @Test("is answered by octets that every service on the way leaves as they are")
    func answered() throws {
        let response = answer(Self.response)
        for version in [SOAPShape.Version.v11, .v12] {
            var shape = SOAPShape.plain
            shape.version = version
            let octets = SignatureCodec.encodeResponse(response, shape)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(try SignatureCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
        let status = StatusResponse(
            header: response.header,
            mobileUser: response.mobileUser,
            signature: [0x30],
            status: .validSignature,
            serviceResponses: response.serviceResponses
        )
        let (message, document) = try SOAPReader.message(StatusCodec.encodeResponse(status, .plain), to: .status)
        #expect(try StatusCodec.decodeResponse(message).serviceResponses == response.serviceResponses)
        withExtendedLifetime(document) {}
        let json = Written.text(JSONCodec.encode(response))
        #expect(json.contains(#""SAMLResponse":"\#(Data(Self.response).base64EncodedString())""#), "\(json)")
    }

    @Test("is no answer where it would not stand by itself, or is something else")
    func damaged() throws {
        for text in [
            #"<fi:Response/>"#, "<x:Response xmlns:x=\"urn:x\"/>",
            // Its namespace is declared where the signature would not be carried.
            #"<fi:Other xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:Response/></fi:Other>"#,
        ] {
            let octets = SignatureCodec.encodeResponse(answer(Array(text.utf8)), .plain)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(throws: MSSFault.self, "\(text)") { try SignatureCodec.decodeResponse(message) }
            withExtendedLifetime(document) {}
        }
        let outside = Written.text(SignatureCodec.encodeResponse(answer(Array("<samlp:Response/>".utf8)), .plain))
            .replacing("<fi:ServiceResponses ", with: "<fi:ServiceResponses xmlns:samlp=\"\(Namespace.samlProtocol)\" ")
        let (message, document) = try SOAPReader.message(Array(outside.utf8), to: .signature)
        #expect(throws: MSSFault.self) { try SignatureCodec.decodeResponse(message) }
        withExtendedLifetime(document) {}
    }
}
