/// What a card says (WPKI profile v1; docs/ota.md).
public struct UpMessage: Sendable, Equatable {
    /// Which request is answered.
    public enum Kind: UInt8, Sendable, CaseIterable {
        case status = 0x81
        case generate = 0x82
        case sign = 0x83
        case changePIN = 0x84
        case unblockPIN = 0x85
        case message = 0x86
        case newRootKey = 0x87
        case retire = 0x88
        case deleteKey = 0x89
        /// EVENT: the card began by itself; ``UpMessage/transaction`` is ``WPKITransaction/none``.
        case event = 0x41
    }

    public var kind: Kind
    public var transaction: WPKITransaction
    public var status: AppletStatus
    /// r‖s, or the RSA signature; with HASH one after the other, in the order of the digests.
    public var signature: [UInt8]?
    /// 04‖X‖Y, or the RSA modulus.
    public var publicKey: [UInt8]?
    /// Proof of possession of the private key.
    public var proof: [UInt8]?
    /// PIN tries left.
    public var triesLeft: UInt8?
    /// What the applet is and can; in STATUS and EVENT.
    public var info: AppletInfo?
    /// CTRS: the last CTR that the card accepted under the frame's key version; in STATUS.
    public var downCounter: UInt32?
    /// The keys on the card; in STATUS.
    public var keys: [CardKeyState]

    public init(
        kind: Kind,
        transaction: WPKITransaction,
        status: AppletStatus,
        signature: [UInt8]? = nil,
        publicKey: [UInt8]? = nil,
        proof: [UInt8]? = nil,
        triesLeft: UInt8? = nil,
        info: AppletInfo? = nil,
        downCounter: UInt32? = nil,
        keys: [CardKeyState] = []
    ) {
        self.kind = kind
        self.transaction = transaction
        self.status = status
        self.signature = signature
        self.publicKey = publicKey
        self.proof = proof
        self.triesLeft = triesLeft
        self.info = info
        self.downCounter = downCounter
        self.keys = keys
    }

    /// The signatures of an answer to SIGN.
    ///
    /// - Parameters:
    ///   - algorithm: The request's.
    ///   - count: How many were asked for: 1, or one for each digest.
    /// - Returns: `nil` unless SIG holds exactly so many.
    public func signatures(_ algorithm: SignatureAlgorithm, count: Int = 1) -> [[UInt8]]? {
        let length = algorithm.signatureLength
        guard let signature, count > 0, count <= algorithm.mostDigests, signature.count == count * length
        else { return nil }
        return stride(from: 0, to: signature.count, by: length).map { Array(signature[$0..<($0 + length)]) }
    }
}

extension UpMessage {
    /// MT and the fields in rising order of their tags; in STATUS the keys' KEY and TRIES follow in pairs.
    public var octets: [UInt8] {
        var fields = Fields()
        if kind != .event { fields[.transaction] = transaction.octets }
        fields[.status] = [status.octet]
        fields[.signature] = signature
        fields[.publicKey] = publicKey
        fields[.proof] = proof
        fields[.tries] = triesLeft.map { [$0] }
        fields[.info] = info?.octets
        fields[.counters] = downCounter.map { $0.bigEndianOctets }
        return [kind.rawValue] + fields.octets + keys.flatMap(\.octets)
    }

