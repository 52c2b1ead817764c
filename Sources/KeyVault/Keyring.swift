import Crypto
import MSSCore
import OTA

/// The vault's keys while it is unsealed: 256 shard keys for each generation, and the keys of the rows' codes.
///
/// They stand in locked memory; a copy lives as long as one operation, in memory that the library wipes.
final class Keyring: Sendable {
    static let shards = 256
    private static let size = 32

    /// The generation whose shards seal what is new.
    let newest: Int32
    private let newestRowKey: UInt8
    private let memory: LockedMemory
    private let shardPlaces: [Int32: Int]
    private let rowPlaces: [UInt8: Int]

    /// Unwraps everything once.
    ///
    /// - Throws: ``VaultError/keyEncryptionKey(_:)`` if a KEK is not there, a key was changed or one is missing.
    init(_ keys: [WrappedKey], _ keks: any KeyEncryptionKeys) throws(VaultError) {
        let shards = Dictionary(grouping: keys.filter { $0.purpose == .shard }, by: \.generation)
        let rows = keys.filter { $0.purpose == .rows }.sorted { $0.number < $1.number }
        guard let newest = shards.keys.max(), let last = rows.last, shards.count <= 64, rows.count <= 64 else {
            throw .keyEncryptionKey("the database holds no keys of a vault")
        }
        let memory = try LockedMemory(count: Self.size * (shards.count * Self.shards + rows.count))
        var shardPlaces: [Int32: Int] = [:]
        var rowPlaces: [UInt8: Int] = [:]
        var place = 0
        for (generation, keys) in shards {
            guard Set(keys.map(\.number)) == Set(0..<Int32(Self.shards)), keys.count == Self.shards else {
                throw .keyEncryptionKey("the shard keys of generation \(generation) are not complete")
            }
            shardPlaces[generation] = place
            for key in keys { try Self.unwrap(key, keks, into: memory, at: place + Int(key.number) * Self.size) }
            place += Self.shards * Self.size
        }
        for key in rows {
            guard let number = UInt8(exactly: key.number), rowPlaces[number] == nil else {
                throw .keyEncryptionKey("a row key's number is out of range")
            }
            rowPlaces[number] = place
            try Self.unwrap(key, keks, into: memory, at: place)
            place += Self.size
        }
        guard let newestRowKey = UInt8(exactly: last.number) else {
            throw .keyEncryptionKey("a row key's number is out of range")
        }
        self.memory = memory
        self.newest = newest
        self.newestRowKey = newestRowKey
        self.shardPlaces = shardPlaces
        self.rowPlaces = rowPlaces
    }

    /// Random keys for a vault that begins, or for a new KEK: all shards, and the row keys given.
    static func make(under version: Int32, of keks: any KeyEncryptionKeys, rowKey: Int32?) throws(VaultError)
        -> [WrappedKey]
    {
        var keys: [WrappedKey] = []
        for shard in 0..<Int32(shards) {
            keys.append(try random(.shard, shard, version, keks))
        }
        if let rowKey { keys.append(try random(.rows, rowKey, version, keks)) }
        return keys
    }

    private static func random(
        _ purpose: WrappedKey.Purpose,
        _ number: Int32,
        _ version: Int32,
        _ keks: any KeyEncryptionKeys
    ) throws(VaultError) -> WrappedKey {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return WrappedKey(
            purpose: purpose,
            number: number,
            kekVersion: version,
            octets: try keks.wrap(key, under: version)
        )
    }

    private static func unwrap(
        _ key: WrappedKey,
        _ keks: any KeyEncryptionKeys,
        into memory: LockedMemory,
        at offset: Int
    ) throws(VaultError) {
        var octets = try keks.unwrap(key.octets, under: key.kekVersion)
        guard octets.count == size else { throw .keyEncryptionKey("a key of the vault has another size") }
        memory.write(octets, at: offset)
        octets.erase()
    }

    /// The shard of a card in a generation; `nil` for one that is not there.
    func shard(of iccid: String, generation: Int32) -> SymmetricKey? {
        guard let place = shardPlaces[generation],
            let number = SHA256.hash(data: Array("mssp shard \(iccid)".utf8)).first(where: { _ in true })
        else { return nil }
        return key(at: place + Int(number) * Self.size)
    }

    /// The key of one transaction's evidence: derived from a shard, so that no card key's shard seals evidence itself.
    func evidenceKey(of transaction: String, version: Int32) -> SymmetricKey? {
        derivedKey("mssp evidence \(transaction)", version)
    }

    /// The key that one identity of the platform is sealed under, and nothing else.
    func identityKey(_ number: Int32, version: Int32) -> SymmetricKey? {
        derivedKey("mssp identity \(number)", version)
    }

    private func derivedKey(_ name: String, _ version: Int32) -> SymmetricKey? {
        let name = Array(name.utf8)
        guard let place = shardPlaces[version],
            let number = SHA256.hash(data: name).first(where: { _ in true }),
            let shard = key(at: place + Int(number) * Self.size)
        else { return nil }
        return HKDF<SHA256>.expand(pseudoRandomKey: shard, info: name, outputByteCount: Self.size)
    }

    /// A code of a row that decides: the key's number and HMAC-SHA256 (33 octets).
    func code(of row: [UInt8]) throws(VaultError) -> [UInt8] {
        guard let place = rowPlaces[newestRowKey], let key = key(at: place) else { throw .sealed }
        return [newestRowKey] + HMAC<SHA256>.authenticationCode(for: row, using: key)
    }

    /// Whether a code is of a row, in a time that does not tell where it is wrong.
    func isCode(_ code: [UInt8], of row: [UInt8]) -> Bool {
        guard code.count == 33, let number = code.first, let place = rowPlaces[number], let key = key(at: place) else {
            return false
        }
        return HMAC<SHA256>.isValidAuthenticationCode(code.dropFirst(), authenticating: row, using: key)
    }

    private func key(at offset: Int) -> SymmetricKey? {
        memory.withOctets(at: offset, count: Self.size) { SymmetricKey(data: $0) }
    }
}
