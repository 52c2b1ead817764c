import Foundation
import MSSCore

/// The messages' fields: the same limits and faults as in SOAP, and what JSON clients leave out filled in.
extension JSONReader {
    /// Longest text that is decoded; what the phone can show is far less.
    private static let longestText = 16_384

    func signature(_ message: JSONFields) throws(MSSFault) -> SignatureRequest {
        SignatureRequest(
            header: try header(message),
            mobileUser: try mobileUser(message),
            dataToBeSigned: try signed(message),
            dataToBeDisplayed: try data(message, "DataToBeDisplayed"),
            signatureProfile: try optional(message, "SignatureProfile"),
            additionalServices: try services(message),
            format: try optional(message, "MSS_Format"),
            validityDate: try date(message, "ValidityDate"),
            timeOut: try SignatureCodec.seconds(try message.number("TimeOut")),
            messagingMode: try mode(message)
        )
    }

    func status(_ message: JSONFields) throws(MSSFault) -> StatusRequest {
        StatusRequest(
            header: try header(message),
            transactionID: try StatusCodec.transactionID(try message.text("MSSP_TransID")),
            wait: try StatusCodec.wait(try message.number("Wait"))
        )
    }

    func receipt(_ message: JSONFields) throws(MSSFault) -> ReceiptRequest {
        let detail = try message.object("Status")?.object("StatusDetail")
        let asked = try detail?.object("ReceiptRequestExtension")
        return ReceiptRequest(
            header: try header(message),
            mobileUser: try mobileUser(message),
            transactionID: try StatusCodec.transactionID(try message.text("MSSP_TransID")),
            message: try data(message, "Message"),
            acknowledgement: try asked.map { asked throws(MSSFault) in
                try ReceiptCodec.acknowledgement(
                    mode: try asked.text("ReceiptMessagingMode"),
                    timeOut: try SignatureCodec.seconds(try asked.number("TimeOut"))
                )
            }
        )
    }

    func profile(_ message: JSONFields) throws(MSSFault) -> ProfileRequest {
        ProfileRequest(
            header: try header(message, takesTwo: true),
            mobileUser: try mobileUser(message),
            parameters: ProfileCodec.parameters(try optional(message, "Params") ?? "")
        )
    }

    func cancel(_ message: JSONFields) throws(MSSFault) -> CancelRequest {
        let header = try header(message)
        guard let id = try name(message, "MSSP_TransID") else { throw HeaderCodec.missing("MSSP_TransID") }
        return CancelRequest(header: header, transactionID: id)
    }

    func fit(_ message: JSONFields) throws(MSSFault) -> FitRequest {
        FitRequest(
            header: try header(message),
            text: try signed(message).content,
            format: try optional(message, "MSS_Format")
        )
    }

    /// A header whose missing parts are filled in: AP_ID stays empty, for the acquiring entity knows the caller.
    private func header(_ message: JSONFields, takesTwo: Bool = false) throws(MSSFault) -> MessageHeader {
        let major = try version(message, "MajorVersion") ?? 1
        let minor = try version(message, "MinorVersion") ?? (major == 2 ? 0 : 2)
        try HeaderCodec.check(major, minor, takesTwo: takesTwo)
        let info = try message.object("AP_Info") ?? .empty
        _ = try date(info, "Instant", as: "AP_Info/Instant")
        let platform = try message.object("MSSP_Info") ?? .empty
        return MessageHeader(
            majorVersion: major,
            minorVersion: minor,
            apInfo: APInfo(
                id: try optional(info, "AP_ID", longest: 256) ?? "",
                transID: try name(info, "AP_TransID") ?? "T\(trace.description.prefix(31))",
                instant: try optional(info, "Instant", longest: 64) ?? WireTime.text(now),
                url: try optional(info, "AP_URL")
            ),
            // When the platform answered is for it to say: an Instant here is passed over, whatever it is.
            msspInfo: MSSPInfo(msspID: try member(platform, "MSSP_ID") ?? MeshMember(), instant: nil)
        )
    }

    private func mobileUser(_ message: JSONFields) throws(MSSFault) -> MobileUser {
        guard let user = try message.object("MobileUser") else { throw HeaderCodec.missing("MobileUser") }
        return MobileUser(
            identityIssuer: try member(user, "IdentityIssuer"),
            userIdentifier: try short(user, "UserIdentifier"),
            homeMSSP: try member(user, "HomeMSSP"),
            msisdn: try short(user, "MSISDN")
        )
    }

