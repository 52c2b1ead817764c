/// What a message centre says about a message that it took before (SMPP 3.4 §5.2.12.1, appendix B).
public struct MessageReceipt: Sendable, Equatable {
    /// The message, as this message says it; not every centre names it in the form of its submit_sm_resp.
    public var messageID: MessageID?
    public var state: MessageState?
    /// What the network answered (§5.3.2.31).
    public var networkError: NetworkError?
    /// The `err` of the text, in words of the message centre's own; at most 16 characters.
    public var error: String?
    /// Whether the centre says that nothing more will come of the message.
    public var isFinal: Bool

    /// Reads a receipt or an intermediate notification: parameters first, the text of appendix B for what they leave
    /// out; `nil` for any other message.
    public init?(_ message: ShortMessageUnit) {
        guard message.kind == .deliveryReceipt || message.kind == .intermediateNotification else { return nil }
        let text = ReceiptText(message.userData)
        let parameters = message.parameters
        messageID =
            parameters.value(of: OptionalParameter.receiptedMessageID).flatMap(Self.identifier)
            ?? text.field("id").flatMap { MessageID($0) }
        state =
            parameters.value(of: OptionalParameter.messageState, length: 1).flatMap { MessageState(rawValue: $0[0]) }
            ?? text.field("stat").flatMap { MessageState(word: $0) }
        networkError = parameters.value(of: OptionalParameter.networkErrorCode, length: 3)
            .map { NetworkError(network: $0[0], code: UInt16($0[1]) << 8 | UInt16($0[2])) }
        error = text.field("err").map { String($0.prefix(16)) }
        isFinal = message.kind == .deliveryReceipt && (state?.isFinal ?? false)
    }

    /// What a receipt said that was read before.
    public init(of messageID: MessageID, state: MessageState, networkError: NetworkError? = nil) {
        self.messageID = messageID
        self.state = state
        self.networkError = networkError
        isFinal = state.isFinal
    }

    /// A C-Octet String; some leave the closing NUL out.
    private static func identifier(_ value: [UInt8]) -> MessageID? {
        MessageID(String(decoding: value.prefix { $0 != 0 }, as: UTF8.self))
    }
}

/// message_state (§5.2.28).
public enum MessageState: UInt8, Sendable, CaseIterable {
    case enRoute = 1
    case delivered = 2
    case expired = 3
    case deleted = 4
    case undeliverable = 5
    case accepted = 6
    case unknown = 7
    case rejected = 8

    /// The beginnings of the words that stand for the states in a receipt's text; centres differ in their ends.
    private static let words: [(String, MessageState)] = [
        ("enrou", .enRoute), ("deliv", .delivered), ("expir", .expired), ("delet", .deleted), ("undel", .undeliverable),
        ("accep", .accepted), ("unkno", .unknown), ("rejec", .rejected),
    ]

    init?(word: String) {
        let lower = word.lowercased()
        guard let state = Self.words.first(where: { lower.hasPrefix($0.0) })?.1 else { return nil }
        self = state
    }

    /// Whether a message stays in this state.
    public var isFinal: Bool { self != .enRoute && self != .accepted && self != .unknown }
    /// Whether the handset certainly did not get the message and will not.
    public var isFailure: Bool { self == .expired || self == .undeliverable || self == .rejected }
}

/// network_error_code: the network's kind (3 is GSM) and its code.
public struct NetworkError: Sendable, Hashable {
    public var network: UInt8
    public var code: UInt16

    public init(network: UInt8, code: UInt16) {
        self.network = network
        self.code = code
    }
}

/// The text of appendix B: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`, read leniently.
struct ReceiptText {
    private let octets: [UInt8]

    /// UCS-2 without its zero octets is the same text, as all of it is ASCII.
    init(_ userData: [UInt8]) {
        octets = userData.prefix(1_024).filter { $0 != 0 }
    }

    /// What stands after `name:` up to the next blank; `nil` if that is nothing or no printable ASCII.
    func field(_ name: String) -> String? {
        let label = Array(name.utf8) + [UInt8(ascii: ":")]
        for start in octets.indices where start == 0 || Self.isBlank(octets[start - 1]) {
            let rest = octets[start...]
            guard rest.count > label.count, zip(rest, label).allSatisfy({ Self.lower($0) == $1 }) else { continue }
            let value = rest.dropFirst(label.count).prefix { !Self.isBlank($0) }
            guard (1...64).contains(value.count), value.allSatisfy({ (0x21..<0x7F).contains($0) }) else { return nil }
            return String(decoding: value, as: UTF8.self)
        }
        return nil
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || (0x09...0x0D).contains(octet) }

    private static func lower(_ octet: UInt8) -> UInt8 { (0x41...0x5A).contains(octet) ? octet | 0x20 : octet }
}
