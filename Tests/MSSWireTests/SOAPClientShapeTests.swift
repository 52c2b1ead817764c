import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("Requests as real clients write them")
struct SOAPClientShapeTests {
    /// A client's manner, and how the answer must begin for it.
    struct Client: Sendable, CustomTestStringConvertible {
        var name: String
        var msisdn: String
        var body: String
        var envelope = Namespace.soap12
        var testDescription: String { name }

        static let all = [
            Client(name: "laverca", msisdn: "+358401234567", body: "<MSS_SignatureResponse><mss:MSS_SignatureResp "),
            Client(name: "shell", msisdn: "+358401234567", body: "<MSS_SignatureResponse><mss:MSS_SignatureResp "),
            Client(
                name: "jax-ws",
                msisdn: "358401234567",
                body: #"<wrap:MSS_SignatureResponse xmlns:wrap="http://uri.etsi.org/TS102204/etsi204-kiuru.wsdl">"#
                    + "<MSS_SignatureResp "
            ),
            Client(
                name: "axis11",
                msisdn: "358401234567",
                body: #"<wrap:MSS_SignatureResponse xmlns:wrap="urn:test:vendor"><MSS_SignatureResp "#,
                envelope: Namespace.soap11
            ),
            Client(
                name: "typescript",
                msisdn: "358401234567",
                body: "<mss:MSS_SignatureResponse><mss:MSS_SignatureResp ",
                envelope: Namespace.soap11
            ),
            Client(
                name: "default-namespace",
                msisdn: "+358401234567",
                body: "<MSS_SignatureResponse><mss:MSS_SignatureResp "
            ),
            Client(name: "php", msisdn: "+358401234567", body: "<MSS_SignatureResponse><mss:MSS_SignatureResp "),
            Client(name: "bare", msisdn: "+358401234567", body: "<mss:MSS_SignatureResp "),
            Client(
                name: "php-helper",
                msisdn: "+358401234567",
                body: "<MSS_SignatureResponse><mss:MSS_SignatureResp "
            ),
            Client(name: "valimo", msisdn: "358401234567", body: "<MSS_SignatureResponse><MSS_SignatureResp "),
            Client(
                name: "wcf",
                msisdn: "358401234567",
                body: #"<wrap:MSS_SignatureResponse xmlns:wrap="http://uri.etsi.org/TS102204/etsi204-kiuru.wsdl">"#
                    + "<MSS_SignatureResp ",
                envelope: Namespace.soap11
            ),
            Client(
                name: "php-soap",
                msisdn: "358401234567",
                body: #"<wrap:MSS_SignatureResponse xmlns:wrap="http://uri.etsi.org/TS102204/etsi204-kiuru.wsdl">"#
                    + "<MSS_SignatureResp "
            ),
        ]
    }

    @Test("each is understood and answered in kind", arguments: Client.all)
    func signature(_ client: Client) throws {
        let request = try SOAPReader.request(try Written.vector(client.name))
        #expect(request.operation == .signature)
        let signature = try SignatureCodec.decodeRequest(request)
        #expect(signature.dataToBeSigned == DataToBeSigned("Päätös", mimeType: "text/plain", encoding: "UTF-8"))
        #expect(signature.mobileUser.msisdn == client.msisdn)
        #expect(signature.header.apInfo.id == Sample.apID)
        #expect(signature.signatureProfile == "http://alauda.mobi/digitalSignature")
        #expect(signature.timeOut == 60)

        var response = Written.response()
        response.header = signature.header
        let answer = Written.text(SignatureCodec.encodeResponse(response, request.shape))
        let start =
            #"<soapenv:Envelope xmlns:soapenv="\#(client.envelope)" xmlns:mss="\#(Namespace.mss)"><soapenv:Body>"#
        #expect(answer.hasPrefix(start + client.body))
        #expect(!answer.contains("a-password"))
        #expect(answer.contains(#"AP_PWD="""#))
    }

