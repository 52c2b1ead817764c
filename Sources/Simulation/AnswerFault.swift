/// What happens to the answer to a request for a signature between the card and the home.
public enum AnswerFault: Sendable, Equatable {
    /// The card's framework answers in the applet's place: a Response Packet with this status and no data
    /// (TS 102 225 §5.2). After 08, 0B and 0C, which say that more follows, the applet's answer does.
    case receipt(UInt8)
    /// The message centre gives the request up: a receipt UNDELIV or EXPIRED, and the card says nothing.
    case undeliverable
    case expired
    /// The card never says anything, not to REPEAT either.
    case noAnswer
    /// The answer is lost; REPEAT fetches it.
    case lostAnswer
    /// The answer comes so many milliseconds late.
    case late(Int)
    /// Every short message of the answer comes twice, byte for byte.
    case doubled
    /// The short messages of the answer come in the wrong order.
    case reversed
    /// A bit of the signature is wrong, everything around it is right.
    case wrongSignature
    /// A bit of the frame's checksum is wrong.
    case wrongMAC
    /// The answer names another transaction.
    case foreignTransaction
    /// The last short message of the answer lacks its last octet.
    case truncated

    private static let names: [(String, AnswerFault)] = [
        ("undeliverable", .undeliverable), ("expired", .expired), ("noAnswer", .noAnswer), ("lostAnswer", .lostAnswer),
        ("doubled", .doubled), ("reversed", .reversed), ("wrongSignature", .wrongSignature), ("wrongMAC", .wrongMAC),
        ("foreignTransaction", .foreignTransaction), ("truncated", .truncated),
    ]

    /// `por:HEX`, `late:MILLISECONDS`, or the name of a case without a value.
    public init?(_ text: some StringProtocol) {
        if let known = Self.names.first(where: { $0.0 == text }) {
            self = known.1
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[0] == "por", let status = Hex.octet(parts[1]), status > 0 {
            self = .receipt(status)
        } else if parts[0] == "late", let time = Self.milliseconds(parts[1]) {
            self = .late(time)
        } else {
            return nil
        }
    }

    public var name: String {
        switch self {
        case .receipt(let status): "por:" + Hex.text([status])
        case .late(let time): "late:\(time)"
        default: Self.names.first { $0.1 == self }?.0 ?? ""
        }
    }

    /// Ten minutes at most.
    static func milliseconds(_ text: some StringProtocol) -> Int? {
        guard let time = Int(text), (0...600_000).contains(time) else { return nil }
        return time
    }
}
