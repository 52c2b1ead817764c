/// One of the things that a request has signed: what stands in the message itself, or what an additional service of it
/// brings besides (`batch:BatchSignatureRequest`, `mds:AdditionalSignatureRequest`).
public struct DocumentToBeSigned: Sendable, Equatable {
    public var dataToBeSigned: DataToBeSigned
    public var dataToBeDisplayed: DataToBeSigned?
    /// SignatureProfile/mssURI; a document of a service without one has the message's.
    public var signatureProfile: String?
    /// MSS_Format/mssURI; likewise.
    public var format: String?
    /// DocumentRef: the provider's own name for it, repeated in the answer.
    public var reference: String?

    public init(
        _ dataToBeSigned: DataToBeSigned,
        displayed: DataToBeSigned? = nil,
        signatureProfile: String? = nil,
        format: String? = nil,
        reference: String? = nil
    ) {
        self.dataToBeSigned = dataToBeSigned
        dataToBeDisplayed = displayed
        self.signatureProfile = signatureProfile
        self.format = format
        self.reference = reference
    }

    /// A digest of something that the platform never sees stands in DataToBeSigned: by itself, or as a DigestInfo
    /// (FiCom 2.1 §5.2: octets whose signature is to be a PKCS#1 value).
    public var bringsDigest: Bool {
        dataToBeSigned.mimeType?.lowercased().hasPrefix("application/x-sha") ?? false
            || dataToBeSigned.isBinary && SignatureKind(format: format)?.structure == .pkcs1
    }

    /// The user reads another text than the one that is signed, or octets are signed that nobody can read.
    public var isShownOtherwise: Bool {
        !bringsDigest
            && (dataToBeSigned.isBinary || dataToBeDisplayed.map { $0.content != dataToBeSigned.content } ?? false)
    }

    /// What the user reads.
    public var shown: DataToBeSigned { dataToBeDisplayed ?? dataToBeSigned }
}

extension SignatureRequest {
    /// What stands in the message itself.
    public var document: DocumentToBeSigned {
        DocumentToBeSigned(
            dataToBeSigned,
            displayed: dataToBeDisplayed,
            signatureProfile: signatureProfile,
            format: format
        )
    }

    /// What its services bring besides, in their order.
    public var furtherDocuments: [DocumentToBeSigned] { additionalServices.compactMap(\.document) }

    /// A digest of something that the platform never sees stands in DataToBeSigned.
    public var bringsDigest: Bool { document.bringsDigest }

    /// The user reads another text than the one that is signed, or octets are signed that nobody can read.
    public var isShownOtherwise: Bool { document.isShownOtherwise }
}
