import Crypto
import CryptoExtras
import MSSCore
import OTA

extension Keyring {
    /// Seals a card's secret by AES-256-GCM under its newest shard; the record's other fields are its associated data.
    ///
    /// - Parameters:
    ///   - secret: KIc ‖ KID, or the applet's root.
    ///   - plan: What the record says besides; its generation and sealed octets are made here.
    /// - Returns: The record for storage.
    /// - Throws: ``VaultError/damagedRecord``.
    func seal(_ secret: [UInt8], as plan: CardKeyRecord) throws(VaultError) -> CardKeyRecord {
        var record = plan
        record.topKeyVersion = newest
        record.sealed = []
        guard let key = shard(of: record.iccid, generation: newest) else { throw .damagedRecord }
        do {
            let box = try AES.GCM.seal(secret, using: key, authenticating: Self.identity(of: record))
            guard let combined = box.combined else { throw VaultError.damagedRecord }
            record.sealed = [UInt8](combined)
        } catch { throw .damagedRecord }
        return record
    }

    /// - Throws: ``VaultError/damagedRecord``; storage is not believed, so nothing in a row may do more harm.
    func open(_ record: CardKeyRecord) throws(VaultError) -> [UInt8] {
        guard record.iccid.utf8.count <= 20, record.keyCheckValue.count == KeyCheckValue.length,
            record.batch.utf8.count <= 64, record.state != .destroyed,
            let key = shard(of: record.iccid, generation: record.topKeyVersion)
        else { throw .damagedRecord }
        do {
            let box = try AES.GCM.SealedBox(combined: record.sealed)
            return [UInt8](try AES.GCM.open(box, using: key, authenticating: Self.identity(of: record)))
        } catch { throw .damagedRecord }
    }

    /// Card ‖ domain ‖ purpose ‖ KVN ‖ generation ‖ KCV ‖ algorithm ‖ batch ‖ state, each with its length: no two identities write the same octets.
    private static func identity(of record: CardKeyRecord) -> [UInt8] {
        let purpose = record.domain == .ssd ? "KIc KID" : "K_ROOT"
        let parts: [[UInt8]] = [
            Array("mssp card key".utf8), Array(record.iccid.utf8), Array(record.domain.rawValue.utf8),
            Array(purpose.utf8), [record.keyVersion], Array("\(record.topKeyVersion)".utf8), record.keyCheckValue,
            Array(record.algorithm.rawValue.utf8), Array(record.batch.utf8), Array(record.state.rawValue.utf8),
        ]
        return parts.flatMap { [UInt8($0.count)] + $0 }
    }
}

/// Key check value of an AES key: the first three octets of the block 01…01 under it. (A block of zeros would show
/// CMAC's subkey.)
enum KeyCheckValue {
    static let length = 3

    static func aes(_ key: [UInt8]) throws(VaultError) -> [UInt8] {
        var block = [UInt8](repeating: 1, count: 16)
        do { try AES.permute(&block, key: SymmetricKey(data: key)) } catch { throw .unusable("no AES key") }
        return Array(block.prefix(length))
    }
}
