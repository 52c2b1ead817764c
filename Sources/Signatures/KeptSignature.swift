public import MSSCore

/// What the home keeps of one signature: an ``EvidenceRecord`` in as few octets as it can, with its proofs by name.
///
/// Proofs are the same for many signatures and may be large, so they are kept once and stand here by their SHA-256.
/// What the finished signature holds already (content, certificates, digest) is written as a place in it.
public struct KeptSignature: Sendable, Equatable {
    /// MSSP_TransID.
    public var transaction: String
    /// AP_ID, AP_TransID and Instant.
    public var provider: String
    public var providerTransaction: String
    public var instant: String
    /// The acquiring entity's name.
    public var acquiringEntity: String
    /// The request in its one form (docs/signatures.md).
    public var request: [UInt8]
    /// What the card was sent, from which the pages come; empty where nobody knows it any more.
    public var command: [UInt8]
    public var content: SigningContent
    public var form: SigningForm
    public var algorithm: SigningAlgorithm
    /// The finished signature.
    public var signature: [UInt8]
    /// The signer's certificate first, then those between it and the root; DER.
    public var certificates: [[UInt8]]
    public var proofs: [ProofName]
    public var times: EvidenceRecord.Times
    /// The status told.
    public var status: Int

    /// A proof that is kept elsewhere.
    public struct ProofName: Sendable, Equatable {
        public var kind: RevocationProof.Kind
        /// SHA-256 of its DER.
        public var digest: [UInt8]

        public init(kind: RevocationProof.Kind, digest: [UInt8]) {
            self.kind = kind
            self.digest = digest
        }
    }

    /// Who asked for what, as it is kept.
    public struct Asked: Sendable {
        public var transaction: String
        public var provider: String
        public var providerTransaction: String
        public var instant: String
        public var acquiringEntity: String
        public var request: [UInt8]
        public var command: [UInt8]

        public init(
            transaction: String,
            provider: String,
            providerTransaction: String,
            instant: String,
            acquiringEntity: String,
            request: [UInt8],
            command: [UInt8]
        ) {
            self.transaction = transaction
            self.provider = provider
            self.providerTransaction = providerTransaction
            self.instant = instant
            self.acquiringEntity = acquiringEntity
            self.request = request
            self.command = command
        }
    }

    /// Gathers what is kept; the parameters are those of ``EvidenceRecord``.
    public init(
        _ asked: Asked,
        content: SigningContent,
        form: SigningForm,
        algorithm: SigningAlgorithm,
        signature: [UInt8],
        certificates: [[UInt8]],
        proofs: [ProofName],
        times: EvidenceRecord.Times,
        status: Int
    ) {
        transaction = asked.transaction
        provider = asked.provider
        providerTransaction = asked.providerTransaction
        instant = asked.instant
        acquiringEntity = asked.acquiringEntity
        request = asked.request
        command = asked.command
        self.content = content
        self.form = form
        self.algorithm = algorithm
        self.signature = signature
        self.certificates = certificates
        self.proofs = proofs
        self.times = times
        self.status = status
    }

    /// The record for an auditor.
    ///
    /// - Parameters:
    ///   - pages: What the phone showed of ``command``.
    ///   - proofs: Those that ``proofs`` names.
    /// - Returns: A record that holds everything.
    /// - Throws: ``SignatureError`` for a digest that is not the algorithm's.
    public func record(pages: [String], proofs: [RevocationProof]) throws(SignatureError) -> EvidenceRecord {
        try EvidenceRecord(
            EvidenceRecord.Asked(
                transaction: transaction,
                provider: provider,
                providerTransaction: providerTransaction,
                instant: instant,
                acquiringEntity: acquiringEntity,
                request: request,
                pages: pages
            ),
            content: content,
            form: form,
            algorithm: algorithm,
            signature: signature,
            certificates: certificates,
            proofs: proofs,
            times: times,
            status: status
        )
    }
}
