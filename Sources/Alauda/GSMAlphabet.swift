/// The GSM 7-bit default alphabet and its extension table, one octet a septet (3GPP TS 23.038 §6.2.1).
public enum GSMAlphabet {
    private static let basic: [Unicode.Scalar] = Array(
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
            .unicodeScalars
    )
    private static let extended: [Unicode.Scalar: UInt8] = [
        "\u{0C}": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40,
        "€": 0x65,
    ]
    private static let escape: UInt8 = 0x1B
    private static let codes: [Unicode.Scalar: [UInt8]] = {
        var codes = extended.mapValues { [escape, $0] }
        for (code, scalar) in basic.enumerated() where code != Int(escape) { codes[scalar] = [UInt8(code)] }
        return codes
    }()
    private static let unescaped = Dictionary(uniqueKeysWithValues: extended.map { ($0.value, $0.key) })

    /// A character's one or two octets, or `nil` if it is not in the alphabet.
    static func code(of scalar: Unicode.Scalar) -> [UInt8]? { codes[scalar] }

    /// The text's octets, or `nil` if a character is not in the alphabet.
    public static func encode(_ text: String) -> [UInt8]? {
        var octets: [UInt8] = []
        octets.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let code = codes[scalar] else { return nil }
            octets.append(contentsOf: code)
        }
        return octets
    }

    /// The text of octets, or `nil` if one is above 7F or an escape leads nowhere.
    public static func decode(_ octets: some Sequence<UInt8>) -> String? {
        var scalars = String.UnicodeScalarView()
        var isEscaped = false
        for octet in octets {
            if isEscaped {
                guard let scalar = unescaped[octet] else { return nil }
                scalars.append(scalar)
                isEscaped = false
            } else if octet == escape {
                isEscaped = true
            } else {
                guard octet < 0x80 else { return nil }
                scalars.append(basic[Int(octet)])
            }
        }
        return isEscaped ? nil : String(scalars)
    }
}
