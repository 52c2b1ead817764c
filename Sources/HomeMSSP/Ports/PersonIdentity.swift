public import MSSCore

public import struct Foundation.Date

/// What a provider is told of a signer, before it is signed: `samlp:Response` with one Assertion (SAML 2.0 core, §2.3, §3.2.2).
///
/// Its values are a person's: it has no description and is never logged.
public struct PersonIdentity: Sendable, Equatable {
    /// How much of what was asked for is told.
    public enum Extent: String, Sendable, CaseIterable {
        case ok, partialFailure, failure

        /// samlp:StatusCode/@Value.
        public var uri: String { PersonAttribute.namespace + rawValue }
    }

    /// One attribute with its value, as text.
    public struct Value: Sendable, Equatable {
        public var attribute: PersonAttribute
        public var text: String

        public init(_ attribute: PersonAttribute, _ text: String) {
            self.attribute = attribute
            self.text = text
        }
    }

    /// The query's ID.
    public var id: String
    /// The home's name.
    public var issuer: String
    /// The provider's AP_ID: nobody else may use it.
    public var audience: String
    /// Whom it is about: who signed this transaction.
    public var transaction: TransactionID
    public var extent: Extent
    public var values: [Value]
    public var issued: Date

    public init(
        id: String,
        issuer: String,
        audience: String,
        transaction: TransactionID,
        extent: Extent,
        values: [Value],
        issued: Date
    ) {
        self.id = id
        self.issuer = issuer
        self.audience = audience
        self.transaction = transaction
        self.extent = extent
        self.values = values
        self.issued = issued
    }
}

extension PersonIdentity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹\(extent.rawValue)›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a certificate says of its subject.
public struct CertifiedPerson: Sendable, Equatable {
    /// Its whole name (RFC 4514), the certificate's last part first.
    public var subject: String
    /// Its attribute givenName (2.5.4.42), if it has one.
    public var givenName: String?
    /// Its attribute surname (2.5.4.4), if it has one.
    public var surName: String?
    public var validUntil: Date

    public init(subject: String, givenName: String?, surName: String?, validUntil: Date) {
        self.subject = subject
        self.givenName = givenName
        self.surName = surName
        self.validUntil = validUntil
    }
}

/// Signs what is told of persons, by the platform's identity.
public protocol PersonIdentitySigner: Sendable {
    /// Finds out whether anything could be signed, before anybody is asked.
    ///
    /// - Throws: 780 while no identity signs.
    func check() async throws(MSSFault)

    /// Signs.
    ///
    /// - Returns: `samlp:Response` in octets that stand by themselves, its enveloped XML signature with the identity's chain.
    /// - Throws: 780 while no identity signs, 900 for what cannot be signed.
    func response(_ identity: PersonIdentity) async throws(MSSFault) -> [UInt8]
}
