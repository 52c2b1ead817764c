/// Why octets are no WPKI message, or a message cannot be made.
public enum WPKIError: Error, Sendable, Equatable {
    /// Lengths do not fit, a tag is missing, doubled or unknown, a value is out of its range.
    case malformed
    /// The frame's checksum is wrong, or it is not of this direction or key version.
    case notAuthentic
    /// A character that the phone cannot show; the text is refused, never changed.
    case unsupportedCharacter(Character)
    case tooLong
    /// A key of the wrong size, or the library failed.
    case cryptography
}
