/// The conversation about application providers: an acquiring entity asks which ones are its own, the home tells.
public protocol ProviderService: Sendable {
    /// The providers that are bound to the calling acquiring entity, and no others.
    func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory
}

/// What the platform knows of one application provider.
public struct ApplicationProvider: Sendable, Equatable {
    /// AP_ID, compared octet by octet (TS 102 204 §9, `AP_Info`).
    public var id: String
    /// The certificate identities that may speak for it; several while certificates are rotated.
    public var identities: Set<PeerIdentity>
    /// The acquiring entities through which it may come.
    public var acquiringEntities: Set<PeerIdentity>
    /// The registered name that the user is shown.
    public var displayName: String
    /// Whether it may have another text shown than the one that is signed.
    public var showsOtherwise: Bool
    /// Whether it may have digests signed of what the platform never sees.
    public var signsDigests: Bool
    /// Whether its faults in JSON come with a status of HTTP each, in place of 500.
    public var wantsPreciseStatus: Bool
    /// The kinds of signature that it may ask for; the first is what it gets that asks for none.
    public var signatures: [SignatureKind]
    /// Where it may be told of ended transactions; none may be told nowhere (asynchServerServer).
    public var notificationTargets: Set<NotificationTarget>
    /// The version of SOAP that it is told in.
    public var notificationSOAP: SOAPVersion
    /// Whether it hears of users who cannot sign, and why, and may have certificates without a signature.
    public var readsProfiles: Bool
    /// The additional services that it may ask for beside validation; none unless its entry names them.
    public var services: Set<AdditionalService.Name>
    /// What of the signer may be told to it (personIdentity); nothing unless its entry names it.
    public var personAttributes: Set<PersonAttribute>
    /// The certificates that may be shown for it; any of its identities where there is none.
    public var certificates: Set<ProviderCertificate>
    /// The certificates, in DER, one of whose keys must have signed each of its messages as XML; nobody signs where there is
    /// none.
    public var messageCertificates: Set<[UInt8]>
    /// What of the platform it may use.
    public var allowance: ProviderAllowance
    /// How much it may ask.
    public var limits: RequestLimits
    /// How its requests must be.
    public var rules: ProviderRules
    /// Whether its faults have FiCom's second level.
    public var wantsSpecifiers: Bool
    /// Whether answers about a signature tell it the trace id.
    public var wantsTrace: Bool
    /// Whether each of its signatures is validated, asked for or not.
    public var alwaysValidates: Bool
    /// Whether it reaches nobody but the home's test numbers.
    public var isSandbox: Bool

    /// Whether its messages must be signed as XML.
    public var signsMessages: Bool { !messageCertificates.isEmpty }

    public init(
        id: String,
        identities: Set<PeerIdentity>,
        acquiringEntities: Set<PeerIdentity>,
        displayName: String,
        showsOtherwise: Bool = false,
        signsDigests: Bool = false,
        wantsPreciseStatus: Bool = false,
        signatures: [SignatureKind] = [.cms],
        readsProfiles: Bool = false,
        services: Set<AdditionalService.Name> = [],
        certificates: Set<ProviderCertificate> = [],
        allowance: ProviderAllowance = ProviderAllowance(),
        limits: RequestLimits = RequestLimits(),
        notificationTargets: Set<NotificationTarget> = [],
        notificationSOAP: SOAPVersion = .v12,
        rules: ProviderRules = .etsi,
        wantsSpecifiers: Bool? = nil,
        wantsTrace: Bool = false,
        alwaysValidates: Bool = false,
        isSandbox: Bool = false,
        messageCertificates: Set<[UInt8]> = [],
        personAttributes: Set<PersonAttribute> = []
    ) {
        self.id = id
        self.identities = identities
        self.acquiringEntities = acquiringEntities
        self.displayName = displayName
        self.showsOtherwise = showsOtherwise
        self.signsDigests = signsDigests
        self.wantsPreciseStatus = wantsPreciseStatus
        self.signatures = signatures
        self.readsProfiles = readsProfiles
        self.services = services
        self.certificates = certificates
        self.allowance = allowance
        self.limits = limits
        self.notificationTargets = notificationTargets
        self.notificationSOAP = notificationSOAP
        self.rules = rules
        self.wantsSpecifiers = wantsSpecifiers ?? rules.tellsSpecifiers
        self.wantsTrace = wantsTrace
        self.alwaysValidates = alwaysValidates
        self.isSandbox = isSandbox
        self.messageCertificates = messageCertificates
        self.personAttributes = personAttributes
    }
}
