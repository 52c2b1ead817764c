import MSSCore

/// MSS_ReceiptReq and MSS_ReceiptResp (§8.10, §8.11), with the extension by which clients ask for the user's reaction.
enum ReceiptCodec {
    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> ReceiptRequest {
        let message = request.message
        let receipt = ReceiptRequest(
            header: try HeaderCodec.decode(message),
            mobileUser: try HeaderCodec.mobileUser(message),
            transactionID: try StatusCodec.transactionID(of: message),
            message: try message.child("Message").map { data throws(MSSFault) in try SignatureCodec.data(data) },
            acknowledgement: try acknowledgement(message)
        )
        guard message.child("SignedReceipt") == nil else {
            throw MSSFault(.wrongParam, "SignedReceipt is not offered: leave it out.")
        }
        try request.validate()
        return receipt
    }

    private static func acknowledgement(
        _ message: XMLElement
    ) throws(MSSFault) -> ReceiptRequest.Acknowledgement? {
        guard let asked = detail(message, "ReceiptRequestExtension") else { return nil }
        return try acknowledgement(
            mode: asked.attribute("ReceiptMessagingMode"),
            timeOut: try SignatureCodec.seconds(asked.attribute("TimeOut"))
        )
    }

    /// What the extension's members ask for, whichever form they came in.
    static func acknowledgement(
        mode: String?,
        timeOut: Int?
    ) throws(MSSFault) -> ReceiptRequest.Acknowledgement {
        guard let mode, !mode.isEmpty else { throw HeaderCodec.missing("ReceiptMessagingMode") }
        guard mode == ReceiptExtension.mode else {
            throw MSSFault(.wrongParam, "ReceiptMessagingMode must be synch.", specifier: 1013)
        }
        return ReceiptRequest.Acknowledgement(timeOut: timeOut)
    }

    private static func detail(_ message: XMLElement, _ name: String) -> XMLElement? {
        message.child("Status")?.child("StatusDetail")?.child(name, in: Namespace.receipt)
    }

    static func encodeRequest(_ request: ReceiptRequest, _ mesh: MeshContext) -> [UInt8] {
        let attributes = HeaderCodec.attributes(request.header) + [("MSSP_TransID", request.transactionID)]
        return SOAPShape.plain.envelope(wrapper: "MSS_Receipt", header: mesh.write) { writer in
            writer.element("mss:MSS_ReceiptReq", attributes) { writer in
                HeaderCodec.write(request.header, to: &writer)
                HeaderCodec.write(request.mobileUser, to: &writer)
                if let asked = request.acknowledgement {
                    let members = [("TimeOut", asked.timeOut.map { String($0) })]
                    write("ReceiptRequestExtension", members, to: &writer)
                }
                if let text = request.message { SignatureCodec.write(text, "mss:Message", &writer) }
            }
        }
    }

    static func encodeResponse(_ response: ReceiptResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSS_ReceiptResponse") { writer in
            writer.element(shape.messageName("MSS_ReceiptResp"), HeaderCodec.attributes(response.header)) { writer in
                HeaderCodec.write(response.header, to: &writer)
                guard let reaction = response.reaction else { return HeaderCodec.write(.requestOK, to: &writer) }
                write("ReceiptResponseExtension", ReceiptExtension.members(reaction), to: &writer)
            }
        }
    }

    /// Status 100 with the extension in its detail.
    private static func write(_ name: String, _ members: [(String, String?)], to writer: inout XMLWriter) {
        let attributes = [("xmlns:sco", Namespace.receipt), ("ReceiptMessagingMode", ReceiptExtension.mode)] + members
        HeaderCodec.write(.requestOK, to: &writer) { $0.element("sco:" + name, attributes) }
    }

    /// - Throws: 900 for another status than 100, and for a reaction that this platform does not know.
    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> ReceiptResponse {
        guard try HeaderCodec.status(message) == .requestOK else {
            throw MSSFault(.internalError, cause: "a receipt with another status")
        }
        let told = detail(message, "ReceiptResponseExtension")
        let reaction = told.flatMap { told in ReceiptExtension.reaction { told.attribute($0) } }
        guard (told == nil) == (reaction == nil) else {
            throw MSSFault(.internalError, cause: "a receipt with an unknown reaction")
        }
        return ReceiptResponse(header: try HeaderCodec.decode(message), reaction: reaction)
    }
}

/// How the receipt extension words what the user did, in either form.
enum ReceiptExtension {
    static let mode = "synch"

    static func members(_ reaction: ReceiptResponse.Reaction) -> [(String, String?)] {
        switch reaction {
        case .confirmed: [("UserAck", "true"), ("UserResponse", #"{"status":"OK"}"#)]
        case .cancelled:
            [
                ("UserAck", "true"), ("UserResponse", #"{"status":"CANCEL"}"#),
                ("FaultMessage", "User Cancelled the request"),
            ]
        case .ignored: [("UserAck", "true"), ("UserResponse", #"{"status":"TIMEOUT"}"#)]
        case .unanswered: [("UserAck", "false")]
        }
    }

    /// The reaction whose members are these.
    static func reaction(_ member: (String) -> String?) -> ReceiptResponse.Reaction? {
        ReceiptResponse.Reaction.allCases.first { reaction in
            let members = members(reaction)
            return ["UserAck", "UserResponse"].allSatisfy { name in
                member(name) == members.first { $0.0 == name }.flatMap(\.1)
            }
        }
    }
}
