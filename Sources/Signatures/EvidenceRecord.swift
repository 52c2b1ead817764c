public import Foundation
import MSSCore

/// Everything that is kept of one signature, so that an auditor can follow it without the platform (docs/signatures.md).
///
/// Written as JSON with sorted keys, octets in base64, dates in UTC: the same record is always the same octets.
public struct EvidenceRecord: Codable, Sendable, Equatable {
    /// Of this format.
    public var version = 1
    /// MSSP_TransID.
    public var transaction: String
    /// AP_ID, AP_TransID and Instant: what names the request for good.
    public var provider: String
    public var providerTransaction: String
    public var instant: String
    /// The acquiring entity's name.
    public var acquiringEntity: String
    /// The request in its one form, in which all its parts stand (docs/signatures.md).
    public var request: Data
    /// What the phone showed, page by page, the heading first.
    public var pages: [String]
    public var content: Content
    public var form: Form
    /// ``SigningAlgorithm``.
    public var algorithm: String
    /// The finished signature.
    public var signature: Data
    /// The other documents that the same PIN entry signed; absent where there was one.
    public var further: [Further]?
    /// The signer's certificate first, then those between it and the root; DER.
    public var certificates: [Data]
    public var proofs: [Proof]
    public var times: Times
    /// The status told, 500 to 505.
    public var status: Int

    /// What was signed.
    public struct Content: Codable, Sendable, Equatable {
        /// `utf8`, `gsm`, `ucs2`, `binary`, or `digest`, which stands for octets that the platform never saw.
        public var kind: String
        public var octets: Data
        /// By the algorithm's hash.
        public var digest: Data
    }

    /// How it was signed.
    public struct Form: Codable, Sendable, Equatable {
        /// `cms`, `cms-detached` or `pkcs1`.
        public var structure: String
        /// Absent without signed attributes.
        public var mid: Data?
        public var extra: Data?
    }

    /// One of several documents, and its signature.
    public struct Further: Codable, Sendable, Equatable {
        public var content: Content
        public var form: Form
        public var signature: Data
    }

    /// What proves that the certificates stood.
    public struct Proof: Codable, Sendable, Equatable {
        /// `crl` or `ocsp`.
        public var kind: String
        public var der: Data
    }

    /// When what happened; whole seconds.
    public struct Times: Codable, Sendable, Equatable {
        public var asked: Date
        /// When the message centre took the command; `nil` where that is unknown (docs/signatures.md).
        public var sent: Date?
        public var answered: Date

        public init(asked: Date, sent: Date?, answered: Date) {
            self.asked = asked.wholeSeconds
            self.sent = sent?.wholeSeconds
            self.answered = answered.wholeSeconds
        }
    }

    /// Who asked whom for what.
    public struct Asked: Sendable, Equatable {
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

        public init(
            transaction: String,
            provider: String,
            providerTransaction: String,
            instant: String,
            acquiringEntity: String,
            request: [UInt8]
        ) {
            self.transaction = transaction
            self.provider = provider
            self.providerTransaction = providerTransaction
            self.instant = instant
            self.acquiringEntity = acquiringEntity
            self.request = request
        }
    }

    /// The record of what was kept, for an auditor.
    ///
    /// - Parameters:
    ///   - kept: All but what follows.
    ///   - pages: What the phone showed of ``KeptSignature/command``.
    ///   - proofs: Those that ``KeptSignature/proofs`` names.
    /// - Throws: ``SignatureError`` for a digest that is not the algorithm's.
    public init(_ kept: KeptSignature, pages: [String], proofs: [RevocationProof]) throws(SignatureError) {
        transaction = kept.asked.transaction
        provider = kept.asked.provider
        providerTransaction = kept.asked.providerTransaction
        instant = kept.asked.instant
        acquiringEntity = kept.asked.acquiringEntity
        request = Data(kept.asked.request)
        self.pages = pages
        content = try Content(kept.content, by: kept.algorithm)
        form = Form(kept.form)
        let others = try kept.further.map { document throws(SignatureError) in
            Further(
                content: try Content(document.content, by: kept.algorithm),
                form: Form(document.form),
                signature: Data(document.signature)
            )
        }
        further = others.isEmpty ? nil : others
        algorithm = kept.algorithm.rawValue
        signature = Data(kept.signature)
        certificates = kept.certificates.map { Data($0) }
        self.proofs = proofs.map { Proof(kind: $0.kind.rawValue, der: Data($0.der)) }
        times = kept.times
        status = kept.status
    }
}

