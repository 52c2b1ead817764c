import Foundation
import KeyVault

/// What the two keepers of KEKs take: a login, a vault's keys made and unwrapped, one key.
///
/// Unwrapping all keys is what unsealing adds to a start of the home; a request never reaches a KEK.
struct KeyEncryption {
    private struct Result: Encodable {
        var keeper: String
        var keys: Int
        var openMilliseconds: Double
        var wrapMicroseconds: Double
        var unwrapMicroseconds: Double
        var unsealMilliseconds: Double
    }

    /// KEK-1 in a file that is made at `path`.
    static func file(_ path: String) throws {
        try measure { FileKEK(path: path) }
    }

    /// KEK-1 in a token, made if it has none; `pinFile` holds the user's PIN.
    static func token(module: String, label: String, pinFile: String) throws {
        let pin = try Data(contentsOf: URL(filePath: pinFile)).filter { $0 != 0x0A }
        try measure { try TokenKEK(module: module, token: label, pin: Array(pin)) }
    }

    private static func measure(_ open: () throws -> any KeyEncryptionKeys) throws {
        let clock = ContinuousClock()
        var opened: (any KeyEncryptionKeys)?
        let opening = try clock.measure { opened = try open() }
        guard let keks = opened else { return }
        if try !keks.holds(1) { try keks.create(1) }
        var keys: [WrappedKey] = []
        let making = try clock.measure { keys = try Vault.newKeys(under: 1, of: keks) }
        let unsealing = try clock.measure {
            for key in keys { _ = try keks.unwrap(key.octets, under: key.kekVersion) }
        }
        let count = Double(keys.count)
        try printJSON(
            Result(
                keeper: keks.keeper.rawValue,
                keys: keys.count,
                openMilliseconds: opening / .milliseconds(1),
                wrapMicroseconds: making / .microseconds(1) / count,
                unwrapMicroseconds: unsealing / .microseconds(1) / count,
                unsealMilliseconds: unsealing / .milliseconds(1)
            )
        )
    }
}
