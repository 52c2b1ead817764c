public import MSSCore

public import struct Foundation.Date

/// Gathers what is kept of each signature for those who doubt it later, and seals it for storage.
public protocol EvidenceKeeper: Sendable {
    /// Asked before the signature's end is committed: both are stored in one commit, or neither is.
    ///
    /// - Throws: ``EvidenceError`` if nothing can be kept now; the signature is not delivered then.
    func keep(_ signature: FinishedSignature) throws(EvidenceError) -> KeptEvidence
}

/// A signature that was verified, with everything around it.
public struct FinishedSignature: Sendable {
    public var transaction: CardTransaction
    public var task: SignatureTask
    /// The person's, with its certificate.
    public var key: SubscriberKey
    /// As it will be delivered.
    public var octets: [UInt8]
    /// The other documents that the same PIN entry signed.
    public var further: [Further]
    public var status: Status
    /// When the message centre took the command; `nil` if it did not say so, or said it to another process.
    public var sent: Date?
    public var answered: Date

    /// One of several documents, and its signature.
    public struct Further: Sendable {
        public var document: TaskDocument
        public var octets: [UInt8]

        public init(document: TaskDocument, octets: [UInt8]) {
            self.document = document
            self.octets = octets
        }
    }

    public init(
        transaction: CardTransaction,
        task: SignatureTask,
        key: SubscriberKey,
        octets: [UInt8],
        further: [Further] = [],
        status: Status,
        sent: Date?,
        answered: Date
    ) {
        self.transaction = transaction
        self.task = task
        self.key = key
        self.octets = octets
        self.further = further
        self.status = status
        self.sent = sent
        self.answered = answered
    }
}

/// What storage keeps of a signature: octets that say nothing to whoever reads them.
public struct KeptEvidence: Sendable {
    /// When the retention ends, in seconds since 1970.
    public var until: Int64
    public var sealed: [UInt8]
    /// What proves that the certificates stood; stored once for all signatures.
    public var proofs: [KeptProof]

    public init(until: Int64, sealed: [UInt8], proofs: [KeptProof]) {
        self.until = until
        self.sealed = sealed
        self.proofs = proofs
    }
}

/// A revocation list or a responder's answer: public, signed by its maker, named by its SHA-256.
public struct KeptProof: Sendable {
    /// `crl` or `ocsp`.
    public var kind: String
    public var digest: [UInt8]
    /// Its DER; asked for only where it is not stored yet.
    public var octets: @Sendable () -> [UInt8]

    public init(kind: String, digest: [UInt8], octets: @escaping @Sendable () -> [UInt8]) {
        self.kind = kind
        self.digest = digest
        self.octets = octets
    }
}

extension SignatureTask {
    /// What the card signs of it, and in which form.
    public var signedContent: SigningContent { manner.content(content) }
    public var signedForm: SigningForm { manner.form }
}
