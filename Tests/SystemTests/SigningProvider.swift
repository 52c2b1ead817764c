import Foundation
import MSSTestSupport

/// A provider whose messages xmlsec1 signs, with the key of its TLS.
struct SigningProvider: Sendable {
    static let apID = "http://ae.demo.mssp/ap-signing"

    var provider: Provider

    init(_ platform: Platform) throws {
        provider = try Provider(platform, apID: Self.apID)
    }

    /// Asks AE for a signature, with a message that is signed.
    ///
    /// - Returns: The answer, and the digest that the request's signature is over, in base64.
    func sign(
        _ text: String,
        by msisdn: String,
        mode: String = "synch"
    ) async throws -> (answer: Provider.Answer, digest: String) {
        let message = """
            <mss:MSS_SignatureReq ID="m1" MajorVersion="1" MinorVersion="1" MessagingMode="\(mode)" TimeOut="30">\
            \(provider.header)<mss:MobileUser><mss:MSISDN>\(msisdn)</mss:MSISDN></mss:MobileUser>\
            <mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">\(text)</mss:DataToBeSigned></mss:MSS_SignatureReq>
            """
        let envelope = MessageSigner.envelope(message, MessageSigner.template(method: MessageSigner.ecdsaSHA256))
        let folder = try TemporaryFolder()
        try Data(envelope.utf8).write(to: folder.url.appending(path: "request.xml"))
        let signed = try await Command.run(
            "xmlsec1",
            [
                "--sign", "--id-attr:ID", MessageSigner.mss + ":MSS_SignatureReq", "--privkey-pem",
                provider.platform.file("pki/ap-demo.key"), "--output", "/dev/stdout", folder.path("request.xml"),
            ]
        )
        let answer = try await provider.post(
            Data(signed.text.utf8),
            to: provider.platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort"
        )
        return (answer, signed.text.between("<ds:DigestValue>", "<") ?? "unsigned")
    }

    /// Whether a home signed an envelope, over an element of it.
    static func verifies(
        _ envelope: String,
        _ element: String,
        of namespace: String = MessageSigner.mss,
        by home: Platform
    ) async throws -> Bool {
        let folder = try TemporaryFolder()
        try Data(envelope.utf8).write(to: folder.url.appending(path: "answer.xml"))
        return try await MessageSigner.verifies(
            folder.path("answer.xml"),
            element: element,
            of: namespace,
            root: home.file("pki/identity-ca.pem")
        )
    }
}

extension String {
    /// The text of the first element or attribute that `before` and `after` enclose.
    func between(_ before: String, _ after: String) -> String? {
        guard let start = range(of: before)?.upperBound,
            let end = range(of: after, range: start..<endIndex)?.lowerBound
        else { return nil }
        return String(self[start..<end])
    }
}
