import MSSCore

/// MSS_StatusReq and MSS_StatusResp (§8.4, §8.5).
enum StatusCodec {
    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> StatusRequest {
        let header = try HeaderCodec.decode(request.message)
        let id = try transactionID(of: request.message)
        try request.validate()
        let wait = try wait(request.message.attribute("Wait", in: Namespace.own))
        return StatusRequest(header: header, transactionID: id, wait: wait)
    }

    /// An attribute; Valimo's clients write an element.
    static func transactionID(of message: XMLElement) throws(MSSFault) -> String {
        try transactionID(
            message.attribute("MSSP_TransID")?.withoutMargins ?? message.child("MSSP_TransID")?.word
        )
    }

    /// A missing id is a wrong one (FiCom): what is asked after is not known either way.
    static func transactionID(_ text: String?) throws(MSSFault) -> String {
        guard let text, (1...64).contains(text.utf8.count) else {
            throw MSSFault(.wrongParam, "There is no such transaction: MSSP_TransID is missing or too long.")
        }
        return text
    }

    /// How long the provider would have the answer wait.
    static func wait(_ text: String?) throws(MSSFault) -> Int? {
        guard let text else { return nil }
        guard let seconds = Int(text.withoutMargins), (1...StatusRequest.longestWait).contains(seconds) else {
            throw MSSFault(.wrongParam, "Wait must be 1 to \(StatusRequest.longestWait) seconds.")
        }
        return seconds
    }

    static func encodeRequest(_ request: StatusRequest, _ mesh: MeshContext) -> [UInt8] {
        let attributes: [(String, String?)] =
            HeaderCodec.attributes(request.header) + [("MSSP_TransID", request.transactionID)]
        let wait: [(String, String?)] =
            request.wait.map { [("xmlns:own", Namespace.own), ("own:Wait", String($0))] } ?? []
        return SOAPShape.plain.envelope(wrapper: "MSS_StatusQuery", header: mesh.write) { writer in
            writer.element("mss:MSS_StatusReq", attributes + wait) { HeaderCodec.write(request.header, to: &$0) }
        }
    }

    static func encodeResponse(_ response: StatusResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSS_StatusQueryResponse") { writer in
            writer.element(shape.messageName("MSS_StatusResp"), HeaderCodec.attributes(response.header)) { writer in
                HeaderCodec.write(response.header, to: &writer)
                HeaderCodec.write(response.mobileUser, to: &writer)
                MSSSignatureCodec.write(response.signature, response.certificate, to: &writer)
                ServiceResponseCodec.write(response.status, response.serviceResponses, to: &writer)
            }
        }
    }

    /// Clients stumble over a final status without a signature: a transaction that failed is a fault (FiCom 2.1).
    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> StatusResponse {
        let (signature, certificate) = try MSSSignatureCodec.decode(message)
        let status = try HeaderCodec.status(message)
        guard (signature == nil) == (status == .outstandingTransaction) else {
            throw MSSFault(.internalError, cause: "a status that does not go with having a signature or none")
        }
        return StatusResponse(
            header: try HeaderCodec.decode(message),
            mobileUser: try HeaderCodec.mobileUser(message),
            signature: signature,
            certificate: certificate,
            status: status,
            serviceResponses: try ServiceResponseCodec.decode(message)
        )
    }
}
