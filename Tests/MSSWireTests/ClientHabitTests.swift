import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

/// What clients do beyond one shape: ways of writing the same document, and what they mean by versions and ids.
@Suite("Habits of real clients")
struct ClientHabitTests {
    private func decoded(_ text: String) throws -> SignatureRequest {
        try SignatureCodec.decodeRequest(SOAPReader.request(Array(text.utf8)))
    }

    @Test(
        "a declaration may be written in any way, or not at all",
        arguments: [
            "", "<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='UTF-8'?>", "<?xml version=\"1.0\" ?>\n",
            "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n", "\u{FEFF}<?xml version=\"1.0\"?>",
            "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>", "<!-- made by hand -->\n", "\n  <?xml version=\"1.0\"?>",
        ]
    )
    func declarations(_ declaration: String) throws {
        #expect(try decoded(declaration + WrittenRequest().text).timeOut == 60)
    }

    @Test("attributes stand in any order, among declarations that nobody uses")
    func attributes() throws {
        let names = ["MajorVersion", "MinorVersion", "MessagingMode", "TimeOut"]
        for order in [names, names.reversed(), [names[2], names[0], names[3], names[1]]] {
            let written = order.map { "\($0)=\"\(WrittenRequest().message[$0] ?? "")\"" }.joined(separator: "\n\t")
            let text = WrittenRequest().text.replacing(
                /<mss:MSS_SignatureReq [^>]*>/,
                with: "<mss:MSS_SignatureReq xmlns:xsd='http://www.w3.org/2001/XMLSchema' \(written)>"
            )
            #expect(try decoded(text).messagingMode == .synch)
        }
    }

    @Test("any prefix will do, or none", arguments: ["mss", "ns2", "a.b-c", "soapenv1"])
    func prefixes(_ prefix: String) throws {
        let text = WrittenRequest().text.replacing("mss:", with: prefix + ":")
            .replacing("xmlns:mss=", with: "xmlns:\(prefix)=")
        #expect(try decoded(text).mobileUser.msisdn == "+358401234567")
    }

    @Test("white space, comments and CDATA between elements and in values change nothing")
    func layout() throws {
        let pretty = WrittenRequest().text.replacing("><", with: ">\r\n\t <!-- so -->\r\n<")
        #expect(try decoded(pretty) == decoded(WrittenRequest().text))
        let quoted = WrittenRequest().text
            .replacing("Sign this", with: "<![CDATA[Sign]]> <!-- not me --><![CDATA[this]]>")
            .replacing("+358401234567", with: "<![CDATA[+358401234567]]>")
        #expect(try decoded(quoted) == decoded(WrittenRequest().text))
    }

    @Test("header blocks of others are passed over unless they must be understood")
    func headers() throws {
        var request = WrittenRequest()
        request.header = """
            <s:Header><w:To xmlns:w="http://www.w3.org/2005/08/addressing">urn:x</w:To>\
            <x:Trace xmlns:x="urn:x" s:mustUnderstand="0"/></s:Header>
            """
        #expect(try request.decoded().timeOut == 60)
        request.header = request.header.replacing("\"0\"", with: "\"true\"")
        #expect(try SOAPReader.refusal(Array(request.text.utf8)).isMustUnderstand)
    }

    @Test(
        "a time is UTC or of any zone, with up to nine digits behind the second",
        arguments: [
            "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2025-12-31T19:00:00-05:00",
            "2026-01-01T00:00:00.0Z", "2026-01-01T00:00:00.000000000Z", "2026-01-01T05:30:00.0000000+05:30",
        ]
    )
    func instants(_ instant: String) throws {
        var request = WrittenRequest()
        request.apInfo["Instant"] = instant
        // It names the request, so it comes back as it was written.
        #expect(try request.decoded().header.apInfo.instant == instant)
        #expect(WireTime.date(instant)?.timeIntervalSince1970 == 1_767_225_600)
    }

    @Test(
        "an answer has its request's version, 1.2 of a signature and 2.0 of a profile query too",
        arguments: [
            (1, 0), (1, 1), (1, 2), (2, 0),
        ]
    )
    func versions(_ major: Int, _ minor: Int) throws {
        let user = MobileUser(msisdn: "+358401234567")
        var header = Sample.header()
        (header.majorVersion, header.minorVersion) = (major, minor)
        let asked = ProfileCodec.encodeRequest(ProfileRequest(header: header, mobileUser: user), Written.mesh)
        let read = try ProfileCodec.decodeRequest(SOAPReader.request(asked)).header
        let profile = ProfileResponse(header: read, signatureProfiles: [], sim: ProfileResponse.SIM())
        let version = "MajorVersion=\"\(major)\" MinorVersion=\"\(minor)\""
        #expect(Written.text(ProfileCodec.encodeResponse(profile, .plain)).contains(version))
        guard major == 1 else { return }
        var request = WrittenRequest()
        request.message["MinorVersion"] = String(minor)
        var response = Written.response()
        response.header = try request.decoded().header
        #expect(Written.text(SignatureCodec.encodeResponse(response, .plain)).contains(version))
    }

    @Test("MSSP_ID is empty, another platform's or what an answer said; AP_TransID is the signature's or a new one")
    func laterMessages() throws {
        for member in [
            MeshMember(), MeshMember(uri: "http://elsewhere.test/"), MeshMember(uri: "http://home.test.mssp"),
        ] {
            for name in ["T1", "ID-16fd2706-8baf-433b-82eb-8c7fada847da"] {
                var request = Sample.status("h1")
                request.header.msspInfo.msspID = member
                request.header.apInfo.transID = name
                let read = try StatusCodec.decodeRequest(
                    SOAPReader.request(StatusCodec.encodeRequest(request, Written.mesh))
                )
                #expect(read.header.apInfo.transID == name && read.header.msspInfo.msspID == member)
            }
        }
    }

    @Test("a status without a signature is 504 and nothing else: what failed is a fault, which clients wait for")
    func pending() throws {
        for status in Status.allCases {
            let answer = StatusCodec.encodeResponse(Written.status(status, signature: nil), .plain)
            let (message, document) = try SOAPReader.message(answer, to: .status)
            let read = withExtendedLifetime(document) { try? StatusCodec.decodeResponse(message) }
            #expect((read != nil) == (status == .outstandingTransaction), "\(status)")
        }
    }
}
