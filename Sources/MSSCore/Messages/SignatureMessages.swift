public import struct Foundation.Date

/// MSS_SignatureReq (TS 102 204 §8.2).
public struct SignatureRequest: Sendable, Equatable {
    public var header: MessageHeader
    public var mobileUser: MobileUser
    public var dataToBeSigned: DataToBeSigned
    public var dataToBeDisplayed: DataToBeSigned?
    /// SignatureProfile/mssURI; `nil` asks for the platform's default.
    public var signatureProfile: String?
    public var additionalServices: [AdditionalService]
    /// MSS_Format/mssURI.
    public var format: String?
    /// Absolute deadline.
    public var validityDate: Date?
    /// Seconds from now.
    public var timeOut: Int?
    public var messagingMode: MessagingMode

    public init(
        header: MessageHeader,
        mobileUser: MobileUser,
        dataToBeSigned: DataToBeSigned,
        dataToBeDisplayed: DataToBeSigned? = nil,
        signatureProfile: String? = nil,
        additionalServices: [AdditionalService] = [],
        format: String? = nil,
        validityDate: Date? = nil,
        timeOut: Int? = nil,
        messagingMode: MessagingMode = .synch
    ) {
        self.header = header
        self.mobileUser = mobileUser
        self.dataToBeSigned = dataToBeSigned
        self.dataToBeDisplayed = dataToBeDisplayed
        self.signatureProfile = signatureProfile
        self.additionalServices = additionalServices
        self.format = format
        self.validityDate = validityDate
        self.timeOut = timeOut
        self.messagingMode = messagingMode
    }

    /// Whether the provider asked that the signature be validated before it is answered.
    public var asksForValidation: Bool { additionalServices.contains { $0.name == .validate } }
}

/// How the answer is to be had (TS 102 204 §4).
public enum MessagingMode: String, Sendable, CaseIterable {
    case synch
    case asynchClientServer
    case asynchServerServer
}

/// Text or octets with their MIME type and encoding (`DataType`, §9).
///
/// Its content is a person's: it has no description and is never logged.
public struct DataToBeSigned: Sendable, Equatable {
    public var content: String
    public var mimeType: String?
    public var encoding: String?

    public init(_ content: String, mimeType: String? = nil, encoding: String? = nil) {
        self.content = content
        self.mimeType = mimeType
        self.encoding = encoding
    }
}

extension DataToBeSigned {
    /// Whether it is octets that no phone shows.
    public var isBinary: Bool { mimeType?.lowercased() == "application/octet-stream" }
}

extension DataToBeSigned: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹data to be signed›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// MSS_SignatureResp (§8.3).
public struct SignatureResponse: Sendable, Equatable {
    public var header: MessageHeader
    public var transactionID: String
    public var mobileUser: MobileUser
    /// DER of the CMS SignedData, or the value of a PKCS#1 signature; `nil` while the transaction is outstanding.
    public var signature: [UInt8]?
    /// The signer's certificate in DER where it goes beside the signature (fi:PKCS1).
    public var certificate: [UInt8]?
    public var signatureProfile: String?
    public var status: Status
    /// What the services answer that have more to say than the status.
    public var serviceResponses: [ServiceResponse]
    /// How long the SMSC, the card and the person took of it; not part of the message.
    public var simTime: Duration?

    public init(
        header: MessageHeader,
        transactionID: String,
        mobileUser: MobileUser,
        signature: [UInt8]? = nil,
        certificate: [UInt8]? = nil,
        signatureProfile: String? = nil,
        status: Status,
        serviceResponses: [ServiceResponse] = [],
        simTime: Duration? = nil
    ) {
        self.header = header
        self.transactionID = transactionID
        self.mobileUser = mobileUser
        self.signature = signature
        self.certificate = certificate
        self.signatureProfile = signatureProfile
        self.status = status
        self.serviceResponses = serviceResponses
        self.simTime = simTime
    }
}

/// The status values of TS 102 204 Annex C that this platform answers.
public enum Status: Int, Sendable, CaseIterable {
    case requestOK = 100
    case registrationOK = 408
    case signature = 500
    case revokedCertificate = 501
    case validSignature = 502
    case invalidSignature = 503
    case outstandingTransaction = 504
    case constraintMismatch = 505

    /// The standard's name, sent as StatusMessage.
    public var name: String {
        switch self {
        case .requestOK: "REQUEST_OK"
        case .registrationOK: "REGISTRATION_OK"
        case .signature: "SIGNATURE"
        case .revokedCertificate: "REVOKED_CERTIFICATE"
        case .validSignature: "VALID_SIGNATURE"
        case .invalidSignature: "INVALID_SIGNATURE"
        case .outstandingTransaction: "OUTSTANDING_TRANSACTION"
        case .constraintMismatch: "CONSTRAINT_MISMATCH"
        }
    }
}
