/// What the home asks of a card (WPKI profile v1; docs/ota.md).
public enum DownMessage: Sendable, Equatable {
    case status(WPKITransaction)
    case generate(GenerateCommand)
    case sign(SignCommand)
    case message(WPKITransaction, CardText)
    /// The card resends its last answer under a new counter; it never prompts.
    case repeatLast(WPKITransaction)

    public var transaction: WPKITransaction {
        switch self {
        case .status(let transaction), .message(let transaction, _), .repeatLast(let transaction): transaction
        case .generate(let command): command.transaction
        case .sign(let command): command.transaction
        }
    }
}

/// GENERATE: makes a key on the card once its owner has typed the code.
public struct GenerateCommand: Sendable, Equatable {
    public var transaction: WPKITransaction
    /// 1–8.
    public var key: UInt8
    public var algorithm: SignatureAlgorithm
    /// 6–8 ASCII digits.
    public var code: String
    public var pinPolicy: PINPolicy
    public var text: CardText?
    /// What else the key may sign; absent means nothing else.
    public var keyPolicy: KeyPolicy?

    public init(
        transaction: WPKITransaction,
        key: UInt8,
        algorithm: SignatureAlgorithm,
        code: String,
        pinPolicy: PINPolicy,
        text: CardText? = nil,
        keyPolicy: KeyPolicy? = nil
    ) {
        self.transaction = transaction
        self.key = key
        self.algorithm = algorithm
        self.code = code
        self.pinPolicy = pinPolicy
        self.text = text
        self.keyPolicy = keyPolicy
    }
}

/// SIGN: shows heading and text, asks the PIN, signs by FORM.
public struct SignCommand: Sendable, Equatable {
    public var transaction: WPKITransaction
    public var key: UInt8
    public var algorithm: SignatureAlgorithm
    /// The provider's registered name, a page of its own; not signed.
    public var head: CardText?
    public var text: CardText
    public var form: SignatureForm
    /// Attributes between contentType and messageDigest, and after messageDigest.
    public var mid: [UInt8]?
    public var extra: [UInt8]?
    /// Units of 10 s.
    public var timeLimit: UInt8?

    public init(
        transaction: WPKITransaction,
        key: UInt8,
        algorithm: SignatureAlgorithm,
        head: CardText?,
        text: CardText,
        form: SignatureForm,
        mid: [UInt8]? = nil,
        extra: [UInt8]? = nil,
        timeLimit: UInt8? = nil
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
    }
}

extension DownMessage {
    private enum MessageType: UInt8 {
        case status = 0x01
        case generate = 0x02
        case sign = 0x03
        case message = 0x06
        case repeatLast = 0x0A
    }

    /// MT and the fields.
    public var octets: [UInt8] {
        var fields = Fields()
        fields[.transaction] = transaction.octets
        let type: MessageType
        switch self {
        case .status: type = .status
        case .repeatLast: type = .repeatLast
        case .message(_, let text):
            type = .message
            fields[.text] = text.value
        case .generate(let command):
            type = .generate
            command.write(&fields)
        case .sign(let command):
            type = .sign
            command.write(&fields)
        }
        return [type.rawValue] + fields.octets
    }

    /// - Throws: ``WPKIError/malformed`` for anything a card answers with 0E.
    public init(decoding octets: [UInt8]) throws(WPKIError) {
        guard let first = octets.first, let type = MessageType(rawValue: first) else { throw .malformed }
        let fields = try Fields(decoding: octets[1...])
        guard let transaction = fields[.transaction].flatMap({ WPKITransaction($0) }) else { throw .malformed }
        var allowed: Set<Tag> = [.transaction]
        switch type {
        case .status: self = .status(transaction)
        case .repeatLast: self = .repeatLast(transaction)
        case .message:
            allowed.insert(.text)
            guard let text = fields[.text] else { throw .malformed }
            self = .message(transaction, try CardText(decoding: text))
        case .generate:
            allowed.formUnion(GenerateCommand.tags)
            self = .generate(try GenerateCommand(transaction, fields))
        case .sign:
            allowed.formUnion(SignCommand.tags)
            self = .sign(try SignCommand(transaction, fields))
        }
        let known = Set(allowed.map(\.rawValue))
        guard fields.tags.allSatisfy({ known.contains($0) }) else { throw .malformed }
    }
}

