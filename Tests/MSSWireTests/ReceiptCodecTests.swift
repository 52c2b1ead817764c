import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A receipt on the wire")
struct ReceiptCodecTests {
    private static let id = "h1abcdefghijklmnopqrstuvwxyz"

    private func decoded(_ message: String, wrapper: String = "MSS_Receipt") throws -> ReceiptRequest {
        let text = """
            <s:Envelope xmlns:s="\(Namespace.soap11)"><s:Body><\(wrapper)>\(message)</\(wrapper)></s:Body></s:Envelope>
            """
        let request = try SOAPReader.request(Array(text.utf8))
        #expect(request.operation == .receipt)
        return try ReceiptCodec.decodeRequest(request)
    }

    /// As Swisscom's clients write it, with what stands between MobileUser and Message.
    private func message(_ status: String = "", _ more: String = "<Message>Paid</Message>") -> String {
        """
        <MSS_ReceiptReq xmlns="\(Namespace.mss)" MajorVersion="1" MinorVersion="1" MSSP_TransID="\(Self.id)">\
        <AP_Info AP_ID="mid://ap" AP_PWD="x" AP_TransID="T1" Instant="2026-01-01T00:00:00Z"/>\
        <MSSP_Info><MSSP_ID><URI>http://mid.swisscom.ch/</URI></MSSP_ID></MSSP_Info>\
        <MobileUser><MSISDN>41791234567</MSISDN></MobileUser>\(status)\(more)</MSS_ReceiptReq>
        """
    }

    private func status(_ attributes: String) -> String {
        """
        <Status><StatusCode Value="100"/><StatusDetail><ReceiptRequestExtension xmlns="\(Namespace.receipt)" \(attributes)>\
        <ReceiptProfile Language="en"><ReceiptProfileURI>http://mss.swisscom.ch/synch</ReceiptProfileURI></ReceiptProfile>\
        </ReceiptRequestExtension></StatusDetail></Status>
        """
    }

    @Test("is taken with the extension and without it, and without a message")
    func requests() throws {
        let plain = try decoded(message())
        #expect(plain.transactionID == Self.id && plain.mobileUser.msisdn == "41791234567")
        #expect(plain.message?.content == "Paid" && plain.acknowledgement == nil)
        #expect(try decoded(message("", "")).message == nil)
        let asking = try decoded(message(status(#"ReceiptMessagingMode="synch" UserAck="true""#)))
        #expect(asking.acknowledgement == ReceiptRequest.Acknowledgement())
        let limited = try decoded(message(status(#"ReceiptMessagingMode="synch" TimeOut="25" NetworkAck="true""#)))
        #expect(limited.acknowledgement?.timeOut == 25)
        // FiCom's copy of the final status asks for nothing.
        #expect(try decoded(message(#"<Status><StatusCode Value="500"/></Status>"#)).acknowledgement == nil)
    }

    @Test("is refused for what is not offered, by name")
    func refusals() throws {
        for (text, code, named) in [
            (message(status(#"ReceiptMessagingMode="asynch""#)), 101, "ReceiptMessagingMode"),
            (message(status(#"UserAck="true""#)), 102, "ReceiptMessagingMode"),
            (message(status(#"ReceiptMessagingMode="synch" TimeOut="0""#)), 101, "TimeOut"),
            (message("", "<Message><a/></Message>"), 101, "Message"),
            (message("", "<SignedReceipt/>"), 101, "SignedReceipt"),
            (message().replacing(Self.id, with: ""), 101, "MSSP_TransID"),
            (message().replacing("<MobileUser><MSISDN>41791234567</MSISDN></MobileUser>", with: ""), 102, "MobileUser"),
            (message("", "<Message>\(String(repeating: "x", count: 16_385))</Message>"), 103, "Message"),
        ] {
            let fault = try #require(throws: MSSFault.self) { try decoded(text) }
            #expect(fault.code.rawValue == code && fault.detail?.contains(named) == true, "\(fault.detail ?? "")")
        }
    }

    @Test("survives the way between two services")
    func roundTrip() throws {
        let text = DataToBeSigned("a<b & ä", mimeType: "text/plain", encoding: "UTF-8")
        for acknowledgement in [nil, ReceiptRequest.Acknowledgement(), ReceiptRequest.Acknowledgement(timeOut: 30)] {
            let request = ReceiptRequest(
                header: Sample.header(),
                mobileUser: MobileUser(msisdn: "+358401234567"),
                transactionID: Self.id,
                message: acknowledgement == nil ? nil : text,
                acknowledgement: acknowledgement
            )
            let soap = try SOAPReader.request(ReceiptCodec.encodeRequest(request, Written.mesh))
            #expect(soap.operation == .receipt && soap.mesh?.origin == Sample.ap)
            #expect(try ReceiptCodec.decodeRequest(soap) == request)
        }
    }

    @Test("comes back with what the user did", arguments: [nil] + ReceiptResponse.Reaction.allCases)
    func answers(_ reaction: ReceiptResponse.Reaction?) throws {
        let response = ReceiptResponse(header: Sample.header(), reaction: reaction)
        let octets = ReceiptCodec.encodeResponse(response, .plain)
        let (message, document) = try SOAPReader.message(octets, to: .receipt)
        #expect(try withExtendedLifetime(document) { try ReceiptCodec.decodeResponse(message) } == response)
        let text = Written.text(octets)
        #expect(text.contains("<MSS_ReceiptResponse><mss:MSS_ReceiptResp") && text.contains("StatusCode Value=\"100\""))
        #expect(text.contains("sco:ReceiptResponseExtension") == (reaction != nil))
        if reaction == .cancelled {
            #expect(text.contains(#"UserAck="true" UserResponse="{&quot;status&quot;:&quot;CANCEL&quot;}""#))
        }
    }

    @Test("with a reaction that nobody knows is no answer")
    func unknown() throws {
        let octets = ReceiptCodec.encodeResponse(ReceiptResponse(header: Sample.header(), reaction: .confirmed), .plain)
        for (from, to) in [("UserAck=\"true\"", "UserAck=\"maybe\""), ("Value=\"100\"", "Value=\"500\"")] {
            let text = Written.text(octets).replacing(from, with: to)
            let (message, document) = try SOAPReader.message(Array(text.utf8), to: .receipt)
            let fault = try #require(throws: MSSFault.self) {
                try withExtendedLifetime(document) { try ReceiptCodec.decodeResponse(message) }
            }
            #expect(fault.code == .internalError)
        }
    }
}
