/// What a card answers (WPKI profile v1; docs/ota.md).
public struct UpMessage: Sendable, Equatable {
    /// Which request is answered.
    public enum Kind: UInt8, Sendable {
        case status = 0x81
        case generate = 0x82
        case sign = 0x83
        case message = 0x86
    }

    public var kind: Kind
    public var transaction: WPKITransaction
    public var status: AppletStatus
    /// r‖s, or the RSA signature.
    public var signature: [UInt8]?
    /// 04‖X‖Y, or the RSA modulus.
    public var publicKey: [UInt8]?
    /// Proof of possession of the private key.
    public var proof: [UInt8]?
    /// PIN tries left.
    public var triesLeft: UInt8?

    public init(
        kind: Kind,
        transaction: WPKITransaction,
        status: AppletStatus,
        signature: [UInt8]? = nil,
        publicKey: [UInt8]? = nil,
        proof: [UInt8]? = nil,
        triesLeft: UInt8? = nil
    ) {
        self.kind = kind
        self.transaction = transaction
        self.status = status
        self.signature = signature
        self.publicKey = publicKey
        self.proof = proof
        self.triesLeft = triesLeft
    }

    public var octets: [UInt8] {
        var fields = Fields()
        fields[.transaction] = transaction.octets
        fields[.status] = [status.octet]
        fields[.signature] = signature
        fields[.publicKey] = publicKey
        fields[.proof] = proof
        fields[.tries] = triesLeft.map { [$0] }
        return [kind.rawValue] + fields.octets
    }

    /// Unknown fields are a newer applet's and are ignored.
    public init(decoding octets: [UInt8]) throws(WPKIError) {
        guard let first = octets.first, let kind = Kind(rawValue: first) else { throw .malformed }
        let fields = try Fields(decoding: octets[1...])
        guard let transaction = fields[.transaction].flatMap({ WPKITransaction($0) }),
            let status = fields[.status], status.count == 1, fields[.tries].map({ $0.count == 1 }) ?? true
        else { throw .malformed }
        self.init(
            kind: kind,
            transaction: transaction,
            status: AppletStatus(octet: status[0]),
            signature: fields[.signature],
            publicKey: fields[.publicKey],
            proof: fields[.proof],
            triesLeft: fields[.tries]?.first
        )
    }
}
