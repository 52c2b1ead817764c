/// What the home asks of a card (WPKI profile v1; docs/ota.md).
public enum DownMessage: Sendable, Equatable {
    case status(WPKITransaction)
    case generate(GenerateCommand)
    case sign(SignCommand)
    /// CHANGE PIN of a key: the card asks the old one.
    case changePIN(WPKITransaction, key: UInt8)
    /// UNBLOCK PIN of a key: the card asks the PUK.
    case unblockPIN(WPKITransaction, key: UInt8)
    case message(WPKITransaction, CardText)
    /// NEW ROOT KEY: the card answers under it.
    case newRootKey(WPKITransaction, WrappedRoot)
    /// RETIRE KVN: an older key version is dead.
    case retire(WPKITransaction, keyVersion: UInt8)
    /// DELETE KEY: the card asks its user.
    case deleteKey(WPKITransaction, key: UInt8)
    /// The card resends its last answer under a new counter; it never prompts.
    case repeatLast(WPKITransaction)

    public var transaction: WPKITransaction {
        switch self {
        case .status(let transaction), .message(let transaction, _), .repeatLast(let transaction),
            .changePIN(let transaction, _), .unblockPIN(let transaction, _), .deleteKey(let transaction, _),
            .newRootKey(let transaction, _), .retire(let transaction, _):
            transaction
        case .generate(let command): command.transaction
        case .sign(let command): command.transaction
        }
    }

    /// Which answer belongs to the request; REPEAT has the one of the request whose answer is repeated.
    public var answer: UpMessage.Kind? {
        switch self {
        case .status: .status
        case .generate: .generate
        case .sign: .sign
        case .changePIN: .changePIN
        case .unblockPIN: .unblockPIN
        case .message: .message
        case .newRootKey: .newRootKey
        case .retire: .retire
        case .deleteKey: .deleteKey
        case .repeatLast: nil
        }
    }
}

extension DownMessage {
    private enum MessageType: UInt8 {
        case status = 0x01
        case generate = 0x02
        case sign = 0x03
        case changePIN = 0x04
        case unblockPIN = 0x05
        case message = 0x06
        case newRootKey = 0x07
        case retire = 0x08
        case deleteKey = 0x09
        case repeatLast = 0x0A

        /// The fields beside TXN that it may have.
        var tags: Set<Tag> {
            switch self {
            case .status, .repeatLast: []
            case .generate: GenerateCommand.tags
            case .sign: SignCommand.tags
            case .changePIN, .unblockPIN, .deleteKey: [.key]
            case .message: [.text]
            case .newRootKey: [.wrappedKey]
            case .retire: [.keyVersion]
            }
        }
    }

    private var type: MessageType {
        switch self {
        case .status: .status
        case .generate: .generate
        case .sign: .sign
        case .changePIN: .changePIN
        case .unblockPIN: .unblockPIN
        case .message: .message
        case .newRootKey: .newRootKey
        case .retire: .retire
        case .deleteKey: .deleteKey
        case .repeatLast: .repeatLast
        }
    }

    /// MT and the fields.
    public var octets: [UInt8] {
        var fields = Fields()
        fields[.transaction] = transaction.octets
        switch self {
        case .status, .repeatLast: break
        case .message(_, let text): fields[.text] = text.value
        case .generate(let command): command.write(&fields)
        case .sign(let command): command.write(&fields)
        case .changePIN(_, let key), .unblockPIN(_, let key), .deleteKey(_, let key): fields[.key] = [key]
        case .newRootKey(_, let root): fields[.wrappedKey] = root.octets
        case .retire(_, let keyVersion): fields[.keyVersion] = [keyVersion]
        }
        return [type.rawValue] + fields.octets
    }

    /// - Throws: ``WPKIError/malformed`` for what a card answers with 0E; ``WPKIError/unsupportedText`` for what it
    ///   answers with 07, which is looked for last.
    public init(decoding octets: [UInt8]) throws(WPKIError) {
        guard let first = octets.first, let type = MessageType(rawValue: first) else { throw .malformed }
        let fields = try Fields(decoding: octets[1...])
        guard let transaction = fields[.transaction].flatMap({ WPKITransaction($0) }) else { throw .malformed }
        let known = Set(type.tags.map(\.rawValue)).union([Tag.transaction.rawValue])
        guard fields.tags.allSatisfy({ known.contains($0) }) else { throw .malformed }
        // Without a data coding octet it is no text string at all.
        guard fields[.text]?.isEmpty != true, fields[.head]?.isEmpty != true else { throw .malformed }
        switch type {
        case .status: self = .status(transaction)
        case .repeatLast: self = .repeatLast(transaction)
        case .message:
            guard let text = fields[.text] else { throw .malformed }
            self = .message(transaction, try CardText(decoding: text))
        case .generate: self = .generate(try GenerateCommand(transaction, fields))
        case .sign: self = .sign(try SignCommand(transaction, fields))
        case .changePIN: self = .changePIN(transaction, key: try fields.key())
        case .unblockPIN: self = .unblockPIN(transaction, key: try fields.key())
        case .deleteKey: self = .deleteKey(transaction, key: try fields.key())
        case .newRootKey:
            guard let root = fields[.wrappedKey].flatMap({ WrappedRoot($0) }) else { throw .malformed }
            self = .newRootKey(transaction, root)
        case .retire:
            guard let value = fields[.keyVersion], value.count == 1, (0x01...0xFE).contains(value[0])
            else { throw .malformed }
            self = .retire(transaction, keyVersion: value[0])
        }
    }
}

extension Fields {
    /// KEY, 1–8.
    func key() throws(WPKIError) -> UInt8 {
        guard let key = self[.key], key.count == 1, (1...8).contains(key[0]) else { throw .malformed }
        return key[0]
    }

    func keyAndAlgorithm() throws(WPKIError) -> (UInt8, SignatureAlgorithm) {
        let key = try key()
        // An ALG that nobody knows is no other message: the card says 06 to it, as to one that it lacks.
        guard let number = self[.algorithm], number.count == 1 else { throw .malformed }
        guard let algorithm = SignatureAlgorithm(rawValue: number[0]) else { throw .unsupportedAlgorithm }
        return (key, algorithm)
    }

    func text(_ tag: Tag) throws(WPKIError) -> CardText? {
        guard let value = self[tag] else { return nil }
        return try CardText(decoding: value)
    }
}