extension GenerateCommand {
    fileprivate static let tags: Set<Tag> = [.key, .algorithm, .text, .code, .pinPolicy, .keyPolicy]

    fileprivate func write(_ fields: inout Fields) {
        fields[.key] = [key]
        fields[.algorithm] = [algorithm.rawValue]
        fields[.code] = Array(code.utf8)
        fields[.pinPolicy] = pinPolicy.octets
        fields[.text] = text?.value
        fields[.keyPolicy] = keyPolicy.map { [$0.rawValue] }
    }

    fileprivate init(_ transaction: WPKITransaction, _ fields: Fields) throws(WPKIError) {
        let (key, algorithm) = try fields.keyAndAlgorithm()
        guard let code = fields[.code], (6...8).contains(code.count),
            code.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let policy = fields[.pinPolicy].flatMap({ PINPolicy($0) })
        else { throw .malformed }
        let keyPolicy = fields[.keyPolicy]
        guard keyPolicy.map({ $0.count == 1 && $0[0] <= 1 }) ?? true else { throw .malformed }
        self.init(
            transaction: transaction,
            key: key,
            algorithm: algorithm,
            code: String(decoding: code, as: UTF8.self),
            pinPolicy: policy,
            text: try fields.text(.text),
            keyPolicy: keyPolicy.map { KeyPolicy(rawValue: $0[0]) }
        )
    }
}

extension SignCommand {
    fileprivate static let tags: Set<Tag> = [.key, .algorithm, .text, .form, .extra, .head, .mid, .timeLimit]

    fileprivate func write(_ fields: inout Fields) {
        fields[.key] = [key]
        fields[.algorithm] = [algorithm.rawValue]
        fields[.head] = head?.value
        fields[.text] = text.value
        fields[.form] = [form.rawValue]
        fields[.mid] = mid
        fields[.extra] = extra
        fields[.timeLimit] = timeLimit.map { [$0] }
    }

    fileprivate init(_ transaction: WPKITransaction, _ fields: Fields) throws(WPKIError) {
        let (key, algorithm) = try fields.keyAndAlgorithm()
        guard let text = try fields.text(.text) else { throw .malformed }
        let form = fields[.form] ?? [0]
        guard form.count == 1, form[0] & 0x7E == 0 else { throw .malformed }
        let limit = fields[.timeLimit]
        guard limit.map({ $0.count == 1 }) ?? true else { throw .malformed }
        self.init(
            transaction: transaction,
            key: key,
            algorithm: algorithm,
            head: try fields.text(.head),
            text: text,
            form: SignatureForm(rawValue: form[0]),
            mid: fields[.mid],
            extra: fields[.extra],
            timeLimit: limit?.first
        )
        guard mid != nil || extra != nil else { return }
        guard self.form.contains(.signedAttributes),
            AdditionalAttributes.fit(mid: mid ?? [], extra: extra ?? [], digestLength: algorithm.digestLength)
        else { throw .malformed }
    }
}

extension Fields {
    fileprivate func keyAndAlgorithm() throws(WPKIError) -> (UInt8, SignatureAlgorithm) {
        guard let key = self[.key], key.count == 1, (1...8).contains(key[0]), let number = self[.algorithm],
            number.count == 1, let algorithm = SignatureAlgorithm(rawValue: number[0])
        else { throw .malformed }
        return (key[0], algorithm)
    }

    fileprivate func text(_ tag: Tag) throws(WPKIError) -> CardText? {
        guard let value = self[tag] else { return nil }
        return try CardText(decoding: value)
    }
}
