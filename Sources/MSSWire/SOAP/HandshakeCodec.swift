import Foundation
import MSSCore

/// MSS_HandshakeReq and MSS_HandshakeResp (§8.12, §8.13).
enum HandshakeCodec {
    /// The methods whose messages could be signed; each is a required attribute.
    private static let methods = [
        "MSS_Signature", "MSS_Registration", "MSS_Notification", "MSS_ProfileQuery", "MSS_Receipt", "MSS_Status",
    ]

    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> HandshakeRequest {
        let header = try HeaderCodec.decode(request.message)
        let asked = try HeaderCodec.required(request.message, "SecureMethods")
        for method in methods where asked.attribute(method) == nil {
            throw HeaderCodec.missing("SecureMethods/@\(method)")
        }
        let certificates = try list(request.message, "Certificates", "Certificate") { element in
            Data(base64Encoded: element.text, options: .ignoreUnknownCharacters).map { [UInt8]($0) }
        }
        let algorithms = try list(request.message, "SignatureAlgList", "Algorithm") { $0.child("mssURI")?.text }
        try request.validate()
        return HandshakeRequest(header: header, certificates: certificates, algorithms: algorithms)
    }

    /// A list that may be missing; more than a provider can need is refused.
    private static func list<Value>(
        _ message: XMLElement,
        _ name: String,
        _ item: String,
        _ read: (XMLElement) -> Value?
    ) throws(MSSFault) -> [Value] {
        let items = message.child(name)?.children(item) ?? []
        let values = items.compactMap(read)
        guard values.count == items.count, items.count <= 16 else {
            throw MSSFault(.wrongParam, "\(name) must hold sixteen of \(item) at most, each as the schema has it.")
        }
        return values
    }

    /// The methods that the home serves providers with, or tells them by.
    private static let secured: Set = [
        "MSS_Signature", "MSS_ProfileQuery", "MSS_Receipt", "MSS_Status", "MSS_Notification",
    ]

    /// Without more, no method is secured by XML signatures: TLS with both certificates is.
    static func encodeResponse(_ response: HandshakeResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSS_HandshakeResponse") { writer in
            let attributes: [(String, String?)] =
                HeaderCodec.attributes(response.header) + [("MSSP_TransID", response.transactionID)]
            writer.element(shape.messageName("MSS_HandshakeResp"), attributes) { writer in
                HeaderCodec.write(response.header, to: &writer)
                let methods = methods.map { method -> (String, String?) in
                    (method, response.isSecured && secured.contains(method) ? "true" : "false")
                }
                writer.element("mss:SecureMethods", methods)
                // Each signed answer brings the home's.
                writer.element("mss:MatchingMSSPCertificates", [])
                writer.element("mss:MatchingAPCertificates") { writer in
                    for certificate in response.certificates {
                        writer.element("mss:Certificate", text: Data(certificate).base64EncodedString())
                    }
                }
                writer.element("mss:MatchingSigAlgList") { writer in
                    for algorithm in response.algorithms {
                        SignatureCodec.writeReference(algorithm, "mss:Algorithm", &writer)
                    }
                }
            }
        }
    }
}
