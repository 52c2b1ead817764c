/// Why octets are no WPKI message, or a message cannot be made.
public enum WPKIError: Error, Sendable, Equatable {
    /// Lengths do not fit, a tag is missing, doubled or unknown, a value is out of its range; a card answers 0E.
    case malformed
    /// A text's data coding is neither 04 nor 08, or its octets are no text of that coding; a card answers 07.
    case unsupportedText
    /// An ALG that the profile does not have, or a HASH that is no row of ALG's digests; a card answers 06.
    case unsupportedAlgorithm
    /// The frame's checksum is wrong, or it is not of this direction or key version.
    case notAuthentic
    /// A character that the phone cannot show; the text is refused, never changed.
    case unsupportedCharacter(Character)
    case tooLong
    /// A key of the wrong size, or the library failed.
    case cryptography
}