extension EvidenceRecord {
    /// The record as it is kept.
    public func encoded() throws(SignatureError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do { return Array(try encoder.encode(self)) } catch { throw SignatureError("the record cannot be written") }
    }

    /// Reads a record; octets that ``encoded()`` would write in another way are refused.
    public init(decoding octets: [UInt8]) throws(SignatureError) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do { self = try decoder.decode(EvidenceRecord.self, from: Data(octets)) } catch {
            throw SignatureError("the record is not well-formed")
        }
        guard version == 1, try encoded() == octets else { throw SignatureError("the record is not in its own form") }
    }

    /// Checks the record by itself: each signature over the content, by the certificate, in its form; that the digest is
    /// the content's; and what can be said of the certificate at the time of the answer from the proofs in here.
    ///
    /// - Parameter pem: The anchors and CAs that the auditor trusts.
    /// - Returns: The certificate's standing then.
    /// - Throws: ``SignatureError`` with what is wrong first.
    public func confirm(anchors pem: [UInt8]) throws(SignatureError) -> UserAuthority.Validity {
        guard let algorithm = SigningAlgorithm(rawValue: algorithm), let leaf = certificates.first else {
            throw SignatureError("the record names an unknown algorithm, or no certificate")
        }
        let certificate = try UserCertificate(der: Array(leaf))
        let signed = [Further(content: content, form: form, signature: signature)] + (further ?? [])
        for document in signed {
            try document.confirm(algorithm, certificate, certificates.dropFirst().map { Array($0) })
        }
        let proofs = try proofs.map { proof throws(SignatureError) -> RevocationProof in
            guard let kind = RevocationProof.Kind(rawValue: proof.kind) else {
                throw SignatureError("the record holds an unknown kind of proof")
            }
            return RevocationProof(kind, Array(proof.der))
        }
        let authority = try UserAuthority(anchors: pem, archived: proofs, at: times.answered)
        return authority.validity(of: Array(leaf), at: times.answered)
    }
}

extension EvidenceRecord.Content {
    fileprivate init(_ content: SigningContent, by algorithm: SigningAlgorithm) throws(SignatureError) {
        kind = content.kind
        octets = Data(content.octets ?? [])
        digest = Data(try content.digest(by: algorithm.digest))
    }
}

extension EvidenceRecord.Form {
    fileprivate init(_ form: SigningForm) {
        structure = form.structure.rawValue
        mid = form.attributes.map { Data($0.mid) }
        extra = form.attributes.map { Data($0.extra) }
    }
}

extension EvidenceRecord.Further {
    /// The signature over the content, by the certificate, in its form; and that the digest is the content's.
    fileprivate func confirm(
        _ algorithm: SigningAlgorithm,
        _ certificate: UserCertificate,
        _ intermediates: [[UInt8]]
    ) throws(SignatureError) {
        guard let structure = SigningForm.Structure(rawValue: form.structure),
            (form.mid == nil) == (form.extra == nil), let signed = SigningContent(kind: content.kind, content)
        else { throw SignatureError("the record names an unknown form or content") }
        guard try signed.digest(by: algorithm.digest) == Array(content.digest) else {
            throw SignatureError("the digest is not the content's")
        }
        let attributes = form.mid.map { AddedAttributes(mid: Array($0), extra: Array(form.extra ?? Data())) }
        try SignedDataCheck.confirm(
            Array(signature),
            content: signed,
            form: SigningForm(structure: structure, attributes: attributes),
            algorithm: algorithm,
            registeredKey: certificate.publicKey,
            certificate: certificate,
            intermediates: intermediates
        )
    }
}

extension SigningContent {
    /// Its name in what is kept.
    var kind: String {
        switch self {
        case .utf8: "utf8"
        case .gsm: "gsm"
        case .ucs2: "ucs2"
        case .binary: "binary"
        case .digest: "digest"
        }
    }

    /// - Parameters:
    ///   - kind: The name.
    ///   - octets: The content, or the digest that stands for it.
    init?(kind: String, _ octets: [UInt8]) {
        switch kind {
        case "utf8": self = .utf8(octets)
        case "gsm": self = .gsm(octets)
        case "ucs2": self = .ucs2(octets)
        case "binary": self = .binary(octets)
        case "digest": self = .digest(octets)
        default: return nil
        }
    }

    fileprivate init?(kind: String, _ content: EvidenceRecord.Content) {
        guard kind != "digest" || content.octets.isEmpty else { return nil }
        self.init(kind: kind, Array(kind == "digest" ? content.digest : content.octets))
    }
}

extension Date {
    fileprivate var wholeSeconds: Date { Date(timeIntervalSince1970: timeIntervalSince1970.rounded(.down)) }
}
