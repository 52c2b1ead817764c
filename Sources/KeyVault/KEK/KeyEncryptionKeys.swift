/// The key-encryption keys at the top of the hierarchy, KEK-1, KEK-2 and so on: they wrap the vault's own keys by
/// AES-KEY-WRAP (RFC 3394) and do nothing else.
///
/// Called when the vault is unsealed or a KEK is replaced, never for a request.
public protocol KeyEncryptionKeys: Sendable {
    var keeper: KEKKeeper { get }

    /// Whether there is a KEK of this version.
    func holds(_ version: Int32) throws(VaultError) -> Bool
    /// Makes a random one; refuses if there is one of this version already.
    func create(_ version: Int32) throws(VaultError)
    /// Destroys one for ever; one that is not there is destroyed already.
    func destroy(_ version: Int32) throws(VaultError)
    /// Wraps a key of 16 or 32 octets; what comes is eight octets longer.
    func wrap(_ key: [UInt8], under version: Int32) throws(VaultError) -> [UInt8]
    /// Unwraps a key; octets that were not wrapped under this KEK, or were changed, are refused.
    func unwrap(_ wrapped: [UInt8], under version: Int32) throws(VaultError) -> [UInt8]
}

/// What keeps the KEKs; told in log, health and metric.
public enum KEKKeeper: String, Sendable, CaseIterable {
    /// A PKCS#11 token: a KEK cannot be read from it.
    case token
    /// A file: whoever can read it has the KEK. For trying.
    case file
}
