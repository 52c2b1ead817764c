import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A profile query on the wire")
struct ProfileCodecTests {
    private static let sim = ProfileResponse.SIM(
        state: .active,
        pin: ProfileResponse.PINStatus(isBlocked: true, told: Date(timeIntervalSince1970: 1_767_225_600)),
        certificates: [
            ProfileResponse.Certificate(
                der: [1, 2, 3],
                subject: "SERIALNUMBER=MSSP1,CN=Aino",
                state: .active,
                algorithm: "P-256",
                signatureProfiles: ["http://alauda.mobi/digitalSignature", "http://mid.swisscom.ch/Any-LoA4"],
                issuers: [
                    ProfileResponse.NamedCertificate(der: [4, 5], subject: "CN=Users"),
                    ProfileResponse.NamedCertificate(der: [6], subject: "CN=Root"),
                ]
            )
        ]
    )

    private func response(_ major: Int, _ minor: Int) -> ProfileResponse {
        var header = Sample.header().answered(
            by: "http://home.test.mssp",
            at: Date(timeIntervalSince1970: 1_767_225_600)
        )
        (header.majorVersion, header.minorVersion) = (major, minor)
        return ProfileResponse(
            header: header,
            signatureProfiles: ["http://alauda.mobi/digitalSignature"],
            sim: Self.sim
        )
    }

    private func decoded(_ message: String, wrapper: String = "MSS_ProfileQuery") throws -> ProfileRequest {
        let text = """
            <s:Envelope xmlns:s="\(Namespace.soap12)"><s:Body><\(wrapper)>\(message)</\(wrapper)></s:Body></s:Envelope>
            """
        return try ProfileCodec.decodeRequest(SOAPReader.request(Array(text.utf8)))
    }

    private func message(_ version: String = #"MajorVersion="2" MinorVersion="0""#, _ more: String = "") -> String {
        """
        <MSS_ProfileReq xmlns="\(Namespace.mss)" \(version)><AP_Info AP_ID="mid://ap" AP_PWD="x" AP_TransID="T1" \
        Instant="2026-01-01T00:00:00Z"/><MSSP_Info><MSSP_ID><URI>http://mid.swisscom.ch/</URI></MSSP_ID></MSSP_Info>\
        <MobileUser><MSISDN>41791234567</MSISDN></MobileUser>\(more)</MSS_ProfileReq>
        """
    }

    @Test("takes both versions, and the words of Params that there are")
    func request() throws {
        let swisscom = try decoded(
            message(#"MajorVersion="2" MinorVersion="0""#, "<Params>sscds state certs app</Params>")
        )
        #expect(swisscom.parameters == [.sscds, .state, .certs] && swisscom.header.majorVersion == 2)
        #expect(swisscom.mobileUser.msisdn == "41791234567")
        let laverca = try decoded(message(#"MajorVersion="1" MinorVersion="1""#))
        #expect(laverca.parameters.isEmpty && laverca.asks(for: .certs))
        for version in [#"MajorVersion="2" MinorVersion="1""#, #"MajorVersion="3" MinorVersion="0""#] {
            let fault = try #require(throws: MSSFault.self) { try decoded(message(version)) }
            #expect(fault.code == .incompatibleInterface)
        }
    }

    @Test("survives the way between two services, in both layouts", arguments: [(1, 1), (2, 0)])
    func roundTrip(_ major: Int, _ minor: Int) throws {
        let octets = ProfileCodec.encodeResponse(response(major, minor), .plain)
        guard case .message(let message, _) = try SOAPReader.response(octets, to: .profile) else {
            Issue.record("no message")
            return
        }
        let read = try ProfileCodec.decodeResponse(message)
        #expect(read.header.majorVersion == major && read.signatureProfiles == response(major, minor).signatureProfiles)
        #expect(read.sim.certificates == Self.sim.certificates)
        // The first layout has a place for certificates alone.
        #expect(read.sim.pin == (major == 1 ? nil : Self.sim.pin) && read.sim.state == (major == 1 ? nil : .active))
    }

    @Test("has the layout that the client's version reads")
    func layouts() {
        let first = Written.text(ProfileCodec.encodeResponse(response(1, 1), .plain))
        #expect(
            first.contains(
                "<mcs:ProfileQueryExtension xmlns:mcs=\"http://www.methics.fi/TS102204/ext/v1.0.0\"><mcs:MobileUserCertificate State=\"ACTIVE\""
            )
        )
        #expect(
            first.contains("SignatureProfiles=\"http://alauda.mobi/digitalSignature http://mid.swisscom.ch/Any-LoA4\"")
        )
        let second = Written.text(ProfileCodec.encodeResponse(response(2, 0), .plain))
        #expect(second.contains("<mcs:Sscds><mcs:Sim><mcs:State>ACTIVE</mcs:State><mcs:PinStatus blocked=\"true\""))
        #expect(second.contains("MajorVersion=\"2\" MinorVersion=\"0\""))
        // The user's, then those above it, each with its name.
        #expect(
            second.contains(
                "<ds:X509Certificate>AQID</ds:X509Certificate><ds:X509SubjectName>SERIALNUMBER=MSSP1,CN=Aino</ds:X509SubjectName>"
                    + "<ds:X509Certificate>BAU=</ds:X509Certificate><ds:X509SubjectName>CN=Users</ds:X509SubjectName>"
            )
        )
    }

