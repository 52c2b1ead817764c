import Crypto

/// One custodian's share of the secret that opens a vault, as it stands on paper: groups of four characters.
///
/// Octets: 1 ‖ kind ‖ set (2) ‖ K ‖ number ‖ values ‖ the first four octets of SHA-256 over "mssp share" and all
/// before; written in Crockford's base 32, which has neither I, L, O nor U.
public struct CustodianShare: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// Why something typed is no share; one line, without what was typed.
    public enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        case foreign, mistyped

        public var description: String {
            switch self {
            case .foreign: "it is no custodian's share: a share is letters and digits in groups of four"
            case .mistyped: "it is mistyped: compare it with the paper, group by group"
            }
        }
    }

    public let kind: CustodySecret.Kind
    /// Which sharing it is of.
    public let set: UInt16
    /// How many of the set open the vault.
    public let need: UInt8
    public let number: UInt8
    let values: [UInt8]

    init(kind: CustodySecret.Kind, set: UInt16, need: UInt8, number: UInt8, values: [UInt8]) {
        self.kind = kind
        self.set = set
        self.need = need
        self.number = number
        self.values = values
    }

    /// Reads what was typed: letters large or small, hyphens and blanks anywhere, O for 0, I and L for 1.
    ///
    /// - Throws: ``Refusal``; one wrong character is found with certainty, any other change but for one in four
    ///   thousand millions.
    public init(typed: [UInt8]) throws(Refusal) {
        var octets = try CrockfordBase32.octets(typed)
        defer { octets.erase() }
        guard octets.count > Self.head + Self.check else { throw .mistyped }
        let body = Array(octets.dropLast(Self.check))
        guard Self.check(of: body) == Array(octets.suffix(Self.check)) else { throw .mistyped }
        guard body[0] == Self.format, let kind = CustodySecret.Kind(rawValue: body[1]), body[4] >= 2, body[5] >= 1,
            [40, 72].contains(body.count - Self.head)
        else { throw .foreign }
        self.init(
            kind: kind,
            set: UInt16(body[2]) << 8 | UInt16(body[3]),
            need: body[4],
            number: body[5],
            values: Array(body.dropFirst(Self.head))
        )
    }

    /// For the one custodian whose it is.
    public var text: String {
        let body = [Self.format, kind.rawValue, UInt8(set >> 8), UInt8(set & 0xFF), need, number] + values
        return CrockfordBase32.text(body + Self.check(of: body))
    }

    public var description: String { "‹share \(number)›" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static let format: UInt8 = 1
    private static let head = 6
    private static let check = 4

    private static func check(of body: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: Array("mssp share".utf8) + body).prefix(check))
    }
}

/// Douglas Crockford's base 32, in groups of four.
private enum CrockfordBase32 {
    private static let characters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// Longer than any share.
    private static let longest = 300

    static func text(_ octets: [UInt8]) -> String {
        var written: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for octet in octets {
            bits = bits << 8 | UInt32(octet)
            count += 8
            while count >= 5 {
                count -= 5
                written.append(characters[Int(bits >> UInt32(count)) & 31])
            }
        }
        if count > 0 { written.append(characters[Int(bits << UInt32(5 - count)) & 31]) }
        let groups = stride(from: 0, to: written.count, by: 4).map { written[$0..<min($0 + 4, written.count)] }
        return String(decoding: Array(groups.joined(separator: [UInt8(ascii: "-")])), as: UTF8.self)
    }

    /// What is left of the last character must be zero: a share has one spelling.
    static func octets(_ typed: [UInt8]) throws(CustodianShare.Refusal) -> [UInt8] {
        guard typed.count <= longest else { throw .foreign }
        var octets: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for character in typed where character != UInt8(ascii: "-") && character != UInt8(ascii: " ") {
            guard let digit = digit(character) else { throw .foreign }
            bits = bits << 5 | UInt32(digit)
            count += 5
            if count >= 8 {
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard count < 5, bits & (1 << UInt32(count) - 1) == 0 else { throw .mistyped }
        return octets
    }

    private static func digit(_ character: UInt8) -> Int? {
        let large = (0x61...0x7A).contains(character) ? character - 0x20 : character
        switch large {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return characters.firstIndex(of: large)
        }
    }
}
