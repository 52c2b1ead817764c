import Foundation
import MSSCore

/// MSS_Notification (§6.6): MSS_StatusResp to the provider, MSS_ReceiptReq back (docs/wire.md, "Notifications").
enum NotificationCodec {
    static func encode(_ notification: StatusNotification) -> [UInt8] {
        var shape = SOAPShape.plain
        shape.version = notification.soap
        return shape.envelope(wrapper: "MSS_Notification") { write(notification, to: &$0) }
    }

    /// MSS_StatusResp with MSSP_TransID; of a failed transaction with its fault in Status, for there is no asking that a
    /// fault could answer.
    static func write(_ notification: StatusNotification, to writer: inout XMLWriter) {
        let attributes =
            HeaderCodec.attributes(notification.header) + [("MSSP_TransID", notification.transactionID)]
        writer.element("mss:MSS_StatusResp", attributes) { writer in
            HeaderCodec.write(notification.header, to: &writer)
            HeaderCodec.write(notification.mobileUser, to: &writer)
            switch notification.outcome {
            case .signed(let response):
                MSSSignatureCodec.write(response.signature, response.certificate, to: &writer)
                ServiceResponseCodec.write(response.status, response.serviceResponses, to: &writer)
            case .failed(let fault):
                writer.element("mss:Status") { writer in
                    writer.element("mss:StatusCode", [("Value", String(fault.code.rawValue))])
                    writer.element("mss:StatusMessage", text: fault.code.name)
                    if let detail = fault.detail {
                        writer.element("mss:StatusDetail") {
                            $0.element("ns1:detail", [("xmlns:ns1", Namespace.faultDetail)], text: detail)
                        }
                    }
                }
            }
        }
    }

    /// Whether an answer is a receipt for the transaction: MSS_ReceiptReq in an envelope of either version, wrapped or not.
    static func acknowledges(_ octets: [UInt8], _ transactionID: String) -> Bool {
        let limits = XMLLimits(octets: NotificationClient.longestAnswer, elements: 1_000)
        guard let document = try? XMLDocument(octets, limits: limits), document.root.name == "Envelope",
            let body = document.root.children.first(where: { $0.name == "Body" }), let first = body.children.first
        else { return false }
        let receipt = [first, first.children.first].compactMap { $0 }.first { $0.name == "MSS_ReceiptReq" }
        return receipt?.attribute("MSSP_TransID") == transactionID
    }
}

extension NotificationCodec {
    static func encodeRequest(_ lease: NotificationLease, _ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSSP_Notifications", header: mesh.write) { writer in
            let attributes = [("Most", String(lease.most)), ("Wait", String(lease.wait))]
            writer.element("mss:MSSP_NotificationsReq", attributes) { writer in
                for id in lease.acknowledged { writer.element("mss:Acknowledged", [("MSSP_TransID", id)]) }
            }
        }
    }

    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> NotificationLease {
        func number(_ name: String, _ range: ClosedRange<Int>) throws(MSSFault) -> Int {
            guard let value = request.message.attribute(name).flatMap({ Int($0) }), range.contains(value) else {
                throw MSSFault(.wrongParam, "\(name) must be \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        }
        var acknowledged: [String] = []
        for element in request.message.children("Acknowledged") {
            acknowledged.append(try HeaderCodec.name(element, "MSSP_TransID"))
        }
        try request.validate()
        return NotificationLease(
            acknowledged: acknowledged,
            most: try number("Most", 0...NotificationLease.mostAtOnce),
            wait: try number("Wait", 0...NotificationLease.longestWait)
        )
    }

    static func encodeResponse(_ notifications: [StatusNotification], _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSSP_NotificationsResponse") { writer in
            writer.element("mss:MSSP_NotificationsResp") { writer in
                for notification in notifications {
                    let attributes: [(String, String?)] = [
                        ("Attempt", String(notification.attempt)),
                        ("SOAP", notification.soap == .v12 ? nil : notification.soap.rawValue),
                    ]
                    writer.element("mss:Due", attributes) { writer in
                        guard let envelope = notification.envelope else { return write(notification, to: &writer) }
                        // Octet by octet: it is signed.
                        writer.element("mss:Envelope", text: Data(envelope).base64EncodedString())
                    }
                }
            }
        }
    }

    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> [StatusNotification] {
        var notifications: [StatusNotification] = []
        for element in message.children("Due") {
            guard let attempt = element.attribute("Attempt").flatMap({ Int($0) }),
                let version = SOAPVersion(rawValue: element.attribute("SOAP") ?? SOAPVersion.v12.rawValue)
            else { throw unreadable }
            var notification: StatusNotification
            if let envelope = element.child("Envelope") {
                notification = try enveloped(envelope)
            } else {
                notification = try read(element.child("MSS_StatusResp"))
            }
            notification.attempt = attempt
            notification.soap = version
            notifications.append(notification)
        }
        return notifications
    }

    private static var unreadable: MSSFault {
        MSSFault(.internalError, cause: "a notification that is not as it must be")
    }

    /// One that the home has signed: what AE must know of it is read, and the octets are kept.
    private static func enveloped(_ element: XMLElement) throws(MSSFault) -> StatusNotification {
        guard let data = Data(base64Encoded: element.text),
            let document = try? XMLDocument([UInt8](data), limits: .answer),
            let body = document.root.children.last
        else { throw unreadable }
        // The message is part of the document's tree.
        defer { withExtendedLifetime(document) {} }
        var notification = try read(body.children.first?.child("MSS_StatusResp"))
        notification.envelope = [UInt8](data)
        return notification
    }

    private static func read(_ response: XMLElement?) throws(MSSFault) -> StatusNotification {
        guard let response else { throw unreadable }
        return StatusNotification(
            transactionID: try HeaderCodec.name(response, "MSSP_TransID"),
            header: try HeaderCodec.decode(response),
            mobileUser: try HeaderCodec.mobileUser(response),
            outcome: try outcome(response),
            attempt: 1
        )
    }

    private static func outcome(_ response: XMLElement) throws(MSSFault) -> StatusNotification.Outcome {
        let status = response.child("Status")
        guard response.child("MSS_Signature") == nil else { return .signed(try StatusCodec.decodeResponse(response)) }
        guard let value = status?.child("StatusCode")?.attribute("Value").flatMap({ Int($0) }),
            let code = MSSFault.Code(rawValue: value)
        else { throw MSSFault(.internalError, cause: "a notification without a signature or a fault") }
        return .failed(MSSFault(code, status?.child("StatusDetail")?.child("detail", in: Namespace.faultDetail)?.text))
    }
}