    /// Unknown fields are a newer applet's and are ignored.
    ///
    /// - Throws: ``WPKIError/malformed`` without STATUS or (except in an EVENT) TXN, for a field twice that is not of
    ///   a key's pair, or a value of another length.
    public init(decoding octets: [UInt8]) throws(WPKIError) {
        guard let first = octets.first, let kind = Kind(rawValue: first) else { throw .malformed }
        var list = try FieldList(decoding: octets[1...]).fields
        let keys = kind == .status ? try CardKeyState.take(&list) : []
        let fields = try Fields(list)
        guard let status = fields[.status], status.count == 1, fields[.tries].map({ $0.count == 1 }) ?? true,
            fields[.counters].map({ $0.count == 4 }) ?? true, fields[.info].map({ $0.count == 4 }) ?? true
        else { throw .malformed }
        let transaction = kind == .event ? WPKITransaction.none : fields[.transaction].flatMap { WPKITransaction($0) }
        guard let transaction else { throw .malformed }
        self.init(
            kind: kind,
            transaction: transaction,
            status: AppletStatus(octet: status[0]),
            signature: fields[.signature],
            publicKey: fields[.publicKey],
            proof: fields[.proof],
            triesLeft: fields[.tries]?.first,
            info: fields[.info].flatMap { AppletInfo($0) },
            downCounter: fields[.counters].map { $0.reduce(0) { $0 << 8 | UInt32($1) } },
            keys: keys
        )
    }
}

/// INFO: an applet's version and what it can.
public struct AppletInfo: Sendable, Equatable {
    /// What an applet may or may not have.
    public struct Capabilities: OptionSet, Sendable, Equatable {
        public let rawValue: UInt16

        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        public static let p256 = Capabilities(rawValue: 0x0001)
        public static let p384 = Capabilities(rawValue: 0x0002)
        public static let rsa2048 = Capabilities(rawValue: 0x0004)
        public static let rsaPSS = Capabilities(rawValue: 0x0008)
        /// SIGN with HASH.
        public static let digests = Capabilities(rawValue: 0x0010)
        /// Texts in DCS 08.
        public static let ucs2 = Capabilities(rawValue: 0x0020)
        /// Root keys of 256 bits.
        public static let longRoots = Capabilities(rawValue: 0x0040)
        /// EVENT after ten refused frames.
        public static let events = Capabilities(rawValue: 0x0080)
    }

    /// Major version in the high octet, minor in the low.
    public var version: UInt16
    public var capabilities: Capabilities

    public init(version: UInt16, capabilities: Capabilities) {
        self.version = version
        self.capabilities = capabilities
    }

    init?(_ octets: [UInt8]) {
        guard octets.count == 4 else { return nil }
        version = UInt16(octets[0]) << 8 | UInt16(octets[1])
        capabilities = Capabilities(rawValue: UInt16(octets[2]) << 8 | UInt16(octets[3]))
    }

    var octets: [UInt8] {
        [version, capabilities.rawValue].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }
}

/// A key on a card and how many tries its PIN has left.
public struct CardKeyState: Sendable, Equatable {
    /// 1–8.
    public var key: UInt8
    /// 0: the PIN is blocked.
    public var triesLeft: UInt8

    public init(key: UInt8, triesLeft: UInt8) {
        self.key = key
        self.triesLeft = triesLeft
    }

    var octets: [UInt8] { [Tag.key.rawValue, 1, key, Tag.tries.rawValue, 1, triesLeft] }

    /// Takes the pairs out of an answer's fields: each KEY with the TRIES right behind it, each key once.
    static func take(_ fields: inout [(tag: UInt8, value: [UInt8])]) throws(WPKIError) -> [CardKeyState] {
        var keys: [CardKeyState] = []
        var rest: [(tag: UInt8, value: [UInt8])] = []
        var index = 0
        while index < fields.count {
            let field = fields[index]
            index += 1
            guard field.tag == Tag.key.rawValue else {
                rest.append(field)
                continue
            }
            guard index < fields.count, fields[index].tag == Tag.tries.rawValue, fields[index].value.count == 1,
                field.value.count == 1, (1...8).contains(field.value[0]),
                !keys.contains(where: { $0.key == field.value[0] })
            else { throw .malformed }
            keys.append(CardKeyState(key: field.value[0], triesLeft: fields[index].value[0]))
            index += 1
        }
        fields = rest
        return keys
    }
}

extension UInt32 {
    /// Four octets, the most significant first.
    var bigEndianOctets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) } }
}
