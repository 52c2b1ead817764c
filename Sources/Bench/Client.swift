import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Kept-alive mutual TLS to one service.
struct Client {
    private let http: HTTPClient
    private let url: String

    /// Shows the certificate and key `name` of the PKI's folder, over at most so many connections at once.
    init(url: String, pki: String, name: String, connections: Int) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(pki + "/mesh-ca.pem")
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile("\(pki)/\(name).pem").map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: "\(pki)/\(name).key", format: .pem))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.url = url
    }

    struct Answer {
        var text: String
        /// Milliseconds that the service attributes to message centre, card and person.
        var sim: Double?
    }

    func post(_ envelope: String, to port: String) async throws -> Answer {
        var request = HTTPClientRequest(url: url + "/soap/services/" + port)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/soap+xml; charset=utf-8")
        request.body = .bytes(ByteBuffer(string: envelope))
        let response = try await http.execute(request, timeout: .seconds(120))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(text: String(buffer: body), sim: Self.sim(response.headers))
    }

    func shutdown() async throws {
        try await http.shutdown()
    }

    private static func sim(_ headers: HTTPHeaders) -> Double? {
        headers["Server-Timing"].first.flatMap { value in
            value.split(separator: "dur=").last.flatMap { Double($0) }
        }
    }
}

/// The envelopes that are sent.
enum Message {
    enum Mode {
        /// Answered with the signature, within a minute.
        case synch
        /// Answered at once; the user has as long as the platform allows.
        case asynch

        fileprivate var attributes: String {
            switch self {
            case .synch: "MessagingMode=\"synch\" TimeOut=\"60\""
            case .asynch: "MessagingMode=\"asynchClientServer\""
            }
        }
    }

    static func signature(
        ap: String,
        transaction: String,
        msisdn: String,
        text: String,
        mode: Mode = .synch
    ) -> String {
        envelope(
            "MSS_Signature",
            """
            <mss:MSS_SignatureReq MajorVersion="1" MinorVersion="1" \(mode.attributes)>\
            \(header(ap, transaction))<mss:MobileUser><mss:MSISDN>\(msisdn)</mss:MSISDN></mss:MobileUser>\
            <mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">\(text)</mss:DataToBeSigned>\
            </mss:MSS_SignatureReq>
            """
        )
    }

    static func registration(
        _ name: String,
        target: String,
        transaction: String,
        parameters: [(String, String)]
    ) -> String {
        let list = parameters.map { "<mreg:Parameter Name=\"\($0.0)\" Value=\"\($0.1)\"/>" }.joined()
        return envelope(
            "MSS_Registration",
            """
            <mss:MSS_RegistrationReq MajorVersion="1" MinorVersion="1">\(header("ra-demo", transaction))\
            <mss:MobileUser/><mreg:RegistrationInput InputId="_1" MessagingMode="synch">\
            <mreg:Target>\(target)</mreg:Target><mreg:MregRequest>\
            <mreg:ProvisioningOperation Name="\(name)">\(list)</mreg:ProvisioningOperation>\
            </mreg:MregRequest></mreg:RegistrationInput></mss:MSS_RegistrationReq>
            """
        )
    }

    private static func header(_ ap: String, _ transaction: String) -> String {
        """
        <mss:AP_Info AP_ID="\(ap)" AP_TransID="\(transaction)" AP_PWD="x" Instant="2026-01-01T00:00:00Z"/>\
        <mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info>
        """
    }

    private static func envelope(_ operation: String, _ message: String) -> String {
        """
        <soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope" \
        xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#" \
        xmlns:mreg="http://www.methics.fi/MSSPRegistration/v1.0.0#"><soapenv:Body>\
        <\(operation)>\(message)</\(operation)></soapenv:Body></soapenv:Envelope>
        """
    }
}
