import Crypto
import Glibc

import struct Foundation.Data

/// KEKs in files of 32 octets, for trying: KEK-1 at a path, KEK-n at the path with `.n` after it.
///
/// Each must be its owner's alone. They are read when they are needed and not kept.
public struct FileKEK: KeyEncryptionKeys {
    public let keeper = KEKKeeper.file
    private let path: String

    public init(path: String) {
        self.path = path
    }

    public func holds(_ version: Int32) throws(VaultError) -> Bool {
        access(file(version), F_OK) == 0
    }

    public func create(_ version: Int32) throws(VaultError) {
        let name = file(version)
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(name, "cannot be made") }
        defer { close(descriptor) }
        let written = SymmetricKey(size: .bits256).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == Self.size, fsync(descriptor) == 0 else { throw Self.failure(name, "cannot be written") }
    }

    public func destroy(_ version: Int32) throws(VaultError) {
        let name = file(version)
        let descriptor = open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw Self.failure(name, "cannot be opened") }
            return
        }
        defer { close(descriptor) }
        // The best a file system lets us do; where blocks are never written in place the old ones stay.
        let zeros = [UInt8](repeating: 0, count: Self.size)
        guard write(descriptor, zeros, zeros.count) == zeros.count, fsync(descriptor) == 0, unlink(name) == 0 else {
            throw Self.failure(name, "cannot be destroyed")
        }
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

    private func file(_ version: Int32) -> String { version == 1 ? path : "\(path).\(version)" }

    private func read(_ version: Int32) throws(VaultError) -> SymmetricKey {
        let name = file(version)
        let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(name, "cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .keyFile("\(name): is not a regular file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .keyFile("\(name): a secret must belong to the user of the service or to root")
        }
        // systemd hands out credentials as root's, readable by an access list that shows in the group's bits.
        let isCredential = status.st_uid == 0 && status.st_gid == 0 && status.st_mode & 0o7777 & ~0o440 == 0
        guard status.st_mode & 0o7777 & ~0o600 == 0 || isCredential else {
            throw .keyFile("\(name): a secret must be its owner's alone; run chmod 600 on it")
        }
        var octets = [UInt8](repeating: 0, count: Self.size + 1)
        defer { for index in octets.indices { octets[index] = 0 } }
        let length = Glibc.read(descriptor, &octets, octets.count)
        guard length == Self.size else {
            throw .keyFile("\(name): the vault's top key must be 32 octets")
        }
        return SymmetricKey(data: octets.prefix(Self.size))
    }

    private static func failure(_ name: String, _ what: String) -> VaultError {
        .keyFile("\(name): \(what): \(String(cString: strerror(errno)))")
    }
}
