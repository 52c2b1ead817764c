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
        try request.validate()
        return HandshakeRequest(header: header)
    }

    /// No method is secured by XML signatures: TLS with both certificates is.
    static func encodeResponse(_ response: HandshakeResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSS_HandshakeResponse") { writer in
            let attributes: [(String, String?)] =
                HeaderCodec.attributes(response.header) + [("MSSP_TransID", response.transactionID)]
            writer.element(shape.messageName("MSS_HandshakeResp"), attributes) { writer in
                HeaderCodec.write(response.header, to: &writer)
                writer.element("mss:SecureMethods", methods.map { ($0, "false") })
                writer.element("mss:MatchingMSSPCertificates", [])
                writer.element("mss:MatchingAPCertificates", [])
                writer.element("mss:MatchingSigAlgList", [])
            }
        }
    }
}
