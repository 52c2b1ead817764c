import Crypto
import Glibc

import struct Foundation.Data

/// KEKs in files, for trying: KEK-1 at a path, KEK-n at the path with `.n` after it.
///
/// A file holds 32 octets; or, where custodians lock it, those 32 wrapped under a key that no file holds (40 octets).
/// Each must be its owner's alone. They are read when they are needed and not kept.
public struct FileKEK: KeyEncryptionKeys {
    public let keeper = KEKKeeper.file
    private let path: String
    private let lock: CustodySecret?

    /// - Parameters:
    ///   - path: Of KEK-1.
    ///   - lock: What the custodians open the files with; `nil` for files that are open.
    public init(path: String, lock: CustodySecret? = nil) {
        self.path = path
        self.lock = lock
    }

    public func holds(_ version: Int32) throws(VaultError) -> Bool {
        access(file(version), F_OK) == 0
    }

    /// Whether custodians lock a KEK's file.
    public func isLocked(_ version: Int32) throws(VaultError) -> Bool {
        try SecretOctets.read(file(version)).count == Self.lockedSize
    }

    public func create(_ version: Int32) throws(VaultError) {
        let key = SymmetricKey(size: .bits256)
        // As a whole or not at all: half a file would stand in the way of the next one who makes it.
        try SecretOctets.keep(try form(of: key, under: lock), in: file(version), replacing: false)
    }

    public func destroy(_ version: Int32) throws(VaultError) {
        try SecretOctets.destroy(file(version))
    }

    /// Locks a KEK's file under a new secret; what it held before is overwritten.
    public func relock(_ version: Int32, under secret: CustodySecret) throws(VaultError) {
        try SecretOctets.keep(
            try form(of: try read(version), under: secret),
            in: file(version),
            replacing: true
        )
    }

    public func wrap(_ key: [UInt8], under version: Int32) throws(VaultError) -> [UInt8] {
        let kek = try read(version)
        do { return [UInt8](try AES.KeyWrap.wrap(SymmetricKey(data: key), using: kek)) } catch {
            throw .keyEncryptionKey("a key of \(key.count) octets cannot be wrapped")
        }
    }

    public func unwrap(_ wrapped: [UInt8], under version: Int32) throws(VaultError) -> [UInt8] {
        let kek = try read(version)
        do {
            return try AES.KeyWrap.unwrap(Data(wrapped), using: kek).withUnsafeBytes { Array($0) }
        } catch { throw .keyEncryptionKey("a wrapped key is not of KEK \(version)") }
    }

    private static let size = 32
    private static let lockedSize = 40

    private func file(_ version: Int32) -> String { version == 1 ? path : "\(path).\(version)" }

    private func form(of key: SymmetricKey, under secret: CustodySecret?) throws(VaultError) -> [UInt8] {
        guard let secret else { return key.withUnsafeBytes { Array($0) } }
        do { return [UInt8](try AES.KeyWrap.wrap(key, using: SymmetricKey(data: secret.octets))) } catch {
            throw .keyEncryptionKey("a KEK cannot be locked with this secret")
        }
    }

    private func read(_ version: Int32) throws(VaultError) -> SymmetricKey {
        let name = file(version)
        var octets = try SecretOctets.read(name)
        defer { octets.erase() }
        switch (octets.count, lock) {
        case (Self.size, nil): return SymmetricKey(data: octets)
        case (Self.size, _): throw .keyFile("\(name): custodians should lock it, and it is open: who changed it?")
        case (Self.lockedSize, nil): throw .keyFile("\(name): its custodians must unlock it")
        case (Self.lockedSize, let secret?):
            do { return try AES.KeyWrap.unwrap(Data(octets), using: SymmetricKey(data: secret.octets)) } catch {
                throw .keyEncryptionKey("\(name): the custodians' secret does not open it")
            }
        default: throw .keyFile("\(name): the vault's top key must be 32 octets")
        }
    }
}
