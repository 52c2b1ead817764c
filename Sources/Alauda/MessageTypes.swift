/// TXN: what ties an answer to its request; four octets, random.
public struct WPKITransaction: Sendable, Hashable {
    public let octets: [UInt8]

    public init?(_ octets: [UInt8]) {
        guard octets.count == 4 else { return nil }
        self.octets = octets
    }

    private init(random value: UInt32) {
        octets = (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// What an EVENT has in the place of a TXN, as it answers nothing; no request has this one.
    public static let none = WPKITransaction(random: 0)

    public static func random() -> WPKITransaction {
        var generator = SystemRandomNumberGenerator()
        return WPKITransaction(random: .random(in: 1...UInt32.max, using: &generator))
    }
}

/// ALG: what the card signs with.
public enum SignatureAlgorithm: UInt8, Sendable, CaseIterable {
    /// ECDSA on P-256 with SHA-256; the signature is r‖s, 64 octets.
    case p256 = 0x01
    /// ECDSA on P-384 with SHA-384; 96 octets.
    case p384 = 0x02
    /// RSA-2048, PKCS#1 v1.5 with SHA-256.
    case rsa2048 = 0x11
    /// RSA-2048, PSS with SHA-256.
    case rsaPSS = 0x12

    /// Octets of the algorithm's digest.
    public var digestLength: Int { self == .p384 ? 48 : 32 }

    /// Octets of one signature: r‖s, or the RSA signature.
    public var signatureLength: Int {
        switch self {
        case .p256: 64
        case .p384: 96
        case .rsa2048, .rsaPSS: 256
        }
    }

    /// Octets of PUBKEY: 04‖X‖Y, or the modulus.
    public var publicKeyLength: Int {
        switch self {
        case .p256: 65
        case .p384: 97
        case .rsa2048, .rsaPSS: 256
        }
    }

    /// How many digests one SIGN may carry, so that the answer's signatures fit into five short messages.
    public var mostDigests: Int {
        // MT, TXN and STATUS, then tag and length of SIG.
        (Capacity.plaintext(.up, segments: Capacity.mostSegments) - 14) / signatureLength
    }
}

/// FORM: what is signed.
public struct SignatureForm: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The SET OF signed attributes is signed, not the text itself.
    public static let signedAttributes = SignatureForm(rawValue: 0x01)
    /// The text is taken in UTF-8, converted by the card; otherwise in its own octets.
    public static let utf8 = SignatureForm(rawValue: 0x80)
}

/// PINPOL: lengths of a PIN and tries to enter it.
public struct PINPolicy: Sendable, Equatable {
    public var shortest: UInt8
    public var longest: UInt8
    public var tries: UInt8

    public init(shortest: UInt8, longest: UInt8, tries: UInt8) {
        self.shortest = shortest
        self.longest = longest
        self.tries = tries
    }

    /// 6–12 digits, three tries.
    public static let standard = PINPolicy(shortest: 6, longest: 12, tries: 3)
}

extension PINPolicy {
    /// The lengths that a card allows: its own bounds, 6–12 digits, go before the policy's.
    public var lengths: ClosedRange<Int> {
        let shortest = min(max(6, Int(shortest)), 12)
        return shortest...max(shortest, min(Int(longest), 12))
    }

    /// The tries that a card gives: three at most.
    public var allowedTries: UInt8 { min(tries, Self.usualTries) }
}

extension PINPolicy {
    private static let usualTries: UInt8 = 3

    /// Shortest, longest, and the tries unless they are three.
    var octets: [UInt8] { [shortest, longest] + (tries == Self.usualTries ? [] : [tries]) }

    /// Two octets mean three tries.
    init?(_ octets: [UInt8]) {
        guard octets.count == 2 || octets.count == 3, octets[0] > 0, octets[0] <= octets[1] else { return nil }
        let tries = octets.count == 3 ? octets[2] : Self.usualTries
        guard tries > 0 else { return nil }
        self.init(shortest: octets[0], longest: octets[1], tries: tries)
    }
}

/// KEYPOL: what a key may sign beside the text that was shown.
public struct KeyPolicy: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Digests of something that the card cannot show.
    public static let digests = KeyPolicy(rawValue: 0x01)
}

/// STATUS of an answer.
public enum AppletStatus: Sendable, Equatable {
    case ok, userCancelled, noUserResponse, pinBlocked, keyNotFound, keyUsageNotAllowed, algorithmUnsupported
    case textUnsupported, phoneBusy, phoneLacksCapability, verifyCodeWrong, keyGenerationFailed, pukBlocked, busy
    case malformed, notActive, notMe, noSuchAnswer
    /// A newer applet's word.
    case unknown(UInt8)

    private static let known: [AppletStatus] = [
        .ok, .userCancelled, .noUserResponse, .pinBlocked, .keyNotFound, .keyUsageNotAllowed, .algorithmUnsupported,
        .textUnsupported, .phoneBusy, .phoneLacksCapability, .verifyCodeWrong, .keyGenerationFailed, .pukBlocked,
        .busy, .malformed, .notActive, .notMe, .noSuchAnswer,
    ]

    public init(octet: UInt8) {
        self = Int(octet) < Self.known.count ? Self.known[Int(octet)] : .unknown(octet)
    }

    public var octet: UInt8 {
        if case .unknown(let octet) = self { return octet }
        return UInt8(Self.known.firstIndex(of: self) ?? 0x0E)
    }
}
