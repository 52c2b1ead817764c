/// A signature as MSS_Signature holds it.
public struct SignatureOctets: Sendable, Equatable {
    /// DER of the CMS SignedData, or the value of a PKCS#1 signature.
    public var signature: [UInt8]
    /// The signer's certificate in DER where it goes beside the signature (fi:PKCS1).
    public var certificate: [UInt8]?

    public init(_ signature: [UInt8], certificate: [UInt8]? = nil) {
        self.signature = signature
        self.certificate = certificate
    }
}

/// `batch:BatchSignatureResponse`: a signature, and what the user read of what it is over.
public struct BatchSignature: Sendable, Equatable {
    public var signature: SignatureOctets
    /// Always there: clients look at it without asking whether it is.
    public var displayed: DataToBeSigned

    public init(_ signature: SignatureOctets, displayed: DataToBeSigned) {
        self.signature = signature
        self.displayed = displayed
    }
}

/// `mds:AdditionalSignatureResponse`: a document's signature and status, under the name that its request had.
public struct DocumentSignature: Sendable, Equatable {
    /// DocumentRef.
    public var reference: String?
    /// `nil` while it is outstanding.
    public var signature: SignatureOctets?
    public var status: Status

    public init(reference: String?, signature: SignatureOctets?, status: Status) {
        self.reference = reference
        self.signature = signature
        self.status = status
    }
}
