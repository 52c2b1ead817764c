/// What of the platform a provider may use; `nil` is all that is offered.
public struct ProviderAllowance: Sendable, Equatable {
    /// SignatureProfile URIs.
    public var signatureProfiles: Set<String>?
    public var modes: Set<MessagingMode>?
    /// Whom it may ask.
    public var numbers: [NumberRange]?
    /// What each text that it has shown begins with.
    public var textPrefix: String?

    public init(
        signatureProfiles: Set<String>? = nil,
        modes: Set<MessagingMode>? = nil,
        numbers: [NumberRange]? = nil,
        textPrefix: String? = nil
    ) {
        self.signatureProfiles = signatureProfiles
        self.modes = modes
        self.numbers = numbers
        self.textPrefix = textPrefix
    }
}

extension ApplicationProvider {
    /// Refuses what the provider's entry does not allow: at the acquiring entity, and again at the home.
    ///
    /// - Throws: 104 for a digest and for another's number, 107/1016 for octets, 104/1044 for a profile, 101/1013 for a mode and for a
    ///   notification to where its entry does not allow one, 101/1015 for a text of its own to show, 101/1017 for a format,
    ///   102 or 103 for what its rules want, 107 for a text without its prefix.
    public func checkEntitlement(to request: SignatureRequest) throws(MSSFault) {
        try check(mode: request.messagingMode)
        try checkTarget(of: request)
        try check(request.mobileUser)
        try check(request.document)
        for document in request.furtherDocuments { try check(document) }
        try checkRules(of: request)
    }

    /// Refuses a document that is shown, signed or formed in a way that the entry does not allow.
    private func check(_ document: DocumentToBeSigned) throws(MSSFault) {
        guard !document.bringsDigest || signsDigests else {
            throw MSSFault(.unauthorizedAccess, "This provider may not have digests signed.")
        }
        guard !document.isShownOtherwise || showsOtherwise || !document.dataToBeSigned.isBinary else {
            throw MSSFault(
                .inappropriateData,
                "DataToBeSigned must be text/plain: this provider may not have octets signed that no phone shows.",
                specifier: 1016
            )
        }
        guard !document.isShownOtherwise || showsOtherwise else {
            throw MSSFault(
                .wrongParam,
                "DataToBeDisplayed must be left out: the user is shown exactly what is signed.",
                specifier: 1015
            )
        }
        try check(profile: document.signatureProfile)
        try check(format: document.format)
        try check(prefixOf: document.shown.content)
    }

    /// Refuses a person whom the provider may not ask, known or not.
    ///
    /// - Throws: 104; what is no number is another's matter.
    public func check(_ user: MobileUser) throws(MSSFault) {
        guard let numbers = allowance.numbers, let msisdn = user.msisdn.flatMap({ MSISDN($0) }) else { return }
        guard numbers.contains(where: { $0.contains(msisdn) }) else {
            throw MSSFault(.unauthorizedAccess, "This provider's entry does not allow this number's range.")
        }
    }

    private func check(mode: MessagingMode) throws(MSSFault) {
        guard let modes = allowance.modes, !modes.contains(mode) else { return }
        throw MSSFault(
            .wrongParam,
            "MessagingMode \(mode.rawValue) is not one that this provider's entry allows.",
            specifier: 1013
        )
    }

    private func check(profile: String?) throws(MSSFault) {
        guard let profile, let allowed = allowance.signatureProfiles, !allowed.contains(profile) else { return }
        throw MSSFault(.unauthorizedAccess, "This provider may not ask for this SignatureProfile.", specifier: 1044)
    }

    /// Refuses a format that the provider may not ask for; one that nobody has is refused where formats are read.
    ///
    /// - Throws: 101/1017.
    public func check(format: String?) throws(MSSFault) {
        guard let kind = SignatureKind(format: format), !signatures.contains(kind)
        else { return }
        throw MSSFault(
            .wrongParam,
            "MSS_Format asks for \(kind.rawValue), which this provider's entry does not allow.",
            specifier: 1017
        )
    }

    private func checkTarget(of request: SignatureRequest) throws(MSSFault) {
        guard request.messagingMode == .asynchServerServer else { return }
        guard !notificationTargets.isEmpty else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer is not offered to this provider; use synch or asynchClientServer.",
                specifier: 1013
            )
        }
        guard let target = request.header.apInfo.url.flatMap({ NotificationTarget($0) }),
            notificationTargets.contains(target)
        else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer needs an AP_URL that is a notification target of this provider's entry.",
                specifier: 1013
            )
        }
    }
}
