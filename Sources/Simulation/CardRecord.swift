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

    public init(
        iccid: String,
        imsi: String,
        msisdn: String,
        ssd: SecurityDomain,
        wpki: Applet,
        behaviour: Behaviour,
        verifyCode: String
    ) {
        self.iccid = iccid
        self.imsi = imsi
        self.msisdn = msisdn
        self.ssd = ssd
        self.wpki = wpki
        self.behaviour = behaviour
        self.verifyCode = verifyCode
    }

    /// The keys of the card's security domain (SCP80) and the applet's address, in hexadecimal digits.
    public struct SecurityDomain: Codable, Sendable {
        public var keyVersion: UInt8
        public var kic: String
        public var kid: String
        public var tar: String
        /// `3des-2` or `3des-3` for a card of long ago; `nil` is AES, the size told by the keys.
        public var algorithm: String?

        public init(keyVersion: UInt8, kic: String, kid: String, tar: String, algorithm: String? = nil) {
            self.keyVersion = keyVersion
            self.algorithm = algorithm
            self.kic = kic
            self.kid = kid
            self.tar = tar
        }
    }

    /// The applet's root key, in hexadecimal digits.
    public struct Applet: Codable, Sendable {
        public var keyVersion: UInt8
        public var root: String

        public init(keyVersion: UInt8, root: String) {
            self.keyVersion = keyVersion
            self.root = root
        }
    }

    /// Reads cards.jsonl.
    ///
    /// - Throws: ``SimulationError`` naming the line that is no card.
    public static func read(_ file: String) throws(SimulationError) -> [CardRecord] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw SimulationError("\(file) cannot be read")
        }
        let decoder = JSONDecoder()
        var cards: [CardRecord] = []
        for (index, line) in text.split(separator: "\n").enumerated() {
            guard let card = try? decoder.decode(CardRecord.self, from: Data(line.utf8)) else {
                throw SimulationError("\(file): line \(index + 1) is no card")
            }
            cards.append(card)
        }
        guard !cards.isEmpty else { throw SimulationError("\(file) holds no card") }
        return cards
    }
}

/// Its keys and its code have no place in a log.
extension CardRecord: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹card›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CardRecord.SecurityDomain: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹keys›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CardRecord.Applet: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹key›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
