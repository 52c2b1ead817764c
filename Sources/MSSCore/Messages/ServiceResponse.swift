/// What one of the AdditionalServices answers beside the message's own status (FiCom 2.1, `fi:ServiceResponse`).
public struct ServiceResponse: Sendable, Equatable {
    /// What a service has to say.
    public enum Content: Sendable, Equatable {
        /// A code of TS 102 204 Annex B, such as 423.
        case status(MSSFault.Code)
        /// The service was done.
        case done
        /// The certificate that verifies the signature, in DER; others that lead to it may follow.
        case signingCertificate([[UInt8]])
        case subscriberInfo([SubscriberDetail])
        /// What the platform's operator finds the request by; no service of the request's, so it has a URI of its own.
        case trace(TraceID)
        /// The user's roles by their names; none of a user without any.
        case roles([String])
        /// Of personIdentity: `samlp:Response`, in octets that stand by themselves and are carried as they are, for they are
        /// signed.
        case personIdentity([UInt8])
        /// Of batchsign: the message's own signature first, then each document's, in the order of the request.
        case batch([BatchSignature])
        /// Of docsign: each document's, in the order of the request.
        case documents([DocumentSignature])
    }

    /// The URI under which an answer tells its trace id.
    public static let traceURI = "urn:mssp:service:1#trace"

    /// The service's URI, as it was asked for.
    public var uri: String
    /// Who answers.
    public var entity: MeshMember
    public var content: Content

    public init(uri: String, entity: MeshMember, _ content: Content) {
        self.uri = uri
        self.entity = entity
        self.content = content
    }

    public init(uri: String, entity: MeshMember, code: MSSFault.Code) {
        self.init(uri: uri, entity: entity, .status(code))
    }
}

/// One thing that an operator tells of a subscriber, by a number that says what it is.
public struct SubscriberDetail: Sendable, Equatable {
    /// The home network: its MCC and MNC.
    public static let network = "1901"

    public var id: String
    public var value: String

    public init(id: String, value: String) {
        self.id = id
        self.value = value
    }
}
