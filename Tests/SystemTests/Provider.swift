import Foundation
import MSSTestSupport
import Testing

/// An application provider or an agent with curl: certificates and requests as a stranger would have them.
struct Provider: Sendable {
    let platform: Platform
    /// Whose certificate to show, from the PKI's folder; `nil` shows none.
    var certificate: String? = "ap-demo"
    var apID: String
    /// AP_TransID, for a request that is to be the same one again; else each has its own.
    var name: String?
    /// AP_URL, for a request whose end it wants to be told.
    var url: String?

    init(_ platform: Platform, certificate: String? = "ap-demo", apID: String? = nil) throws {
        self.platform = platform
        self.certificate = certificate
        self.apID = try apID ?? platform.variable("AP_ID")
    }

    struct Answer: Sendable {
        /// curl's exit code: not 0 when TLS or the connection failed.
        var exit: Int32
        var http: Int
        var body: String
        /// Seconds from the connection's beginning to the answer's end.
        var seconds: Double

        /// The text of the first element or attribute that `before` and `after` enclose.
        func between(_ before: String, _ after: String) -> String? {
            guard let start = body.range(of: before)?.upperBound else { return nil }
            guard let end = body.range(of: after, range: start..<body.endIndex)?.lowerBound else { return nil }
            return String(body[start..<end])
        }

        var status: String? { between("StatusCode Value=\"", "\"") }
        var transactionID: String? { between("MSSP_TransID=\"", "\"") }
        var signature: Data? { between("<mss:Base64Signature>", "<").flatMap { Data(base64Encoded: $0) } }
        /// The code in the fault's subcode.
        var fault: String? {
            http == 500 ? between("<soapenv:Value>mss:_", "<") : nil
        }
        /// The fault's sentence.
        var detail: String? {
            between("<ns1:detail", "</ns1:detail>").flatMap {
                $0.split(separator: ">", maxSplits: 1).last.map { String($0) }
            }
        }
    }

    func post(
        _ body: Data,
        to url: String,
        type: String = "application/soap+xml; charset=utf-8",
        options: [String] = []
    ) async throws -> Answer {
        let pki = platform.file("pki")
        var arguments = [
            "--silent", "--max-time", "60", "--cacert", pki + "/mesh-ca.pem", "-H", "Content-Type: \(type)",
            "-H", "Expect:", "--data-binary", "@-", "-w", "\n%{http_code} %{time_total}",
        ]
        if let certificate {
            arguments += ["--cert", "\(pki)/\(certificate).pem", "--key", "\(pki)/\(certificate).key"]
        }
        let result = try await Command.run("curl", arguments + options + [url], input: body)
        let text = result.text
        let line = text.lastIndex(of: "\n") ?? text.startIndex
        let figures = text[line...].split(whereSeparator: \.isWhitespace)
        return Answer(
            exit: result.status,
            http: figures.first.flatMap { Int($0) } ?? 0,
            body: String(text[..<line]),
            seconds: figures.last.flatMap { Double($0) } ?? .infinity
        )
    }

    /// Asks AE for a signature.
    func sign(
        _ text: String,
        by msisdn: String,
        mode: String = "synch",
        timeOut: Int = 30,
        type: String = "MimeType=\"text/plain\" Encoding=\"UTF-8\"",
        extra: String = "",
        at path: String = "/soap/services/MSS_SignaturePort",
        options: [String] = []
    ) async throws -> Answer {
        let message = """
            <mss:MSS_SignatureReq MajorVersion="1" MinorVersion="1" MessagingMode="\(mode)" TimeOut="\(timeOut)">\
            \(header)<mss:MobileUser><mss:MSISDN>\(msisdn)</mss:MSISDN></mss:MobileUser>\
            <mss:DataToBeSigned \(type)>\(text)</mss:DataToBeSigned>\(extra)\
            </mss:MSS_SignatureReq>
            """
        return try await post(
            Self.envelope("MSS_Signature", message),
            to: platform.variable("AE_URL") + path,
            options: options
        )
    }

    func status(of transaction: String) async throws -> Answer {
        let message = """
            <mss:MSS_StatusReq MajorVersion="1" MinorVersion="1" MSSP_TransID="\(transaction)">\(header)</mss:MSS_StatusReq>
            """
        return try await post(
            Self.envelope("MSS_StatusQuery", message),
            to: platform.variable("AE_URL") + "/soap/services/MSS_StatusQueryPort"
        )
    }