    @Test("an answer stands on one line with the prefixes that shell clients look for")
    func literalPrefixes() {
        let response = Written.response(.validSignature, signature: [UInt8](repeating: 0xAB, count: 3_000))
        let answer = Written.text(SignatureCodec.encodeResponse(response, .plain))
        #expect(!answer.contains("\n") && !answer.contains("\r") && !answer.contains("> <"))
        for piece in [
            #"<mss:StatusCode Value="502"/>"#, "<mss:StatusMessage>VALID_SIGNATURE</mss:StatusMessage>",
            "<mss:MSISDN>+358401234567</mss:MSISDN>", #" AP_TransID="T1""#,
            #" MSSP_TransID="habcdefghijklmnopqrstuvwxyz""#, "<mss:Base64Signature>q6ur",
        ] {
            #expect(answer.contains(piece), "\(piece)")
        }
    }

    @Test("a StatusDetail stands only where a service says something, in FiCom's namespace with the service's URI")
    func serviceResponses() {
        var response = Written.response()
        #expect(!Written.text(SignatureCodec.encodeResponse(response, .plain)).contains("StatusDetail"))
        response.serviceResponses = [
            ServiceResponse(uri: AdditionalService.validate, entity: MeshMember(uri: "urn:home"), code: .crlExpired)
        ]
        let answer = Written.text(SignatureCodec.encodeResponse(response, .plain))
        let expected = """
            <mss:Status><mss:StatusCode Value="500"/><mss:StatusMessage>SIGNATURE</mss:StatusMessage><mss:StatusDetail>\
            <fi:ServiceResponses xmlns:fi="http://mss.ficom.fi/TS102204/v1.0.0#"><fi:ServiceResponse><fi:Description>\
            <mss:mssURI>http://uri.etsi.org/TS102204/v1.1.2#validate</mss:mssURI></fi:Description><fi:Entity>\
            <mss:URI>urn:home</mss:URI></fi:Entity><fi:Status><mss:StatusCode Value="424"/>\
            <mss:StatusMessage>CRL_EXPIRED</mss:StatusMessage></fi:Status></fi:ServiceResponse></fi:ServiceResponses>\
            </mss:StatusDetail></mss:Status>
            """
        #expect(answer.contains(expected), "\(answer)")
    }

    @Test("a status query may name the person, with a transaction id of its own")
    func status() throws {
        let request = try SOAPReader.request(try Written.vector("jax-ws-status"))
        #expect(request.operation == .status)
        let status = try StatusCodec.decodeRequest(request)
        #expect(status.transactionID == "habcdefghijklmnopqrstuvwxyz")
        let answer = Written.text(StatusCodec.encodeResponse(Written.status(), request.shape))
        #expect(answer.contains(#"etsi204-kiuru.wsdl"><MSS_StatusResp MajorVersion="1" MinorVersion="1">"#))
        #expect(answer.contains("<wrap:MSS_StatusQueryResponse "))
    }

    @Test("a status query may name its transaction in an element, a receipt may bring a time of its own")
    func transactionElement() throws {
        let request = try SOAPReader.request(try Written.vector("valimo-status"))
        #expect(try StatusCodec.decodeRequest(request).transactionID == "habcdefghijklmnopqrstuvwxyz")
        let answer = Written.text(StatusCodec.encodeResponse(Written.status(), request.shape))
        #expect(answer.contains("<MSS_StatusQueryResponse><MSS_StatusResp "))
        let receipt = try SOAPReader.request(try Written.vector("shell-receipt"))
        #expect(try ReceiptCodec.decodeRequest(receipt).transactionID == "habcdefghijklmnopqrstuvwxyz")
        #expect(try ReceiptCodec.decodeRequest(receipt).message?.content == "Päätös on maksettu")
    }

    @Test("services of other namespaces pass the schema and arrive by their names")
    func services() throws {
        let signature = try SignatureCodec.decodeRequest(SOAPReader.request(try Written.vector("shell")))
        #expect(signature.asksForValidation)
        #expect(
            signature.additionalServices.map(\.uri) == [
                AdditionalService.validate, "http://mss.ficom.fi/TS102204/v1.0.0#userLang",
            ]
        )
    }

    @Test("an answer carries the version of its request")
    func version() throws {
        let signature = try SignatureCodec.decodeRequest(SOAPReader.request(try Written.vector("jax-ws")))
        #expect(signature.header.minorVersion == 2)
        var response = Written.response()
        response.header = signature.header
        #expect(Written.text(SignatureCodec.encodeResponse(response, .plain)).contains(#"MinorVersion="2""#))
    }
}