    private func member(_ fields: JSONFields, _ name: String) throws(MSSFault) -> MeshMember? {
        guard let member = try fields.object(name) else { return nil }
        return MeshMember(
            dnsName: try short(member, "DNSName"),
            ipAddress: try short(member, "IPAddress"),
            uri: try short(member, "URI"),
            identifier: try short(member, "IdentifierString")
        )
    }

    /// DataToBeSigned; without versions and without MimeType it is written as Kiuru's clients do, in base64.
    private func signed(_ message: JSONFields) throws(MSSFault) -> DataToBeSigned {
        guard var data = try data(message, "DataToBeSigned", specifier: 1022) else {
            throw HeaderCodec.missing("DataToBeSigned", specifier: 1022)
        }
        guard try message.number("MajorVersion") == nil, data.mimeType == nil else { return data }
        try decode(&data)
        return data
    }

    func decode(_ data: inout DataToBeSigned) throws(MSSFault) {
        guard let octets = Data(base64Encoded: data.content), let text = String(validating: octets, as: UTF8.self)
        else {
            throw MSSFault(
                .inappropriateData,
                "DataToBeSigned is no base64 of UTF-8, as it must be without MajorVersion and MimeType; "
                    + "a text as it stands has MimeType text/plain."
            )
        }
        // It goes on to the home as XML.
        guard text.isXMLText else { throw MSSFault(.inappropriateData, JSONError.character.description) }
        data.content = text
    }

    func data(
        _ message: JSONFields,
        _ name: String,
        specifier: Int? = nil
    ) throws(MSSFault) -> DataToBeSigned? {
        guard let data = try message.object(name) else { return nil }
        guard let content = try data.text("Data") else {
            throw HeaderCodec.missing(name + "/Data", specifier: specifier)
        }
        guard content.utf8.count <= Self.longestText else {
            throw MSSFault(.wrongDataLength, "\(name) has more than \(Self.longestText) octets.")
        }
        return DataToBeSigned(
            content,
            mimeType: try optional(data, "MimeType"),
            encoding: try optional(data, "Encoding")
        )
    }

    private func mode(_ message: JSONFields) throws(MSSFault) -> MessagingMode {
        guard let text = try message.text("MessagingMode"), !text.isEmpty else {
            throw HeaderCodec.missing("MessagingMode")
        }
        // What a published description of this interface calls it.
        if text == "asynch" { return .asynchClientServer }
        guard let mode = MessagingMode(rawValue: text) else {
            throw MSSFault(.wrongParam, "MessagingMode must be synch or asynchClientServer.", specifier: 1013)
        }
        return mode
    }
}

extension JSONReader {
    /// A string that may be missing; some clients write it empty instead.
    func optional(_ fields: JSONFields, _ name: String, longest: Int = 512) throws(MSSFault) -> String? {
        guard let text = try fields.text(name), !text.isEmpty else { return nil }
        guard text.utf8.count <= longest else {
            throw MSSFault(.wrongDataLength, "\(name) must have at most \(longest) octets.")
        }
        return text
    }

    /// A string that is repeated as it was, also when it is empty.
    private func short(_ fields: JSONFields, _ name: String) throws(MSSFault) -> String? {
        if let text = try optional(fields, name) { return text }
        return try fields.text(name)
    }

    private func name(_ fields: JSONFields, _ name: String) throws(MSSFault) -> String? {
        guard let text = try optional(fields, name, longest: 64) else { return nil }
        guard HeaderCodec.isName(text) else { throw HeaderCodec.notName(name) }
        return text
    }

    private func version(_ message: JSONFields, _ name: String) throws(MSSFault) -> Int? {
        guard let number = try message.number(name) else { return nil }
        guard number.utf8.count <= 8, let value = Int(number) else {
            throw MSSFault(.wrongParam, "\(name) must be a number.")
        }
        return value
    }

    private func date(_ fields: JSONFields, _ name: String, as place: String? = nil) throws(MSSFault) -> Date? {
        guard let text = try optional(fields, name, longest: 64) else { return nil }
        guard let date = WireTime.date(text) else {
            throw MSSFault(.wrongParam, "\(place ?? name) is no xs:dateTime, such as 2026-11-24T12:00:00Z.")
        }
        return date
    }
}
