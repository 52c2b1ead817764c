import Foundation
import MSSCore

/// Reads one registration operation: its target and its parameters.
struct OperationReader {
    private let input: XMLElement

    init(_ input: XMLElement) {
        self.input = input
    }

    func operation() throws(MSSFault) -> RegistrationOperation {
        let element = try element()
        let written = try HeaderCodec.text(element, "Name", longest: 128)
        guard let name = RegistrationOperation.Name(rawValue: written) else {
            throw MSSFault(.wrongParam, "The operation's Name is none of this interface.")
        }
        if name == .generateKey || name == .installCertificate {
            guard element.attribute("NameSpace") == Namespace.mesh else {
                throw MSSFault(.wrongParam, "The operation's Name is none of this interface.")
            }
        }
        let parameters = try Parameters(element, target: target())
        switch name {
        case .importSIMCard: return .importSIMCard(try parameters.simCard())
        case .createMobileUser: return .createMobileUser(try parameters.creation())
        case .activateMobileUser: return .activateMobileUser(try parameters.activation())
        case .generateKey: return .generateKey(try parameters.activation())
        case .installCertificate:
            return .installCertificate(
                try parameters.msisdn(),
                certificate: try parameters.octets("Certificate"),
                for: try parameters.keyUse()
            )
        case .getMobileUser: return .getMobileUser(try parameters.msisdn())
        case .deactivateMobileUser: return .deactivateMobileUser(try parameters.msisdn())
        case .setNoSpamCode: return .setNoSpamCode(try parameters.msisdn(), try parameters.noSpamCode())
        }
    }

    private func element() throws(MSSFault) -> XMLElement {
        let requests = input.children("MregRequest", in: Namespace.mreg)
        guard let request = requests.first else { throw HeaderCodec.missing("MregRequest") }
        guard requests.count == 1, request.children.count == 1, let element = request.children.first,
            element.name.hasSuffix("Operation")
        else { throw MSSFault(.wrongParam, "RegistrationInput must hold one MregRequest with one operation.") }
        return element
    }

    /// Target: a mobile user by MSISDN, or a SIM card by its three names.
    private func target() throws(MSSFault) -> [String: String] {
        guard let target = input.child("Target", in: Namespace.mreg) else { throw HeaderCodec.missing("Target") }
        var values: [String: String] = [:]
        for choice in target.children where choice.name == "MobileUser" || choice.name == "SimCard" {
            for value in choice.children where ["ICCID", "IMSI", "MSISDN"].contains(value.name) {
                values[value.name] = value.text
            }
        }
        return values
    }
}

/// An operation's named values; errors name them and never hold them.
private struct Parameters {
    private var values: [String: String]

    init(_ operation: XMLElement, target: [String: String]) throws(MSSFault) {
        values = target
        for parameter in operation.children("Parameter", in: Namespace.mreg) {
            let name = try HeaderCodec.text(parameter, "Name", longest: 128)
            guard parameter.attribute("Value").map({ $0.utf8.count <= 32_768 }) ?? true else {
                throw MSSFault(.wrongDataLength, "A parameter's Value is too long.")
            }
            let value = parameter.attribute("Value") ?? ""
            // Two numbers in one request: whoever checks one must not see the other done.
            guard values[name] == nil || values[name] == value else {
                throw MSSFault(.wrongParam, "A parameter is given twice, or otherwise than in Target.")
            }
            values[name] = value
        }
    }

    func msisdn() throws(MSSFault) -> MSISDN {
        try value("MSISDN", "international, + and 7 to 15 digits") { MSISDN($0) }
    }

    func simCard() throws(MSSFault) -> SIMCardImport {
        SIMCardImport(
            iccid: try value("ICCID", "18 to 20 digits beginning with 89") { ICCID($0) },
            imsi: try value("IMSI", "14 or 15 digits") { IMSI($0) },
            msisdn: try msisdn(),
            envelopedKeys: try octets("EncryptedKeys")
        )
    }

    func creation() throws(MSSFault) -> MobileUserCreation {
        MobileUserCreation(
            msisdn: try msisdn(),
            givenName: try name("GivenName"),
            surName: try name("SurName"),
            language: try value("Language", "two lower-case letters, such as en") { text in
                text.utf8.count == 2 && text.utf8.allSatisfy { (0x61...0x7A).contains($0) } ? text : nil
            }
        )
    }

    func activation() throws(MSSFault) -> MobileUserActivation {
        MobileUserActivation(
            msisdn: try msisdn(),
            verifyCode: try value("VerifyCode", "6 to 8 digits") { VerifyCode($0) },
            keyUse: try keyUse(),
            algorithm: try choice("KeyAlgorithm") ?? .p256
        )
    }

