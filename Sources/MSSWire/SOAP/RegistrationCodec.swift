import Foundation
import MSSCore

/// MSS_RegistrationReq and its answer, with the registration extension (§8.6, §8.7; docs/registration.md).
enum RegistrationCodec {
    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> RegistrationRequest {
        let header = try HeaderCodec.decode(request.message)
        // It may be empty: the operation's target names the person.
        _ = try HeaderCodec.required(request.message, "MobileUser")
        guard let input = request.message.child("RegistrationInput", in: Namespace.mreg) else {
            throw HeaderCodec.missing("RegistrationInput")
        }
        let registration = RegistrationRequest(
            header: header,
            operation: try OperationReader(input).operation(),
            messagingMode: try mode(input)
        )
        try request.validate()
        do { try request.document.validate(input, in: Namespace.mreg, by: .registration) } catch {
            throw MSSFault(.wrongParam, error.description)
        }
        return registration
    }

    static func encodeRequest(_ request: RegistrationRequest, _ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSS_Registration", header: mesh.write) { writer in
            writer.element("mss:MSS_RegistrationReq", HeaderCodec.attributes(request.header)) { writer in
                HeaderCodec.write(request.header, to: &writer)
                writer.element("mss:MobileUser")
                writer.element(
                    "mreg:RegistrationInput",
                    [
                        ("xmlns:mreg", Namespace.mreg), ("InputId", "_1"),
                        ("MessagingMode", request.messagingMode.rawValue),
                    ]
                ) { OperationWriter.write(request.operation, to: &$0) }
            }
        }
    }

    static func encodeResponse(
        _ response: RegistrationResponse,
        to operation: RegistrationOperation.Name,
        _ shape: SOAPShape
    ) -> [UInt8] {
        shape.envelope(wrapper: "MSS_RegistrationResponse") { writer in
            let name = shape.messageName("MSS_RegistrationResp")
            writer.element(name, HeaderCodec.attributes(response.header)) { writer in
                HeaderCodec.write(response.header, to: &writer)
                HeaderCodec.write(.requestOK, to: &writer) { detail in
                    output(response.outcome, operation, shape.registrationID, &detail)
                }
            }
        }
    }

    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> RegistrationResponse {
        guard
            let output = message.child("Status")?.child("StatusDetail")?
                .child("RegistrationOutput", in: Namespace.mreg)?.child("MregResponse", in: Namespace.mreg)?
                .child("OperationOutput", in: Namespace.mreg)
        else { throw MSSFault(.internalError, cause: "a registration answer without output") }
        let parameters = Dictionary(
            output.children("Parameter", in: Namespace.mreg).compactMap { parameter in
                parameter.attribute("Name").map { ($0, parameter.attribute("Value") ?? "") }
            },
            uniquingKeysWith: { first, _ in first }
        )
        return RegistrationResponse(
            header: try HeaderCodec.decode(message),
            outcome: try RegistrationOutput.decode(parameters)
        )
    }

    private static func output(
        _ outcome: RegistrationResponse.Outcome,
        _ operation: RegistrationOperation.Name,
        _ id: String?,
        _ writer: inout XMLWriter
    ) {
        writer.element("mreg:RegistrationOutput", [("xmlns:mreg", Namespace.mreg), ("InputId", id)]) { writer in
            writer.element("mreg:MregResponse") { writer in
                writer.element("mreg:OperationOutput", [("Name", operation.rawValue)]) { writer in
                    for (name, value) in RegistrationOutput.parameters(outcome) {
                        writer.element("mreg:Parameter", [("Name", name), ("Value", value)])
                    }
                    writer.element("mreg:Status") { writer in
                        writer.element("mreg:OperationStatusCode", text: "100")
                        writer.element("mreg:OperationStatusMessage", text: "OPERATION_OK")
                    }
                }
            }
        }
    }

    private static func mode(_ input: XMLElement) throws(MSSFault) -> MessagingMode {
        guard let text = input.attribute("MessagingMode") else { return .synch }
        guard let mode = MessagingMode(rawValue: text) else {
            throw MSSFault(.wrongParam, "MessagingMode must be synch or asynchClientServer.", specifier: 1013)
        }
        return mode
    }
}

/// What an operation answers, as named parameters.
enum RegistrationOutput {
    static func parameters(_ outcome: RegistrationResponse.Outcome) -> [(String, String)] {
        switch outcome {
        case .done: []
        case .mobileUser(let user):
            [
                ("MSISDN", user.msisdn.description), ("ICCID", user.iccid.description), ("GivenName", user.givenName),
                ("SurName", user.surName), ("Language", user.language), ("State", user.state.rawValue),
            ] + (user.certificate.map { [("Certificate", Data($0).base64EncodedString())] } ?? [])
                + KeyUse.allCases.compactMap { use in
                    user.otherCertificates[use].map { (certificateName(use), Data($0).base64EncodedString()) }
                }
        case .provenKey(let key):
            [
                ("PublicKey", Data(key.publicKey).base64EncodedString()), ("CommonName", key.subject.commonName),
                ("SerialNumber", key.subject.serialNumber),
            ]
        }
    }

    static func decode(_ parameters: [String: String]) throws(MSSFault) -> RegistrationResponse.Outcome {
        if let key = parameters["PublicKey"].flatMap({ Data(base64Encoded: $0) }),
            let name = parameters["CommonName"], let number = parameters["SerialNumber"]
        {
            return .provenKey(
                ProvenKey(
                    publicKey: [UInt8](key),
                    subject: CertificateSubject(commonName: name, serialNumber: number)
                )
            )
        }
        guard parameters["State"] != nil else { return .done }
        guard let msisdn = parameters["MSISDN"].flatMap({ MSISDN($0) }),
            let iccid = parameters["ICCID"].flatMap({ ICCID($0) }),
            let state = parameters["State"].flatMap({ MobileUserRecord.State(rawValue: $0) })
        else { throw MSSFault(.internalError, cause: "a mobile user's record that is not as it must be") }
        return .mobileUser(
            MobileUserRecord(
                msisdn: msisdn,
                iccid: iccid,
                givenName: parameters["GivenName"] ?? "",
                surName: parameters["SurName"] ?? "",
                language: parameters["Language"] ?? "",
                state: state,
                certificate: octets(parameters["Certificate"]),
                otherCertificates: Dictionary(
                    uniqueKeysWithValues: KeyUse.allCases.compactMap { use in
                        octets(parameters[certificateName(use)]).map { (use, $0) }
                    }
                )
            )
        )
    }

    private static func certificateName(_ use: KeyUse) -> String { "Certificate:" + use.rawValue }

    private static func octets(_ text: String?) -> [UInt8]? {
        text.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
    }
}
