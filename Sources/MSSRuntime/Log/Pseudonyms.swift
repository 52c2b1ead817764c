public import Crypto
import MSSCore

/// Names for persons' values in log and audit: the same value, the same name; the value back only by guessing with
/// the key.
public struct Pseudonyms: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: At least 32 octets that stay in this service.
    public init(key: SymmetricKey) {
        self.key = key
    }

    /// Names that end with this process: no other log has them.
    public static func ofThisProcess() -> Pseudonyms {
        Pseudonyms(key: SymmetricKey(size: .bits256))
    }

    /// `u:` and 16 hexadecimal digits of HMAC-SHA-256.
    public func name(for value: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(value.utf8), using: key)
        return "u:" + Hexadecimal.text(code.prefix(8))
    }
}