    /// Asks AE for a receipt, and for what the user does with it where `asks` says so.
    func receipt(
        of transaction: String,
        _ text: String,
        by msisdn: String,
        asks: Bool = true,
        at path: String = "/soap/services/MSS_ReceiptPort",
        soap: String = "http://www.w3.org/2003/05/soap-envelope"
    ) async throws -> Answer {
        let status = """
            <mss:Status><mss:StatusCode Value="100"/><mss:StatusDetail><sco:ReceiptRequestExtension \
            xmlns:sco="http://www.swisscom.ch/TS102204/ext/v1.0.0" ReceiptMessagingMode="synch" UserAck="true"/>\
            </mss:StatusDetail></mss:Status>
            """
        let message = """
            <mss:MSS_ReceiptReq MajorVersion="1" MinorVersion="1" MSSP_TransID="\(transaction)">\(header)\
            <mss:MobileUser><mss:MSISDN>\(msisdn)</mss:MSISDN></mss:MobileUser>\(asks ? status : "")\
            <mss:Message MimeType="text/plain" Encoding="UTF-8">\(text)</mss:Message></mss:MSS_ReceiptReq>
            """
        return try await post(
            Self.envelope("MSS_Receipt", message, soap: soap),
            to: platform.variable("AE_URL") + path,
            type: soap.contains("2003") ? "application/soap+xml; charset=utf-8" : "text/xml; charset=utf-8"
        )
    }

    /// Asks AE for a user's certificate.
    func certificate(of msisdn: String) async throws -> Answer {
        let message = """
            <mss:MSS_RegistrationReq MajorVersion="1" MinorVersion="1">\(header)\
            <mss:MobileUser><mss:MSISDN>\(msisdn)</mss:MSISDN></mss:MobileUser></mss:MSS_RegistrationReq>
            """
        return try await post(
            Self.envelope("MSS_Registration", message),
            to: platform.variable("AE_URL") + "/soap/services/MSS_RegistrationPort"
        )
    }

    /// Asks ME, or whoever answers at `url`, for a registration operation on a number.
    func register(
        _ operation: String,
        _ msisdn: String,
        _ parameters: KeyValuePairs<String, String> = [:],
        url: String? = nil
    ) async throws -> Answer {
        let written = parameters.map { "<mreg:Parameter Name=\"\($0.key)\" Value=\"\($0.value)\"/>" }.joined()
        let message = """
            <mss:MSS_RegistrationReq MajorVersion="1" MinorVersion="1">\(header)<mss:MobileUser/>\
            <mreg:RegistrationInput xmlns:mreg="http://www.methics.fi/MSSPRegistration/v1.0.0#" InputId="_1">\
            <mreg:Target><mreg:MobileUser><mss:MSISDN>\(msisdn)</mss:MSISDN></mreg:MobileUser></mreg:Target>\
            <mreg:MregRequest><mreg:ProvisioningOperation Name="\(operation)">\(written)\
            </mreg:ProvisioningOperation></mreg:MregRequest>\
            </mreg:RegistrationInput></mss:MSS_RegistrationReq>
            """
        return try await post(
            Self.envelope("MSS_Registration", message),
            to: (url ?? platform.variable("ME_URL")) + "/soap/services/MSS_RegistrationPort"
        )
    }

    var header: String {
        """
        <mss:AP_Info AP_ID="\(apID)" AP_TransID="\(name ?? "T\(UInt64.random(in: 0...UInt64.max))")" AP_PWD="not-looked-at" \
        Instant="2026-01-01T00:00:00Z"\(url.map { " AP_URL=\"\($0)\"" } ?? "")/><mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info>
        """
    }

    static func envelope(
        _ operation: String,
        _ message: String,
        soap: String = "http://www.w3.org/2003/05/soap-envelope"
    ) -> Data {
        Data(
            """
            <soapenv:Envelope xmlns:soapenv="\(soap)" \
            xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#"><soapenv:Body>\
            <\(operation)>\(message)</\(operation)></soapenv:Body></soapenv:Envelope>
            """.utf8
        )
    }
}

/// OpenSSL's verdict on a signature.
enum Verdict {
    /// Whether a signature without content verifies over a document.
    static func accepts(_ signature: Data, over document: Data, on platform: Platform) async throws -> Bool {
        let folder = try TemporaryFolder()
        try signature.write(to: folder.url.appending(path: "signature.der"))
        try document.write(to: folder.url.appending(path: "document"))
        let result = try await Command.run(
            "openssl",
            [
                "cms", "-verify", "-inform", "DER", "-in", folder.path("signature.der"), "-content",
                folder.path("document"), "-binary", "-CAfile", platform.file("pki/user-ca.pem"), "-purpose", "any",
                "-out", "/dev/null",
            ]
        )
        return result.status == 0
    }

    /// What `openssl asn1parse` prints of it.
    static func structure(of signature: Data) async throws -> String {
        try await Command.run("openssl", ["asn1parse", "-inform", "DER"], input: signature).text
    }

    /// What `openssl cms -verify` prints, or `nil` if its exit code says no.
    static func content(of signature: Data, on platform: Platform) async throws -> String? {
        let folder = try TemporaryFolder()
        try signature.write(to: folder.url.appending(path: "signature.der"))
        let result = try await Command.run(
            "openssl",
            [
                "cms", "-verify", "-inform", "DER", "-in", folder.path("signature.der"), "-CAfile",
                platform.file("pki/user-ca.pem"), "-purpose", "any", "-binary",
            ]
        )
        return result.status == 0 ? result.text : nil
    }
}
