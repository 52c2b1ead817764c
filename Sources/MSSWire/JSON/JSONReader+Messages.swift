import Foundation
import MSSCore

/// The messages' fields: the same limits and faults as in SOAP, and what JSON clients leave out filled in.
extension JSONReader {
    /// Longest text that is decoded; what the phone can show is far less.
    private static let longestText = 16_384

    func signature(_ message: JSONSignatureRequest) throws(MSSFault) -> SignatureRequest {
        SignatureRequest(
            header: try header(message.header),
            mobileUser: try mobileUser(message.mobileUser),
            dataToBeSigned: try signed(message),
            dataToBeDisplayed: try message.dataToBeDisplayed.map { data throws(MSSFault) in
                try self.data(data, "DataToBeDisplayed")
            },
            signatureProfile: try optional(message.signatureProfile, "SignatureProfile"),
            additionalServices: try services(message.additionalServices ?? []),
            format: try optional(message.format, "MSS_Format"),
            validityDate: try date(message.validityDate, "ValidityDate"),
            timeOut: try timeOut(message.timeOut),
            messagingMode: try mode(message.messagingMode)
        )
    }

    func status(_ message: JSONStatusRequest) throws(MSSFault) -> StatusRequest {
        let header = try header(message.header)
        guard let id = message.transactionID, (1...64).contains(id.utf8.count) else {
            throw MSSFault(.wrongParam, "There is no such transaction: MSSP_TransID is missing or too long.")
        }
        return StatusRequest(header: header, transactionID: id)
    }

    /// A header whose missing parts are filled in: AP_ID stays empty, for the acquiring entity knows the caller.
    private func header(_ header: JSONHeader) throws(MSSFault) -> MessageHeader {
        let major = try version(header.majorVersion, "MajorVersion") ?? 1
        let minor = try version(header.minorVersion, "MinorVersion") ?? 2
        guard major == 1, (0...2).contains(minor) else {
            throw MSSFault(.incompatibleInterface, "MajorVersion must be 1 and MinorVersion 0, 1 or 2.")
        }
        let info = header.apInfo
        _ = try date(info?.instant, "AP_Info/Instant")
        let member = try header.msspInfo?.msspID.map { member throws(MSSFault) in try self.member(member) }
        return MessageHeader(
            majorVersion: major,
            minorVersion: minor,
            apInfo: APInfo(
                id: try optional(info?.id, "AP_ID", longest: 256) ?? "",
                transID: try name(info?.transID, "AP_TransID") ?? "T\(trace)",
                instant: try optional(info?.instant, "AP_Info/Instant", longest: 64) ?? WireTime.text(now),
                url: try optional(info?.url, "AP_URL")
            ),
            msspInfo: MSSPInfo(
                msspID: member ?? MeshMember(),
                instant: try date(header.msspInfo?.instant, "MSSP_Info/Instant")
            )
        )
    }

    private func mobileUser(_ user: JSONMobileUser?) throws(MSSFault) -> MobileUser {
        guard let user else { throw HeaderCodec.missing("MobileUser") }
        return MobileUser(
            identityIssuer: try user.identityIssuer.map { issuer throws(MSSFault) in try member(issuer) },
            userIdentifier: try short(user.userIdentifier, "UserIdentifier"),
            homeMSSP: try user.homeMSSP.map { home throws(MSSFault) in try member(home) },
            msisdn: try short(user.msisdn, "MSISDN")
        )
    }

    private func member(_ member: JSONMember) throws(MSSFault) -> MeshMember {
        MeshMember(
            dnsName: try short(member.dnsName, "DNSName"),
            ipAddress: try short(member.ipAddress, "IPAddress"),
            uri: try short(member.uri, "URI"),
            identifier: try short(member.identifier, "IdentifierString")
        )
    }

