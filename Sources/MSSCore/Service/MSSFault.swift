/// What a service answers when it cannot serve: a code of TS 102 204 Annex B, a sentence a stranger may read, and a
/// cause that stays here.
public struct MSSFault: Error, Sendable, Equatable {
    public var code: Code
    /// The FiCom specifier below the code, such as 1016; sent only to providers that want two levels.
    public var specifier: Int?
    /// For the caller: what is wrong, where, and what to do about it.
    ///
    /// Holds no internals and no personal data.
    public var detail: String?
    /// For the log of the service that found it; never leaves the process.
    public var cause: String?
    /// Seconds after which the same request may succeed, where they are known.
    public var retryAfter: Int?
    /// Which member of the mesh found it, where requests go through several.
    public var role: MeshRole?
    /// The fault as the home has written and signed it, to a provider whose messages are signed: it is told as it is.
    public var envelope: [UInt8]?

    public init(
        _ code: Code,
        _ detail: String? = nil,
        specifier: Int? = nil,
        cause: String? = nil,
        retryAfter: Int? = nil
    ) {
        self.code = code
        self.detail = detail
        self.specifier = specifier
        self.cause = cause
        self.retryAfter = retryAfter
    }
}

extension MSSFault {
    /// The fault subcodes of TS 102 204 Annex B, FiCom 2.1 Appendix C and TS 102 207.
    public enum Code: Int, Sendable, CaseIterable {
        case wrongParam = 101
        case missingParam = 102
        case wrongDataLength = 103
        case unauthorizedAccess = 104
        case unknownClient = 105
        case inappropriateData = 107
        case incompatibleInterface = 108
        case unsupportedProfile = 109
        case expiredTransaction = 208
        case otaError = 209
        case userCancel = 401
        case pinBlocked = 402
        case cardBlocked = 403
        case noKeyFound = 404
        /// Of the standard's list; nothing here ends with it.
        case noURLFound = 405
        case signatureProcess = 406
        case registrationNotOK = 407
        case noCertificateFound = 422
        case crlProblem = 423
        case crlExpired = 424
        case errorCertificate = 425
        /// Swisscom's; nothing here ends with it.
        case geofencingViolation = 450
        case roamingHeaderMissing = 701
        case identityIssuerMissing = 702
        case homeMSSPMissing = 703
        case inputMissing = 710
        case routingExpired = 720
        case unableToRoute = 750
        case unableToIssueIdentity = 760
        case unableToVerify = 770
        case unableToProvideServices = 780
        case internalError = 900

        /// The standard's name, sent as the fault's reason.
        public var name: String {
            switch self {
            case .wrongParam: "WRONG_PARAM"
            case .missingParam: "MISSING_PARAM"
            case .wrongDataLength: "WRONG_DATA_LENGTH"
            case .unauthorizedAccess: "UNAUTHORIZED_ACCESS"
            case .unknownClient: "UNKNOWN_CLIENT"
            case .inappropriateData: "INAPPROPRIATE_DATA"
            case .incompatibleInterface: "INCOMPATIBLE_INTERFACE"
            case .unsupportedProfile: "UNSUPPORTED_PROFILE"
            case .expiredTransaction: "EXPIRED_TRANSACTION"
            case .otaError: "OTA_ERROR"
            case .userCancel: "USER_CANCEL"
            case .pinBlocked: "PIN_NR_BLOCKED"
            case .cardBlocked: "CARD_BLOCKED"
            case .noKeyFound: "NO_KEY_FOUND"
            case .noURLFound: "NO_URL_FOUND"
            case .signatureProcess: "PB_SIGNATURE_PROCESS"
            case .registrationNotOK: "REGISTRATION_NOK"
            case .noCertificateFound: "NO_CERT_FOUND"
            case .crlProblem: "CRL_PB"
            case .crlExpired: "CRL_EXPIRED"
            case .errorCertificate: "ERROR_CERTIFICATE"
            case .geofencingViolation: "GEOFENCING_POLICY_VIOLATION"
            case .roamingHeaderMissing: "ROAMING_HEADER_MISSING"
            case .identityIssuerMissing: "IDENTITY_ISSUER_HEADER_MISSING"
            case .homeMSSPMissing: "HOME_MSSP_HEADER_MISSING"
            case .inputMissing: "INPUT_INFORMATION_MISSING"
            case .routingExpired: "VALIDITY_DATE_EXPIRED"
            case .unableToRoute: "UNABLE_TO_PROVIDE_ROUTING_ENTITY_SERVICES"
            case .unableToIssueIdentity: "UNABLE_TO_PROVIDE_IDENTITY_ISSUER_SERVICES"
            case .unableToVerify: "UNABLE_TO_PROVIDE_VERIFYING_ENTITY_SERVICES"
            case .unableToProvideServices: "UNABLE_TO_PROVIDE_SERVICES"
            case .internalError: "INTERNAL_ERROR"
            }
        }

        /// Whether SOAP blames the one who sent the request (`Sender`, `Client`) or the one who received it.
        public var blamesSender: Bool { rawValue < 109 || (701...720).contains(rawValue) }
    }
}
