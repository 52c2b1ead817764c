import Crypto
import Foundation
import MSSTestSupport
import Signatures
import Testing

/// What the home signs, verified by xmlsec1 with the certificate's issuer alone.
@Suite("An answer that is signed")
struct AnswerSignatureTests {
    private static let soap12 = "http://www.w3.org/2003/05/soap-envelope"
    private static let soap11 = "http://schemas.xmlsoap.org/soap/envelope/"

    private static func envelope(_ soap: String, _ content: String) -> String {
        """
        <soapenv:Envelope xmlns:soapenv="\(soap)" xmlns:mss="\(MessageSigner.mss)"><soapenv:Body>\(content)\
        </soapenv:Body></soapenv:Envelope>
        """
    }

    /// As the home writes it, in both versions.
    private static let faults = [
        (
            soap12,
            """
            <soapenv:Fault><soapenv:Code><soapenv:Value>soapenv:Receiver</soapenv:Value><soapenv:Subcode>\
            <soapenv:Value>mss:_401</soapenv:Value><soapenv:Subcode xmlns:fi="urn:fi"><soapenv:Value>fi:_4011</soapenv:Value>\
            </soapenv:Subcode></soapenv:Subcode></soapenv:Code></soapenv:Fault>
            """
        ),
        (
            soap11,
            "<soapenv:Fault><faultcode>mss:_401</faultcode><faultstring>USER_CANCEL</faultstring></soapenv:Fault>"
        ),
    ]

    private func signed(_ envelope: String) async throws -> String {
        let signer = try await SigningProvider.shared.value
        let pem = try String(contentsOfFile: signer.pki.path("p256.key"), encoding: .utf8)
        let key = try P256.Signing.PrivateKey(pemRepresentation: pem)
        let answer = try AnswerSignature(
            to: Array(envelope.utf8),
            id: "_a1",
            certificates: [try await signer.certificate("p256")]
        )
        let value = try key.signature(for: answer.signedInfo).rawRepresentation
        return String(decoding: try answer.envelope(signed: Array(value)), as: UTF8.self)
    }

    private func verifies(_ text: String, _ element: String, of namespace: String) async throws -> Bool {
        let signer = try await SigningProvider.shared.value
        let root = signer.pki.path("p256.pem")
        return try await signer.verifies(Array(text.utf8), element: element, of: namespace, root: root)
    }

    @Test("is so over its message, in an operation's element or without one")
    func message() async throws {
        let message = #"<mss:MSS_StatusResp MSSP_TransID="h1"><mss:Status/></mss:MSS_StatusResp>"#
        for content in [message, "<MSS_Notification>\(message)</MSS_Notification>"] {
            for soap in [Self.soap11, Self.soap12] {
                let signed = try await signed(Self.envelope(soap, content))
                #expect(try await verifies(signed, "MSS_StatusResp", of: MessageSigner.mss), "\(signed)")
                let changed = signed.replacing("\"h1\"", with: "\"h2\"")
                #expect(try await !verifies(changed, "MSS_StatusResp", of: MessageSigner.mss))
            }
        }
    }

    @Test("is so over its body where it is a fault, the namespaces of its codes included", arguments: faults)
    func fault(soap: String, content: String) async throws {
        let signed = try await signed(Self.envelope(soap, content))
        #expect(signed.contains("<soapenv:Body ID=\"_a1\"><soapenv:Fault>"), "\(signed)")
        #expect(try await verifies(signed, "Body", of: soap), "\(signed)")
        for (part, other) in [("_401", "_402"), ("xmlns:mss=\"http", "xmlns:mss=\"urn:"), ("urn:fi", "urn:other")]
        where signed.contains(part) {
            // The header block's own name must stay what it is, or no signature would be looked for.
            let changed = signed.replacing(part, with: other)
            #expect(try await !verifies(changed, "Body", of: soap), "\(part)")
        }
    }

    @Test("is none that has no message, or a header already")
    func refused() {
        for content in ["", "<x/>"] {
            #expect(throws: (any Error).self) {
                try AnswerSignature(to: Array(Self.envelope(Self.soap12, content).utf8), id: "_a", certificates: [])
            }
        }
        let twice = Self.envelope(Self.soap12, "<a><b/></a>")
            .replacing("<soapenv:Body>", with: "<soapenv:Header/><soapenv:Body>")
        #expect(throws: (any Error).self) {
            try AnswerSignature(to: Array(twice.utf8), id: "_a", certificates: [])
        }
    }
}
