public import MSSCore

/// What the home keeps of one signature: an ``EvidenceRecord`` in as few octets as it can, with its proofs by name.
///
/// Proofs are the same for many signatures and may be large, so they are kept once and stand here by their SHA-256.
/// What the finished signature holds already (content, certificates, digest) is written as a place in it.
public struct KeptSignature: Sendable, Equatable {
    /// Who asked whom for what.
    public var asked: EvidenceRecord.Asked
    /// What the card was sent, from which the pages come; empty where nobody knows it any more.
    public var command: [UInt8]
    public var content: SigningContent
    public var form: SigningForm
    public var algorithm: SigningAlgorithm
    /// The finished signature.
    public var signature: [UInt8]
    /// The other documents that the same PIN entry signed.
    public var further: [Further] = []
    /// The signer's certificate first, then those between it and the root; DER.
    public var certificates: [[UInt8]]
    public var proofs: [ProofName]
    public var times: EvidenceRecord.Times
    /// The status told.
    public var status: Int

    /// One of several documents, and its signature.
    public struct Further: Sendable, Equatable {
        public var content: SigningContent
        public var form: SigningForm
        /// The finished signature.
        public var signature: [UInt8]

        public init(content: SigningContent, form: SigningForm, signature: [UInt8]) {
            self.content = content
            self.form = form
            self.signature = signature
        }
    }

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

    /// Gathers what is kept.
    public init(
        _ asked: EvidenceRecord.Asked,
        command: [UInt8],
        content: SigningContent,
        form: SigningForm,
        algorithm: SigningAlgorithm,
        signature: [UInt8],
        certificates: [[UInt8]],
        proofs: [ProofName],
        times: EvidenceRecord.Times,
        status: Int
    ) {
        self.asked = asked
        self.command = command
        self.content = content
        self.form = form
        self.algorithm = algorithm
        self.signature = signature
        self.certificates = certificates
        self.proofs = proofs
        self.times = times
        self.status = status
    }
}
