/// SIGN: shows heading and text, asks the PIN, signs by FORM, or signs digests that the card cannot show.
public struct SignCommand: Sendable, Equatable {
    public var transaction: WPKITransaction
    public var key: UInt8
    public var algorithm: SignatureAlgorithm
    /// The provider's registered name, a page of its own; not signed.
    public var head: CardText?
    public var text: CardText
    /// Of no meaning, and not sent, where there are digests.
    public var form: SignatureForm
    /// Attributes between contentType and messageDigest, and after messageDigest.
    public var mid: [UInt8]?
    public var extra: [UInt8]?
    /// Units of 10 s.
    public var timeLimit: UInt8?
    /// HASH: what is signed instead of the text, each of the algorithm's digest length; one PIN entry signs all.
    public var digests: [[UInt8]]

    public init(
        transaction: WPKITransaction,
        key: UInt8,
        algorithm: SignatureAlgorithm,
        head: CardText?,
        text: CardText,
        form: SignatureForm,
        mid: [UInt8]? = nil,
        extra: [UInt8]? = nil,
        timeLimit: UInt8? = nil,
        digests: [[UInt8]] = []
    ) {
        self.transaction = transaction
        self.key = key
        self.algorithm = algorithm
        self.head = head
        self.text = text
        self.form = form
        self.mid = mid
        self.extra = extra
        self.timeLimit = timeLimit
        self.digests = digests
    }
}

extension SignCommand {
    /// Whether a card refuses the text (07): UCS-2 octets signed as they are could be a SET OF attributes, and the
    /// signature would pass over another content; a text without characters shows nothing; HEAD has one page.
    public var hasUnsupportedText: Bool {
        let isBare = digests.isEmpty && form.isDisjoint(with: [.signedAttributes, .utf8])
        return isBare && text.encoding == .ucs2 || text.octets.isEmpty || (head?.octets.count ?? 0) > Pages.mostOctets
    }
}

extension SignCommand {
    static let tags: Set<Tag> = [.key, .algorithm, .text, .hash, .form, .extra, .head, .mid, .timeLimit]

    func write(_ fields: inout Fields) {
        fields[.key] = [key]
        fields[.algorithm] = [algorithm.rawValue]
        fields[.head] = head?.value
        fields[.text] = text.value
        fields[.mid] = mid
        fields[.extra] = extra
        fields[.timeLimit] = timeLimit.map { [$0] }
        if digests.isEmpty { fields[.form] = [form.rawValue] } else { fields[.hash] = digests.flatMap(\.self) }
    }

    init(_ transaction: WPKITransaction, _ fields: Fields) throws(WPKIError) {
        let limit = fields[.timeLimit]
        guard fields[.text] != nil, limit.map({ $0.count == 1 }) ?? true else { throw .malformed }
        guard fields[.hash] == nil || fields[.form] == nil else { throw .malformed }
        let form = fields[.form] ?? [0]
        guard form.count == 1, form[0] & 0x7E == 0 else { throw .malformed }
        guard (fields[.mid] == nil && fields[.extra] == nil) || form[0] & 1 == 1 else { throw .malformed }
        let (key, algorithm) = try fields.keyAndAlgorithm()
        guard
            AdditionalAttributes.fit(
                mid: fields[.mid] ?? [],
                extra: fields[.extra] ?? [],
                digestLength: algorithm.digestLength
            )
        else { throw .malformed }
        let digests = try Self.digests(fields[.hash], algorithm)
        guard let text = try fields.text(.text) else { throw .malformed }
        self.init(
            transaction: transaction,
            key: key,
            algorithm: algorithm,
            head: try fields.text(.head),
            text: text,
            form: SignatureForm(rawValue: form[0]),
            mid: fields[.mid],
            extra: fields[.extra],
            timeLimit: limit?.first,
            digests: digests
        )
    }

    /// HASH cut into digests: at least one, whole ones, and no more than one answer has signatures.
    private static func digests(_ hash: [UInt8]?, _ algorithm: SignatureAlgorithm) throws(WPKIError) -> [[UInt8]] {
        guard let hash else { return [] }
        let length = algorithm.digestLength
        guard !hash.isEmpty, hash.count.isMultiple(of: length), hash.count / length <= algorithm.mostDigests
        else { throw .unsupportedAlgorithm }
        return stride(from: 0, to: hash.count, by: length).map { Array(hash[$0..<($0 + length)]) }
    }
}
