/// A text as a card shows it: a data coding octet and the text (TS 102 223 §8.15).
public struct CardText: Sendable, Equatable {
    public enum Encoding: UInt8, Sendable {
        /// One octet a character of the GSM alphabet.
        case gsm8Bit = 0x04
        /// Two octets a character, big endian; nothing beyond the basic plane.
        case ucs2 = 0x08
    }

    public let encoding: Encoding
    /// Without the data coding octet.
    public let octets: [UInt8]

    /// Chooses the GSM alphabet where it holds the whole text, UCS-2 otherwise.
    ///
    /// - Throws: ``WPKIError/unsupportedCharacter(_:)`` for a character outside the basic plane or a control
    ///   character other than line feed and carriage return.
    public init(_ text: String) throws(WPKIError) {
        for character in text {
            for scalar in character.unicodeScalars where !Self.isShowable(scalar) {
                throw .unsupportedCharacter(character)
            }
        }
        if let octets = GSMAlphabet.encode(text) {
            encoding = .gsm8Bit
            self.octets = octets
        } else {
            encoding = .ucs2
            octets = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        }
    }

    /// Writes the text in one charset, or refuses it.
    ///
    /// - Throws: ``WPKIError/unsupportedCharacter(_:)`` for the first character that the charset does not hold or a
    ///   phone does not show.
    public init(_ text: String, encoding: Encoding) throws(WPKIError) {
        self.encoding = encoding
        var octets: [UInt8] = []
        for character in text {
            for scalar in character.unicodeScalars {
                guard Self.isShowable(scalar) else { throw .unsupportedCharacter(character) }
                switch encoding {
                case .gsm8Bit:
                    guard let code = GSMAlphabet.code(of: scalar) else { throw .unsupportedCharacter(character) }
                    octets += code
                case .ucs2: octets += [UInt8(scalar.value >> 8), UInt8(scalar.value & 0xFF)]
                }
            }
        }
        self.octets = octets
    }

    /// Octets that are a text already: a part of another.
    init(encoding: Encoding, octets: [UInt8]) {
        self.encoding = encoding
        self.octets = octets
    }

    /// Reads a text string as it stands in a message.
    ///
    /// - Throws: ``WPKIError/malformed`` without a data coding octet; ``WPKIError/unsupportedText`` for another coding
    ///   than 04 and 08, an octet of 80 or above or a lone or unknown escape in 04, half a character or a surrogate
    ///   in 08.
    public init(decoding value: [UInt8]) throws(WPKIError) {
        guard let first = value.first else { throw .malformed }
        guard let encoding = Encoding(rawValue: first) else { throw .unsupportedText }
        self.encoding = encoding
        octets = Array(value.dropFirst())
        guard text != nil else { throw .unsupportedText }
    }

    /// How many characters of one code it has: some of the GSM alphabet are two.
    public var characters: Int { encoding == .gsm8Bit ? octets.count : octets.count / 2 }

    /// Data coding octet and text.
    public var value: [UInt8] { [encoding.rawValue] + octets }

    /// The text again; `nil` only for octets that are none.
    public var text: String? {
        switch encoding {
        case .gsm8Bit: return GSMAlphabet.decode(octets)
        case .ucs2:
            guard octets.count.isMultiple(of: 2) else { return nil }
            var scalars = String.UnicodeScalarView()
            for index in stride(from: 0, to: octets.count, by: 2) {
                guard let scalar = Unicode.Scalar(UInt16(octets[index]) << 8 | UInt16(octets[index + 1]))
                else { return nil }
                scalars.append(scalar)
            }
            return String(scalars)
        }
    }

    private static func isShowable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D: true
        case 0..<0x20, 0x7F..<0xA0, 0xFDD0...0xFDEF, 0xFFFE, 0xFFFF: false
        case 0x20..<0x7F: true
        case 0x2028, 0x2029, 0xE000...0xF8FF: false
        // Characters that cannot be seen, that reorder or hide others, would make the shown text another than the
        // signed one; "default ignorable" holds the bidirectional controls, joiners, fillers and variation selectors.
        default: scalar.value <= 0xFFFF && !scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