    /// Empty takes the code from the person.
    func noSpamCode() throws(MSSFault) -> NoSpamCode? {
        if values["NoSpamCode"] == "" { return nil }
        return try value("NoSpamCode", "3 to 16 letters and digits, a letter first; or empty") { NoSpamCode($0) }
    }

    func keyUse() throws(MSSFault) -> KeyUse { try choice("KeyUse") ?? .authentication }

    /// One of the words that a parameter may be; `nil` where it is left out.
    private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws(MSSFault) -> Choice? {
        guard values[name] != nil else { return nil }
        let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(name, "one of " + words) { Choice(rawValue: $0) }
    }

    func octets(_ name: String) throws(MSSFault) -> [UInt8] {
        let octets = try value(name, "base64") { text in
            // An attribute's line breaks arrive as spaces.
            Data(base64Encoded: String(decoding: text.utf8.filter { $0 > 0x20 }, as: UTF8.self)).map { [UInt8]($0) }
        }
        guard (1...16_384).contains(octets.count) else {
            throw MSSFault(.wrongDataLength, "\(name) must hold 1 to 16384 octets.")
        }
        return octets
    }

    private func name(_ parameter: String) throws(MSSFault) -> String {
        let name = try value(parameter, "free of control characters") { text in
            text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
        }
        guard name.unicodeScalars.count <= 64 else {
            throw MSSFault(.wrongDataLength, "\(parameter) must have at most 64 characters.")
        }
        return name
    }

    private func value<Value>(
        _ name: String,
        _ form: String,
        _ read: (String) -> Value?
    ) throws(MSSFault) -> Value {
        guard let text = values[name], !text.isEmpty else { throw HeaderCodec.missing(name) }
        guard let value = read(text) else { throw MSSFault(.wrongParam, "\(name) must be \(form).") }
        return value
    }
}

/// Writes an operation as ``OperationReader`` reads it.
enum OperationWriter {
    static func write(_ operation: RegistrationOperation, to writer: inout XMLWriter) {
        let name = operation.name
        let isOurs = name == .generateKey || name == .installCertificate
        writer.element("mreg:Target") { target(operation, &$0) }
        writer.element("mreg:MregRequest") { writer in
            writer.element(
                "mreg:ProvisioningOperation",
                [("Name", name.rawValue), ("NameSpace", isOurs ? Namespace.mesh : nil)]
            ) { writer in
                for (name, value) in parameters(operation) {
                    writer.element("mreg:Parameter", [("Name", name), ("Value", value)])
                }
            }
        }
    }

    private static func target(_ operation: RegistrationOperation, _ writer: inout XMLWriter) {
        if case .importSIMCard(let card) = operation {
            writer.element("mreg:SimCard") { writer in
                writer.element("mreg:ICCID", text: card.iccid.description)
                writer.element("mreg:IMSI", text: card.imsi.description)
                writer.element("mreg:MSISDN", text: card.msisdn.description)
            }
        } else {
            writer.element("mreg:MobileUser") { $0.element("mss:MSISDN", text: msisdn(operation).description) }
        }
    }

    private static func msisdn(_ operation: RegistrationOperation) -> MSISDN {
        switch operation {
        case .importSIMCard(let card): card.msisdn
        case .createMobileUser(let user): user.msisdn
        case .activateMobileUser(let activation), .generateKey(let activation): activation.msisdn
        case .installCertificate(let msisdn, _, _), .getMobileUser(let msisdn), .deactivateMobileUser(let msisdn),
            .setNoSpamCode(let msisdn, _):
            msisdn
        }
    }

    private static func parameters(_ operation: RegistrationOperation) -> [(String, String)] {
        switch operation {
        case .importSIMCard(let card): [("EncryptedKeys", Data(card.envelopedKeys).base64EncodedString())]
        case .createMobileUser(let user):
            [("GivenName", user.givenName), ("SurName", user.surName), ("Language", user.language)]
        case .activateMobileUser(let activation), .generateKey(let activation):
            [("VerifyCode", activation.verifyCode.digits)] + keyUse(activation.keyUse)
                + (activation.algorithm == .p256 ? [] : [("KeyAlgorithm", activation.algorithm.rawValue)])
        case .installCertificate(_, let certificate, let use):
            [("Certificate", Data(certificate).base64EncodedString())] + keyUse(use)
        case .setNoSpamCode(_, let code): [("NoSpamCode", code?.text ?? "")]
        case .getMobileUser, .deactivateMobileUser: []
        }
    }
    /// What goes without saying is not said.
    private static func keyUse(_ use: KeyUse) -> [(String, String)] {
        use == .authentication ? [] : [("KeyUse", use.rawValue)]
    }
}
