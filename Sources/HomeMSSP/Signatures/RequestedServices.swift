import Alauda
import MSSCore

/// What a request asks for beside its signature, read and found allowed (docs/wire.md, "Additional services").
struct RequestedServices {
    /// 4 to 8 letters and digits.
    var eventID: String?
    var displayName: String?
    /// ISO 639-1, lower case.
    var language: String?
    /// What the answer is to have beside the signature.
    var answered: AnsweredServices = []
    /// What would be known of the signer.
    var query: AttributeQuery?
    /// The request has the service; whether it is to be compared, and what it was, empty where nothing.
    var noSpam: (code: String, isVerified: Bool)?

    /// - Throws: 101/1014 for a service that does not exist, 104/1045 for one that the provider's entry does not name,
    ///   102, 101 or 103 for a value that is missing or wrong.
    init(_ request: SignatureRequest, for provider: ApplicationProvider) throws(MSSFault) {
        var named: Set<AdditionalService.Name> = []
        for service in request.additionalServices {
            guard let name = service.name else {
                throw MSSFault(
                    .wrongParam,
                    "AdditionalServices names a service that is not offered.",
                    specifier: 1014
                )
            }
            // Everybody's; FiCom has a name of its own for it, and clients send both.
            if name == .validate { continue }
            guard provider.services.contains(name) else {
                if name.isInformational { continue }
                throw MSSFault(
                    .unauthorizedAccess,
                    "AdditionalServices asks for \(name.rawValue), which this provider's entry at the home does not allow.",
                    specifier: 1045
                )
            }
            guard named.insert(name).inserted || name.documentElement != nil else {
                throw MSSFault(.wrongParam, "AdditionalServices asks for \(name.rawValue) twice.")
            }
            try read(service, name)
        }
    }

    private mutating func read(_ service: AdditionalService, _ name: AdditionalService.Name) throws(MSSFault) {
        switch name {
        case .validate: return
        case .eventID: eventID = try Self.eventID(service.value)
        case .displayName: displayName = try Self.displayName(service.value)
        case .userLang: language = try Self.language(service.value)
        case .signingCertificate: answered.insert(.signingCertificate)
        case .subscriberInfo: answered.insert(.subscriberInfo)
        case .role: answered.insert(.role)
        case .timestamp: answered.insert(.timestamp)
        case .personIdentity:
            guard let query = service.query else {
                throw MSSFault(.missingParam, "AttributeQuery of AdditionalServices is missing.")
            }
            self.query = query
            answered.insert(.personIdentity)
        case .noSpam: noSpam = (service.value ?? "", service.isVerified)
        case .batchSign, .documentSign:
            guard service.document != nil else {
                throw MSSFault(.missingParam, "\(name.documentElement ?? "") of AdditionalServices is missing.")
            }
        }
    }

    private static func eventID(_ value: String?) throws(MSSFault) -> String {
        guard let value, !value.isEmpty else { throw MSSFault(.missingParam, "EventID is missing.") }
        let isWord = value.utf8.allSatisfy { octet in
            (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
        }
        guard isWord else { throw MSSFault(.wrongParam, "EventID must be letters and digits, of ASCII.") }
        guard (4...8).contains(value.utf8.count) else {
            throw MSSFault(.wrongDataLength, "EventID must have 4 to 8 characters.")
        }
        return value
    }

    private static func displayName(_ value: String?) throws(MSSFault) -> String {
        guard let value, !value.isEmpty else { throw MSSFault(.missingParam, "DisplayName is missing.") }
        guard (2...64).contains(value.count) else {
            throw MSSFault(.wrongDataLength, "DisplayName must have 2 to 64 characters.")
        }
        guard !value.contains(where: \.isNewline), (try? CardText(value)) != nil else {
            throw MSSFault(
                .inappropriateData,
                "DisplayName must be one line, of characters that a phone can show."
            )
        }
        return value
    }

    private static func language(_ value: String?) throws(MSSFault) -> String {
        guard let value, !value.isEmpty else { throw MSSFault(.missingParam, "UserLang is missing.") }
        let language = value.lowercased()
        guard language.utf8.count == 2, language.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else {
            throw MSSFault(.wrongParam, "UserLang must be two letters (ISO 639-1), such as fi.")
        }
        return language
    }

    /// The provider under the name that the phone shows before the text: always the registered one, below it what the
    /// request adds.
    ///
    /// - Throws: 103 if that is more than the page holds.
    func naming(_ provider: ApplicationProvider) throws(MSSFault) -> ApplicationProvider {
        guard displayName != nil || eventID != nil else { return provider }
        var named = provider
        named.displayName = ([provider.displayName] + [displayName, eventID].compactMap { $0 }).joined(separator: "\n")
        guard ShownText.heading(named.displayName) != nil else {
            throw MSSFault(
                .wrongDataLength,
                "DisplayName and EventID do not fit on one page of the phone beside the provider's name."
            )
        }
        return named
    }
}
