/// How a provider's requests must be beside what the platform itself wants, by the name that its entry has for it:
/// deployments of TS 102 204 differ, and clients were written for one or another (docs/wire.md, "Rules").
public enum ProviderRules: String, Sendable, CaseIterable {
    /// The standard's alone.
    case etsi
    /// FiCom's application guideline 2.1.
    case ficom
    /// Swisscom's Mobile ID.
    case swisscom

    /// The additional services without which a signature request is refused; its entry allows them by its rules.
    public var requiredServices: [AdditionalService.Name] {
        switch self {
        case .etsi: []
        // FiCom 2.1 §5.2: what names the event, and the user's word against strangers.
        case .ficom: [.eventID, .noSpam]
        case .swisscom: [.userLang]
        }
    }

    /// Whether the octets that are signed of a text are those of the GSM alphabet, an octet a character, and no others
    /// are taken (FiCom 2.1 §6.3); else they are its UTF-8.
    public var signsGSM: Bool { self == .ficom }

    /// Whether nothing but DataToBeSigned is shown: DataToBeDisplayed is refused even where it is the same.
    public var refusesDisplayed: Bool { self == .ficom }

    /// Whether the entry must name a text prefix.
    public var wantsPrefix: Bool { self == .swisscom }

    /// Whether faults have a second level unless the entry says otherwise.
    public var tellsSpecifiers: Bool { self == .ficom }

    /// The one version of the interface that messages may have (FiCom 2.1 §5.1).
    var onlyVersion: (major: Int, minor: Int)? { self == .ficom ? (1, 1) : nil }

    /// How many characters an AP_TransID may have; `nil` is what the wire takes (FiCom 2.1 §5.1).
    var longestTransactionID: Int? { self == .ficom ? 32 : nil }

    /// Whether providers may be told of ended transactions, if everything else allows it (FiCom 2.1 §5.1).
    var takesNotifications: Bool { self != .ficom }

    /// How many characters of the GSM alphabet, some of which count twice, and of UCS-2 a text may have; `nil` is what the
    /// phone can show.
    public var mostCharacters: (gsm: Int, ucs2: Int)? {
        switch self {
        case .etsi: nil
        case .ficom: (160, 0)
        case .swisscom: (239, 119)
        }
    }
}

extension ApplicationProvider {
    /// Refuses a signature request that is not as the provider's rules have it, as far as that is seen without the
    /// phone's alphabets.
    ///
    /// - Throws: 101/1013 for a mode, 101/1015 for DataToBeDisplayed, 102 for a service that is missing, 103 for a text that
    ///   is too long in any alphabet.
    func checkRules(of request: SignatureRequest) throws(MSSFault) {
        guard rules.takesNotifications || request.messagingMode != .asynchServerServer else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode must be asynchClientServer or synch: the rules \(rules.rawValue) have no other.",
                specifier: 1013
            )
        }
        let documents = [request.document] + request.furtherDocuments
        guard !rules.refusesDisplayed || documents.allSatisfy({ $0.dataToBeDisplayed == nil }) else {
            throw MSSFault(
                .wrongParam,
                "DataToBeDisplayed must be left out: the rules \(rules.rawValue) show DataToBeSigned alone.",
                specifier: 1015
            )
        }
        for name in rules.requiredServices where !request.additionalServices.contains(where: { $0.name == name }) {
            throw MSSFault(
                .missingParam,
                "AdditionalServices must name \(name.uri): the rules \(rules.rawValue) want it in each signature request."
            )
        }
        for document in documents {
            let element = document.dataToBeDisplayed == nil ? "DataToBeSigned" : "DataToBeDisplayed"
            try check(length: document.shown.content, of: element)
        }
    }

    /// Refuses a message of any operation whose beginning is not as the provider's rules have it.
    ///
    /// - Throws: 108 for another version, 103 for a name of the transaction that is too long.
    public func check(_ header: MessageHeader) throws(MSSFault) {
        if let (major, minor) = rules.onlyVersion {
            guard header.majorVersion == major, header.minorVersion == minor else {
                throw MSSFault(
                    .incompatibleInterface,
                    "MajorVersion must be \(major) and MinorVersion \(minor): the rules \(rules.rawValue) have no other."
                )
            }
        }
        guard let longest = rules.longestTransactionID, header.apInfo.transID.count > longest else { return }
        throw .tooLong("AP_TransID", header.apInfo.transID.count, longest, rules)
    }

    /// - Throws: 103 for a text that is longer than the rules allow whatever its characters are.
    func check(length text: String, of element: String) throws(MSSFault) {
        guard let most = rules.mostCharacters?.gsm, text.utf16.count > most else { return }
        throw .tooLong(element, text.utf16.count, most, rules)
    }

    /// Refuses a text that does not begin with the prefix of the provider's entry.
    ///
    /// - Throws: 107.
    public func check(prefixOf text: String) throws(MSSFault) {
        guard let prefix = allowance.textPrefix, !text.hasPrefix(prefix) else { return }
        throw MSSFault(
            .inappropriateData,
            "DTBD matching failed: the text must begin with the prefix that this provider's entry sets."
        )
    }
}

extension MSSFault {
    /// 103, for a text of more characters than its provider's rules allow.
    static func tooLong(_ element: String, _ count: Int, _ most: Int, _ rules: ProviderRules) -> MSSFault {
        MSSFault(
            .wrongDataLength,
            "\(element) has \(count) characters, and the rules \(rules.rawValue) allow \(most)."
        )
    }
}
