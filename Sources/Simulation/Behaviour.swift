/// How the person with the phone, or what lies between card and home, acts when the card asks for a signature.
///
/// An activation is always carried through, so that every card can be registered first (docs/simulator.md).
public enum Behaviour: Sendable, Equatable {
    case sign
    case cancel
    /// Says that they did not start this.
    case notMe
    /// Types a wrong PIN until it is blocked, which it stays.
    case wrongPIN
    /// Lets the phone ring.
    case silent
    /// The phone is switched off: the message centre keeps what is for it.
    case off
    /// Signs after so many milliseconds.
    case delay(Int)
    /// The applet answers with this STATUS (WPKI profile v1) and no signature.
    case status(UInt8)
    /// The person signs, and the answer has an accident.
    case fault(AnswerFault)

    /// The name of a behaviour: `sign`, `cancel`, `notMe`, `wrongPIN`, `silent`, `off`, `delay:MILLISECONDS`,
    /// `status:HEX`, or that of an ``AnswerFault``.
    public init?(_ text: some StringProtocol) {
        switch text {
        case "sign": self = .sign
        case "cancel": self = .cancel
        case "notMe": self = .notMe
        case "wrongPIN": self = .wrongPIN
        case "silent": self = .silent
        case "off": self = .off
        default:
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == "delay", let time = AnswerFault.milliseconds(parts[1]) {
                self = .delay(time)
            } else if parts.count == 2, parts[0] == "status", let status = Hex.octet(parts[1]), status > 0 {
                self = .status(status)
            } else if let fault = AnswerFault(text) {
                self = .fault(fault)
            } else {
                return nil
            }
        }
    }

    public var name: String {
        switch self {
        case .sign: "sign"
        case .cancel: "cancel"
        case .notMe: "notMe"
        case .wrongPIN: "wrongPIN"
        case .silent: "silent"
        case .off: "off"
        case .delay(let time): "delay:\(time)"
        case .status(let status): "status:" + Hex.text([status])
        case .fault(let fault): fault.name
        }
    }
}

extension Behaviour: Codable {
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let behaviour = Behaviour(name) else { throw SimulationError("\(name) is no behaviour") }
        self = behaviour
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
