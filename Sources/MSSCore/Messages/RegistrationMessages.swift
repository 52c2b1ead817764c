/// One registration operation (MSS_RegistrationReq with the MReg extension).
public struct RegistrationRequest: Sendable {
    public var header: MessageHeader
    public var operation: RegistrationOperation
    /// `asynchClientServer`: answered at once, GetMobileUser tells how it went.
    public var messagingMode: MessagingMode

    public init(
        header: MessageHeader,
        operation: RegistrationOperation,
        messagingMode: MessagingMode = .synch
    ) {
        self.header = header
        self.operation = operation
        self.messagingMode = messagingMode
    }
}

/// What can be asked, each with what it needs.
public enum RegistrationOperation: Sendable {
    /// Takes a card's identity and, encrypted to the home, its keys.
    case importSIMCard(SIMCardImport)
    /// Binds a person to an imported card.
    case createMobileUser(MobileUserCreation)
    /// Has the card generate a key under the VerifyCode and gets it certified; asked of the management entity.
    case activateMobileUser(MobileUserActivation)
    /// The home's part of an activation: key generation over the air and proof of possession.
    case generateKey(MobileUserActivation)
    /// The last step of an activation: the certificate that the CA issued for the proven key.
    case installCertificate(MSISDN, certificate: [UInt8], for: KeyUse = .authentication)
    case getMobileUser(MSISDN)
    case deactivateMobileUser(MSISDN)
    /// Gives a person a code against requests of strangers, or takes it.
    case setNoSpamCode(MSISDN, NoSpamCode?)

    /// The operation's name on the wire and in grants.
    public var name: Name {
        switch self {
        case .importSIMCard: .importSIMCard
        case .createMobileUser: .createMobileUser
        case .activateMobileUser: .activateMobileUser
        case .generateKey: .generateKey
        case .installCertificate: .installCertificate
        case .getMobileUser: .getMobileUser
        case .deactivateMobileUser: .deactivateMobileUser
        case .setNoSpamCode: .setNoSpamCode
        }
    }

    public enum Name: String, Sendable, CaseIterable {
        case importSIMCard = "ImportSimCard"
        case createMobileUser = "CreateMobileUser"
        case activateMobileUser = "ActivateMobileUser"
        case generateKey = "GenerateKey"
        case installCertificate = "InstallCertificate"
        case getMobileUser = "GetMobileUser"
        case deactivateMobileUser = "DeactivateMobileUser"
        /// This platform's own.
        case setNoSpamCode = "SetNoSpamCode"
    }
}

/// A card as the personaliser delivered it.
public struct SIMCardImport: Sendable {
    public var iccid: ICCID
    public var imsi: IMSI
    public var msisdn: MSISDN
    /// CMS (Auth)EnvelopedData in DER for the home's import certificate; passed on unread.
    public var envelopedKeys: [UInt8]

    public init(iccid: ICCID, imsi: IMSI, msisdn: MSISDN, envelopedKeys: [UInt8]) {
        self.iccid = iccid
        self.imsi = imsi
        self.msisdn = msisdn
        self.envelopedKeys = envelopedKeys
    }
}

/// A person to be bound to the card of a number.
public struct MobileUserCreation: Sendable, Equatable {
    public var msisdn: MSISDN
    public var givenName: String
    public var surName: String
    /// ISO 639-1, lower case.
    public var language: String

    public init(msisdn: MSISDN, givenName: String, surName: String, language: String) {
        self.msisdn = msisdn
        self.givenName = givenName
        self.surName = surName
        self.language = language
    }
}

/// A number and the code its owner will type on the phone.
public struct MobileUserActivation: Sendable, Equatable {
    public var msisdn: MSISDN
    /// 6–8 digits, given to the person by the agent.
    public var verifyCode: VerifyCode
    /// Which key the card is to make: the first one is for authentication, the others need it.
    public var keyUse: KeyUse
    public var algorithm: KeyAlgorithm

    public init(
        msisdn: MSISDN,
        verifyCode: VerifyCode,
        keyUse: KeyUse = .authentication,
        algorithm: KeyAlgorithm = .p256
    ) {
        self.msisdn = msisdn
        self.verifyCode = verifyCode
        self.keyUse = keyUse
        self.algorithm = algorithm
    }
}

/// What an operation answers.
public struct RegistrationResponse: Sendable, Equatable {
    public var header: MessageHeader
    public var outcome: Outcome

    public init(header: MessageHeader, outcome: Outcome) {
        self.header = header
        self.outcome = outcome
    }

    public enum Outcome: Sendable, Equatable {
        case done
        case mobileUser(MobileUserRecord)
        case provenKey(ProvenKey)
    }
}

/// What may be told of a mobile user.
public struct MobileUserRecord: Sendable, Equatable {
    public var msisdn: MSISDN
    public var iccid: ICCID
    public var givenName: String
    public var surName: String
    public var language: String
    public var state: State
    /// The user's certificate in DER, once there is one: of the key for authentication.
    public var certificate: [UInt8]?
    /// The certificates of the user's other keys.
    public var otherCertificates: [KeyUse: [UInt8]]

    public init(
        msisdn: MSISDN,
        iccid: ICCID,
        givenName: String,
        surName: String,
        language: String,
        state: State,
        certificate: [UInt8]? = nil,
        otherCertificates: [KeyUse: [UInt8]] = [:]
    ) {
        self.msisdn = msisdn
        self.iccid = iccid
        self.givenName = givenName
        self.surName = surName
        self.language = language
        self.state = state
        self.certificate = certificate
        self.otherCertificates = otherCertificates
    }

    public enum State: String, Sendable, CaseIterable {
        /// Bound to a card that has no key yet.
        case created = "CREATED"
        /// The card has been asked for a key.
        case activating = "ACTIVATING"
        /// The card proved its key; no certificate yet.
        case proven = "PROVEN"
        /// Can sign.
        case active = "ACTIVE"
        /// Cannot sign any more.
        case inactive = "INACTIVE"
    }
}

/// A key that a card generated and proved, and the name it is to be certified under.
public struct ProvenKey: Sendable, Equatable {
    /// DER SubjectPublicKeyInfo.
    public var publicKey: [UInt8]
    public var subject: CertificateSubject

    public init(publicKey: [UInt8], subject: CertificateSubject) {
        self.publicKey = publicKey
        self.subject = subject
    }
}

/// The subject of a user's certificate; `serialNumber` is the platform's stable pseudonym of the person.
public struct CertificateSubject: Sendable, Equatable {
    public var commonName: String
    public var serialNumber: String

    public init(commonName: String, serialNumber: String) {
        self.commonName = commonName
        self.serialNumber = serialNumber
    }
}

/// A card's identity and a person's name are for nobody's log: neither has a description to print.
extension SIMCardImport: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹SIM card›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension MobileUserCreation: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹mobile user›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