    /// DataToBeSigned; without versions and without MimeType it is written as Kiuru's clients do, in base64.
    private func signed(_ message: JSONSignatureRequest) throws(MSSFault) -> DataToBeSigned {
        guard let written = message.dataToBeSigned else {
            throw HeaderCodec.missing("DataToBeSigned", specifier: 1022)
        }
        var data = try data(written, "DataToBeSigned", specifier: 1022)
        guard message.header.majorVersion == nil, data.mimeType == nil else { return data }
        guard let octets = Data(base64Encoded: data.content), let text = String(validating: octets, as: UTF8.self)
        else {
            throw MSSFault(
                .inappropriateData,
                "DataToBeSigned is no base64 of UTF-8, as it must be without MajorVersion and MimeType; "
                    + "a text as it stands has MimeType text/plain."
            )
        }
        guard isText(text) else { throw MSSFault(.inappropriateData, JSONError.character.description) }
        data.content = text
        return data
    }

    private func data(_ data: JSONData, _ name: String, specifier: Int? = nil) throws(MSSFault) -> DataToBeSigned {
        guard let content = data.data else { throw HeaderCodec.missing(name + "/Data", specifier: specifier) }
        guard content.utf8.count <= Self.longestText else {
            throw MSSFault(.wrongDataLength, "\(name) has more than \(Self.longestText) octets.")
        }
        return DataToBeSigned(
            content,
            mimeType: try optional(data.mimeType, "MimeType"),
            encoding: try optional(data.encoding, "Encoding")
        )
    }

    private func services(_ services: [JSONService]) throws(MSSFault) -> [AdditionalService] {
        guard services.count <= 16 else { throw MSSFault(.wrongParam, "AdditionalServices names too many services.") }
        return try services.map { service throws(MSSFault) in
            guard let uri = try optional(service.description, "AdditionalServices/Description") else {
                throw HeaderCodec.missing("AdditionalServices/Description")
            }
            var read = AdditionalService(uri: uri)
            guard let name = read.name?.element else { return read }
            let value = service.values[name]
            read.value = try value?.text.map { text throws(MSSFault) in try ServiceCodec.text(text, name) }
            read.isVerified = try ServiceCodec.isVerified(value?.verify)
            return read
        }
    }

    private func timeOut(_ number: JSONNumber?) throws(MSSFault) -> Int? {
        guard let number else { return nil }
        guard let seconds = Int(number.text), seconds > 0 else {
            throw MSSFault(.wrongParam, "TimeOut must be a positive number of seconds.")
        }
        return seconds
    }

    private func mode(_ text: String?) throws(MSSFault) -> MessagingMode {
        guard let text, !text.isEmpty else { throw HeaderCodec.missing("MessagingMode") }
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
    private func optional(_ text: String?, _ name: String, longest: Int = 512) throws(MSSFault) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= longest else {
            throw MSSFault(.wrongDataLength, "\(name) must have at most \(longest) octets.")
        }
        return text
    }

    /// A string that is repeated as it was, also when it is empty.
    private func short(_ text: String?, _ name: String) throws(MSSFault) -> String? {
        guard let text, try optional(text, name) != nil else { return text }
        return text
    }

    private func name(_ text: String?, _ name: String) throws(MSSFault) -> String? {
        guard let text = try optional(text, name, longest: 64) else { return nil }
        guard HeaderCodec.isName(text) else { throw HeaderCodec.notName(name) }
        return text
    }

    private func version(_ number: JSONNumber?, _ name: String) throws(MSSFault) -> Int? {
        guard let number else { return nil }
        guard number.text.utf8.count <= 8, let value = Int(number.text) else {
            throw MSSFault(.wrongParam, "\(name) must be a number.")
        }
        return value
    }

    private func date(_ text: String?, _ name: String) throws(MSSFault) -> Date? {
        guard let text = try optional(text, name, longest: 64) else { return nil }
        guard let date = WireTime.date(text) else {
            throw MSSFault(.wrongParam, "\(name) is no xs:dateTime, such as 2026-11-24T12:00:00Z.")
        }
        return date
    }

    /// Whether a text that was hidden in base64 is of characters that XML can carry on to the home.
    private func isText(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20..<0xFFFE, 0x10000...: true
            default: false
            }
        }
    }
}
