import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("MSS_Registration as a look-up")
struct CertificateCodecTests {
    /// As a deployed client asks.
    private static func envelope(_ message: String) -> [UInt8] {
        Array(
            """
            <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><MSS_Registration>\
            <m:MSS_RegistrationReq xmlns:m="http://uri.etsi.org/TS102204/v1.1.2#" MajorVersion="1" MinorVersion="1">\
            <m:AP_Info AP_ID="http://ap" AP_TransID="T1" AP_PWD="x" Instant="2026-01-01T00:00:00Z"/>\
            <m:MSSP_Info><m:MSSP_ID/></m:MSSP_Info>\(message)</m:MSS_RegistrationReq></MSS_Registration></s:Body>\
            </s:Envelope>
            """.utf8
        )
    }

    private static let user = "<m:MobileUser><m:MSISDN>+358401234567</m:MSISDN></m:MobileUser>"

    private func decode(_ octets: [UInt8]) throws -> WireServices.Message {
        try WireServices.decode(try SOAPReader.request(octets))
    }

    @Test("is a request that holds a user and nothing else")
    func request() throws {
        guard case .certificate(let read) = try decode(Self.envelope(Self.user)) else {
            throw MSSFault(.internalError)
        }
        #expect(read.mobileUser.msisdn == "+358401234567" && read.header.apInfo.id == "http://ap")
        guard case .certificate(let again) = try decode(CertificateCodec.encodeRequest(read, Written.mesh)) else {
            throw MSSFault(.internalError)
        }
        #expect(again == read)
    }

    @Test(
        "refuses what it would pass over",
        arguments: [
            ("", MSSFault.Code.missingParam), (user + "<m:CertificateURI>http://x</m:CertificateURI>", .wrongParam),
            (user + "<m:X509Certificate>AQID</m:X509Certificate>", .wrongParam), (user + user, .wrongParam),
        ]
    )
    func refused(_ message: String, _ code: MSSFault.Code) throws {
        let fault = #expect(throws: MSSFault.self) { try decode(Self.envelope(message)) }
        #expect(fault?.code == code)
    }

    @Test("answers 408 and the certificate, in the request's shape")
    func answer() throws {
        let shape = try SOAPReader.request(Self.envelope(Self.user)).shape
        let response = CertificateResponse(header: Sample.header(), certificate: [1, 2, 3])
        let text = Written.text(CertificateCodec.encodeResponse(response, shape))
        #expect(text.contains("<MSS_RegistrationResponse><mss:MSS_RegistrationResp "))
        #expect(
            text.contains(
                #"<mss:StatusCode Value="408"/><mss:StatusMessage>REGISTRATION_OK</mss:StatusMessage></mss:Status>"#
                    + "<mss:X509Certificate>AQID</mss:X509Certificate></mss:MSS_RegistrationResp>"
            ),
            "\(text)"
        )
    }

    @Test("is 102 where something can be registered, and not there where neither is offered")
    func offered() async throws {
        let message = try decode(Self.envelope(Self.user))
        let call = Call(peer: Sample.ap, deadline: .now + .seconds(5))
        let registering = WireServices(registrations: ScriptedService())
        let missing = await fault { () async throws(MSSFault) in
            _ = try await registering.answer(message, call, .soap(.plain))
        }
        #expect(missing == "102" && registering.serves(.registration))
        #expect(!WireServices(signatures: ScriptedService()).serves(.registration))
    }

    @Test("survives truncations and flipped bits as a fault or as another look-up")
    func damaged() throws {
        let good = Self.envelope(Self.user)
        var read = 0
        for octets in DamagedOctets.truncations(of: good) + DamagedOctets.bitFlips(of: good) {
            if case .certificate? = try? decode(octets) { read += 1 }
        }
        #expect(read > 0, "flips in values are other values")
    }
}
