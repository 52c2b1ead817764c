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

extension GenerateCommand {
    static let tags: Set<Tag> = [.key, .algorithm, .text, .code, .pinPolicy, .keyPolicy]

    func write(_ fields: inout Fields) {
        fields[.key] = [key]
        fields[.algorithm] = [algorithm.rawValue]
        fields[.code] = Array(code.utf8)
        fields[.pinPolicy] = pinPolicy.octets
        fields[.text] = text?.value
        fields[.keyPolicy] = keyPolicy.map { [$0.rawValue] }
    }

    init(_ transaction: WPKITransaction, _ fields: Fields) throws(WPKIError) {
        guard let code = fields[.code], (6...8).contains(code.count),
            code.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let policy = fields[.pinPolicy].flatMap({ PINPolicy($0) })
        else { throw .malformed }
        let keyPolicy = fields[.keyPolicy]
        guard keyPolicy.map({ $0.count == 1 && $0[0] <= 1 }) ?? true else { throw .malformed }
        let (key, algorithm) = try fields.keyAndAlgorithm()
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
