/// Why octets are no packet, or a packet is not taken.
public enum OTAError: Error, Sendable, Equatable {
    /// Lengths do not fit each other, or a header is not one.
    case malformed
    /// The checksum is wrong: wrong key or changed octets.
    case notAuthentic
    /// SPI, KIc or KID name something that the profile does not accept, or that none does (no checksum, single DES, an
    /// implicit key).
    case insufficientSecurity
    /// Longer than five short messages.
    case tooLong
    /// The card's batch uses triple DES and its permission has ended.
    case legacyEnded
    /// A key of the wrong size, or the library failed.
    case cryptography
}
