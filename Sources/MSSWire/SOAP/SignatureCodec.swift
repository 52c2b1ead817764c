import Foundation
import MSSCore

/// MSS_SignatureReq and MSS_SignatureResp (§8.2, §8.3).
enum SignatureCodec {
    /// Longest text that is decoded; what the phone can show is far less.
    private static let longestText = 16_384

    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> SignatureRequest {
        let message = request.message
        let signature = SignatureRequest(
            header: try HeaderCodec.decode(message),
            mobileUser: try HeaderCodec.mobileUser(message),
            dataToBeSigned: try data(try HeaderCodec.required(message, "DataToBeSigned", specifier: 1022)),
            dataToBeDisplayed: try displayed(message),
            signatureProfile: try reference(message, "SignatureProfile"),
            additionalServices: try services(message),
            format: try reference(message, "MSS_Format"),
            validityDate: try validityDate(message),
            timeOut: try timeOut(message),
            messagingMode: try mode(message)
        )
        try request.validate()
        return signature
    }

    static func encodeRequest(_ request: SignatureRequest, _ mesh: MeshContext) -> [UInt8] {
        let attributes: [(String, String?)] =
            HeaderCodec.attributes(request.header) + [
                ("ValidityDate", request.validityDate.map { WireTime.text($0) }),
                ("TimeOut", request.timeOut.map { String($0) }), ("MessagingMode", request.messagingMode.rawValue),
            ]
        return SOAPShape.plain.envelope(wrapper: "MSS_Signature", header: mesh.write) { writer in
            writer.element("mss:MSS_SignatureReq", attributes) { writer in
                HeaderCodec.write(request.header, to: &writer)
                HeaderCodec.write(request.mobileUser, to: &writer)
                write(request.dataToBeSigned, "mss:DataToBeSigned", &writer)
                if let displayed = request.dataToBeDisplayed { write(displayed, "mss:DataToBeDisplayed", &writer) }
                writeReference(request.signatureProfile, "mss:SignatureProfile", &writer)
                if !request.additionalServices.isEmpty {
                    writer.element("mss:AdditionalServices") { writer in
                        for service in request.additionalServices {
                            ServiceCodec.write(service, to: &writer)
                        }
                    }
                }
                writeReference(request.format, "mss:MSS_Format", &writer)
            }
        }
    }

    static func encodeResponse(_ response: SignatureResponse, _ shape: SOAPShape) -> [UInt8] {
        let attributes: [(String, String?)] =
            HeaderCodec.attributes(response.header) + [
                ("MSSP_TransID", response.transactionID),
                // Said again where older shell clients look for the id's end.
                ("xmlns:mss", Namespace.mss),
            ]
        return shape.envelope(wrapper: "MSS_SignatureResponse") { writer in
            writer.element(shape.messageName("MSS_SignatureResp"), attributes) { writer in
                HeaderCodec.write(response.header, to: &writer)
                HeaderCodec.write(response.mobileUser, to: &writer)
                MSSSignatureCodec.write(response.signature, response.certificate, to: &writer)
                writeReference(response.signatureProfile, "mss:SignatureProfile", &writer)
                ServiceResponseCodec.write(response.status, response.serviceResponses, to: &writer)
            }
        }
    }

    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> SignatureResponse {
        let (signature, certificate) = try MSSSignatureCodec.decode(message)
        let status = try HeaderCodec.status(message)
        guard (signature == nil) == (status == .requestOK) else {
            throw MSSFault(.internalError, cause: "a status that does not go with having a signature or none")
        }
        return SignatureResponse(
            header: try HeaderCodec.decode(message),
            transactionID: try HeaderCodec.name(message, "MSSP_TransID"),
            mobileUser: try HeaderCodec.mobileUser(message),
            signature: signature,
            certificate: certificate,
            signatureProfile: try reference(message, "SignatureProfile"),
            status: status,
            serviceResponses: try ServiceResponseCodec.decode(message)
        )
    }
}

extension SignatureCodec {
    static func data(_ element: XMLElement) throws(MSSFault) -> DataToBeSigned {
        guard element.children.isEmpty else { throw MSSFault(.wrongParam, "\(element.name) must hold text alone.") }
        guard element.text.utf8.count <= longestText else {
            throw MSSFault(.wrongDataLength, "\(element.name) has more than \(longestText) octets.")
        }
        return DataToBeSigned(
            element.text,
            mimeType: try HeaderCodec.optionalText(element, "MimeType"),
            encoding: try HeaderCodec.optionalText(element, "Encoding")
        )
    }

    private static func displayed(_ message: XMLElement) throws(MSSFault) -> DataToBeSigned? {
        guard let element = message.child("DataToBeDisplayed") else { return nil }
        return try data(element)
    }

    static func write(_ data: DataToBeSigned, _ name: String, _ writer: inout XMLWriter) {
        writer.element(name, [("MimeType", data.mimeType), ("Encoding", data.encoding)], text: data.content)
    }

    private static func reference(_ message: XMLElement, _ name: String) throws(MSSFault) -> String? {
        guard let element = message.child(name) else { return nil }
        return try uri(element)
    }

    static func uri(_ element: XMLElement) throws(MSSFault) -> String {
        guard let text = element.child("mssURI")?.word, !text.isEmpty else {
            throw HeaderCodec.missing(element.name + "/mssURI")
        }
        guard text.utf8.count <= 512 else {
            throw MSSFault(.wrongDataLength, "\(element.name)/mssURI must have at most 512 characters.")
        }
        return text
    }

    static func writeReference(_ uri: String?, _ name: String, _ writer: inout XMLWriter) {
        guard let uri else { return }
        writer.element(name) { $0.element("mss:mssURI", text: uri) }
    }

    private static func services(_ message: XMLElement) throws(MSSFault) -> [AdditionalService] {
        var services: [AdditionalService] = []
        for service in message.child("AdditionalServices")?.children("Service") ?? [] {
            guard services.count < 16 else {
                throw MSSFault(.wrongParam, "AdditionalServices names too many services.")
            }
            services.append(try ServiceCodec.decode(service))
        }
        return services
    }

    private static func validityDate(_ message: XMLElement) throws(MSSFault) -> Date? {
        guard let text = message.attribute("ValidityDate") else { return nil }
        guard let date = WireTime.date(text.withoutMargins) else {
            throw MSSFault(.wrongParam, "ValidityDate is no xs:dateTime, such as 2026-11-24T12:00:00Z.")
        }
        return date
    }

    /// An attribute; some clients write an element, before the standard's or behind them.
    private static func timeOut(_ message: XMLElement) throws(MSSFault) -> Int? {
        try seconds(message.attribute("TimeOut") ?? message.child("TimeOut")?.text)
    }

    /// TimeOut, as it was written.
    static func seconds(_ text: String?) throws(MSSFault) -> Int? {
        guard let text else { return nil }
        guard let seconds = Int(text.withoutMargins), seconds > 0 else {
            throw MSSFault(.wrongParam, "TimeOut must be a positive number of seconds.")
        }
        return seconds
    }

    private static func mode(_ message: XMLElement) throws(MSSFault) -> MessagingMode {
        guard let text = message.attribute("MessagingMode")?.withoutMargins, !text.isEmpty else {
            throw HeaderCodec.missing("MessagingMode")
        }
        guard let mode = MessagingMode(rawValue: text) else {
            throw MSSFault(.wrongParam, "MessagingMode must be synch or asynchClientServer.", specifier: 1013)
        }
        return mode
    }
}
