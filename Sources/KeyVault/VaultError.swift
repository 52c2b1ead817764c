/// Why the vault refused; one line, without key material.
public enum VaultError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A key file of the vault cannot be used.
    case keyFile(String)
    /// A KEK cannot be used, or what was wrapped under it is not as it was.
    case keyEncryptionKey(String)
    /// The vault was not unsealed.
    case sealed
    /// An envelope cannot be opened or does not hold what it must.
    case envelope(String)
    /// A stored row does not open: changed, moved to another card, or sealed under another KEK.
    case damagedRecord
    /// Stored evidence does not open: changed, of another transaction, or sealed under another KEK.
    case damagedEvidence
    /// The row of an identity is not as this vault wrote it.
    case damagedIdentity
    /// An identity cannot do this, or a certificate is not one for it.
    case identity(String)
    /// The card's batch uses triple DES and is not permitted to, or not any more.
    case legacyRefused(String)
    /// A packet or frame is not authentic, or not of this card.
    case notAuthentic
    /// A message does not fit, or a key has the wrong size.
    case unusable(String)

    public var description: String {
        switch self {
        case .keyFile(let reason), .keyEncryptionKey(let reason): reason
        case .sealed: "the vault is sealed"
        case .envelope(let reason): "the envelope cannot be taken: \(reason)"
        case .damagedRecord: "a card's key record does not open in this vault"
        case .damagedEvidence: "the evidence does not open in this vault"
        case .damagedIdentity: "the identity's row is not as this vault wrote it"
        case .notAuthentic: "the frame is not authentic"
        case .legacyRefused(let reason), .unusable(let reason), .identity(let reason): reason
        }
    }
}
