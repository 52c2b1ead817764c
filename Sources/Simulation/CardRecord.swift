import Foundation

/// One card as the personaliser made it, with the person who holds the phone: a line of cards.jsonl.
public struct CardRecord: Codable, Sendable {
    public var iccid: String
    public var imsi: String
    /// Digits without `+`.
    public var msisdn: String
    public var ssd: SecurityDomain
    public var wpki: Applet
    public var behaviour: Behaviour
    /// What the person was told at the desk.
    public var verifyCode: String

    /// The keys of the card's security domain (SCP80) and the applet's address.
    public struct SecurityDomain: Codable, Sendable {
        public var keyVersion: UInt8
        public var kic: String
        public var kid: String
        public var tar: String
    }

    /// The applet's root key.
    public struct Applet: Codable, Sendable {
        public var keyVersion: UInt8
        public var root: String
    }

    /// Reads cards.jsonl.
    ///
    /// - Throws: ``SimulationError`` naming the line that is no card.
    public static func read(_ file: String) throws -> [CardRecord] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw SimulationError("\(file) cannot be read")
        }
        let decoder = JSONDecoder()
        return try text.split(separator: "\n").enumerated().map { index, line in
            do { return try decoder.decode(CardRecord.self, from: Data(line.utf8)) } catch {
                throw SimulationError("\(file): line \(index + 1) is no card")
            }
        }
    }
}

/// How the person with the phone acts when the card asks for a signature; an activation is always carried through.
public enum Behaviour: Sendable, Equatable {
    case sign
    case cancel
    /// Types a wrong PIN until it is blocked.
    case wrongPIN
    /// Lets the phone ring.
    case silent
    /// The phone is switched off: the message centre keeps what is for it.
    case off
    /// Signs after so many milliseconds.
    case delay(Int)

    /// `sign`, `cancel`, `wrongPIN`, `silent`, `off` or `delay:MILLISECONDS`.
    public init?(_ text: some StringProtocol) {
        switch text {
        case "sign": self = .sign
        case "cancel": self = .cancel
        case "wrongPIN": self = .wrongPIN
        case "silent": self = .silent
        case "off": self = .off
        default:
            guard text.hasPrefix("delay:"), let time = Int(text.dropFirst(6)), (0...600_000).contains(time) else {
                return nil
            }
            self = .delay(time)
        }
    }

    public var name: String {
        switch self {
        case .sign: "sign"
        case .cancel: "cancel"
        case .wrongPIN: "wrongPIN"
        case .silent: "silent"
        case .off: "off"
        case .delay(let time): "delay:\(time)"
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

/// What keeps the simulator from working, in one line.
public struct SimulationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