    @Test("a certificate without a name, or a name without a certificate, is no answer")
    func unpaired() throws {
        let octets = ProfileCodec.encodeResponse(response(2, 0), .plain)
        for gone in [
            "<ds:X509SubjectName>CN=Root</ds:X509SubjectName>", "<ds:X509Certificate>Bg==</ds:X509Certificate>",
        ] {
            let text = Written.text(octets).replacing(gone, with: "")
            let (message, document) = try SOAPReader.message(Array(text.utf8), to: .profile)
            let fault = try #require(throws: MSSFault.self) {
                try withExtendedLifetime(document) { try ProfileCodec.decodeResponse(message) }
            }
            #expect(fault.code == .internalError)
        }
    }

    @Test("a request of the platform's own is read as it was meant")
    func ownRequest() throws {
        let request = ProfileRequest(
            header: Sample.header(),
            mobileUser: MobileUser(msisdn: "+358401234567"),
            parameters: [.state, .pinstatus]
        )
        let read = try ProfileCodec.decodeRequest(SOAPReader.request(ProfileCodec.encodeRequest(request, Written.mesh)))
        #expect(read == request)
    }
}

@Suite("A handshake on the wire")
struct HandshakeCodecTests {
    @Test("is answered with no secured methods, in the request's shape")
    func none() throws {
        let methods = [
            "MSS_Signature", "MSS_Registration", "MSS_Notification", "MSS_ProfileQuery", "MSS_Receipt", "MSS_Status",
        ]
        func text(_ methods: [String]) -> String {
            """
            <s:Envelope xmlns:s="\(Namespace.soap12)"><s:Body><MSS_Handshake><m:MSS_HandshakeReq xmlns:m="\(Namespace.mss)" \
            MajorVersion="1" MinorVersion="1"><m:AP_Info AP_ID="a:b" AP_PWD="" AP_TransID="T1" \
            Instant="2026-01-01T00:00:00Z"/><m:MSSP_Info><m:MSSP_ID/></m:MSSP_Info>\
            <m:SecureMethods \(methods.map { "\($0)=\"true\"" }.joined(separator: " "))/><m:Certificates/><m:RootCAs/>\
            <m:SignatureAlgList/></m:MSS_HandshakeReq></MSS_Handshake></s:Body></s:Envelope>
            """
        }
        let soap = try SOAPReader.request(Array(text(methods).utf8))
        #expect(soap.operation == .handshake)
        let request = try HandshakeCodec.decodeRequest(soap)
        let response = HandshakeResponse(header: request.header, transactionID: "h1")
        let answer = Written.text(HandshakeCodec.encodeResponse(response, soap.shape))
        #expect(answer.contains("<MSS_HandshakeResponse><mss:MSS_HandshakeResp"))
        #expect(answer.contains("MSSP_TransID=\"h1\"") && answer.contains("MSS_Signature=\"false\""))
        let short = try SOAPReader.request(Array(text(Array(methods.dropLast())).utf8))
        let fault = try #require(throws: MSSFault.self) { try HandshakeCodec.decodeRequest(short) }
        #expect(fault.code == .missingParam && fault.detail == "SecureMethods/@MSS_Status is missing.")
    }
}
