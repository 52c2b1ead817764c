import Foundation
import KeyVault
import MSSTestSupport
import Testing

/// What every keeper of KEKs must do.
@Suite("Key-encryption keys", .serialized)
struct KeyEncryptionKeyTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// KEKs of a keeper with KEK-1 in it.
    private func keks(_ keeper: KEKKeeper) async throws -> any KeyEncryptionKeys {
        switch keeper {
        case .file:
            let keks = FileKEK(path: folder.path("kek"))
            try keks.create(1)
            return keks
        case .token:
            let token = try await SoftwareToken.next()
            let keks = try TokenKEK(module: SoftwareToken.module, token: token, pin: Array(SoftwareToken.pin.utf8))
            try keks.create(1)
            return keks
        }
    }

    @Test("unwrap what they wrapped, and nothing that was changed or cut", arguments: KEKKeeper.allCases)
    func wrapping(_ keeper: KEKKeeper) async throws {
        let keks = try await keks(keeper)
        #expect(keks.keeper == keeper)
        for size in [16, 32] {
            let key = [UInt8](repeating: UInt8(size), count: size)
            let wrapped = try keks.wrap(key, under: 1)
            #expect(wrapped.count == size + 8)
            #expect(try keks.unwrap(wrapped, under: 1) == key)
            for flipped in DamagedOctets.bitFlips(of: wrapped) {
                #expect(throws: VaultError.self) { try keks.unwrap(flipped, under: 1) }
            }
            for cut in DamagedOctets.truncations(of: wrapped) {
                #expect(throws: VaultError.self) { try keks.unwrap(cut, under: 1) }
            }
        }
        #expect(throws: VaultError.self) { try keks.unwrap([UInt8](repeating: 0, count: 1_000), under: 1) }
    }

    @Test("have versions of their own, and a destroyed one opens nothing", arguments: KEKKeeper.allCases)
    func versions(_ keeper: KEKKeeper) async throws {
        let keks = try await keks(keeper)
        let key = [UInt8](repeating: 5, count: 32)
        let first = try keks.wrap(key, under: 1)
        #expect(throws: VaultError.self) { try keks.create(1) }
        #expect(throws: VaultError.self) { try keks.wrap(key, under: 2) }
        #expect(try !keks.holds(2))
        try keks.create(2)
        #expect(try keks.holds(2))
        let second = try keks.wrap(key, under: 2)
        #expect(first != second)
        #expect(throws: VaultError.self) { try keks.unwrap(first, under: 2) }
        try keks.destroy(1)
        try keks.destroy(1)
        #expect(try !keks.holds(1))
        #expect(throws: VaultError.self) { try keks.unwrap(first, under: 1) }
        #expect(try keks.unwrap(second, under: 2) == key)
    }

    @Test("carry a vault: its keys are unwrapped once", arguments: KEKKeeper.allCases)
    func vault(_ keeper: KEKKeeper) async throws {
        let keks = try await keks(keeper)
        let keys = try Vault.newKeys(under: 1, of: keks)
        #expect(keys.count == 257)
        #expect(Set(keys.map(\.octets)).count == 257)
        let personaliser = try await Personaliser(rsa: false)
        let vault = try personaliser.sealedVault()
        let start = ContinuousClock.now
        try vault.unseal(keys, with: keks)
        print("257 keys of the vault unwrapped from the \(keeper.rawValue) in \(start.duration(to: .now))")
        let code = try vault.code(of: [1, 2, 3])
        #expect(try vault.isCode(code, of: [1, 2, 3]))
    }

    @Test("are replaced: the same keys under the next KEK, then without the old one", arguments: KEKKeeper.allCases)
    func rotated(_ keeper: KEKKeeper) async throws {
        let keks = try await keks(keeper)
        let keys = try Vault.newKeys(under: 1, of: keks)
        let personaliser = try await Personaliser(rsa: false)
        let running = try personaliser.sealedVault()
        try running.unseal(keys, with: keks)
        let code = try running.code(of: [1, 2, 3])
        #expect(throws: VaultError.self) { try Vault.rewrapped(keys, under: 2, of: keks) }
        try keks.create(2)
        let next = try Vault.rewrapped(keys, under: 2, of: keks)
        #expect(next.map(\.kekVersion) == Array(repeating: 2, count: 257))
        #expect(next.map(\.generation) == keys.map(\.generation) && next.map(\.number) == keys.map(\.number))
        #expect(Set(next.map(\.octets)).isDisjoint(with: keys.map(\.octets)))
        // What was unwrapped before goes on, and who starts has the same keys under either.
        for stored in [keys, next] {
            let started = try personaliser.sealedVault()
            try started.unseal(stored, with: keks)
            #expect(try started.isCode(code, of: [1, 2, 3]) && running.isCode(try started.code(of: [4]), of: [4]))
        }
        try keks.destroy(1)
        #expect(throws: VaultError.self) { try Vault.check(keys, with: keks) }
        try Vault.check(next, with: keks)
        #expect(throws: VaultError.self) { try Vault.check(Array(next.dropFirst()), with: keks) }
        let third = try personaliser.sealedVault()
        try third.unseal(next, with: keks)
        #expect(try third.isCode(code, of: [1, 2, 3]))
    }

    @Test("in a file that custodians lock open with their secret alone, and leave nothing that opens behind")
    func locked() throws {
        let open = FileKEK(path: folder.path("kek"))
        try open.create(1)
        let plain = try Data(contentsOf: URL(filePath: folder.path("kek")))
        let wrapped = try open.wrap([UInt8](repeating: 3, count: 32), under: 1)
        let secret = CustodySecret.newUnlockKey()
        #expect(try !open.isLocked(1))
        try open.relock(1, under: secret)
        #expect(try open.isLocked(1))
        let locked = FileKEK(path: folder.path("kek"), lock: secret)
        #expect(try locked.unwrap(wrapped, under: 1) == [UInt8](repeating: 3, count: 32))
        #expect(throws: VaultError.self) { try open.unwrap(wrapped, under: 1) }
        let other = FileKEK(path: folder.path("kek"), lock: .newUnlockKey())
        #expect(throws: VaultError.self) { try other.unwrap(wrapped, under: 1) }
        // The next KEK is locked, too; a new secret locks out the old one.
        try locked.create(2)
        #expect(try locked.isLocked(2) && locked.holds(2))
        #expect(throws: VaultError.self) { try open.wrap([UInt8](repeating: 3, count: 32), under: 2) }
        let new = CustodySecret.newUnlockKey()
        try locked.relock(1, under: new)
        #expect(throws: VaultError.self) { try locked.unwrap(wrapped, under: 1) }
        let renewed = FileKEK(path: folder.path("kek"), lock: new)
        #expect(try renewed.unwrap(wrapped, under: 1) == [UInt8](repeating: 3, count: 32))
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
            let octets = try Data(contentsOf: URL(filePath: folder.path(name)))
            #expect(octets.count == 40 && octets.range(of: plain) == nil, "\(name)")
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        // Somebody who puts an open file in its place is noticed.
        try plain.write(to: URL(filePath: folder.path("kek")))
        #expect(throws: VaultError.self) { try renewed.unwrap(wrapped, under: 1) }
    }

    @Test("in a file are its owner's alone, 32 octets and no link to elsewhere")
    func files() throws {
        let keks = FileKEK(path: folder.path("kek"))
        let key = [UInt8](repeating: 1, count: 32)
        #expect(throws: VaultError.self) { try keks.wrap(key, under: 1) }
        try keks.create(1)
        #expect(try keks.wrap(key, under: 1).count == 40)
        for mode in [0o644, 0o640, 0o660, 0o601] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path("kek"))
            #expect(throws: VaultError.self, "\(mode)") { try keks.wrap(key, under: 1) }
        }
        for size in [0, 16, 31, 33, 64] {
            let path = folder.path("kek-\(size)")
            try Data(repeating: 1, count: size).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(throws: VaultError.self, "\(size)") { try FileKEK(path: path).wrap(key, under: 1) }
        }
        #expect(throws: VaultError.self) { try FileKEK(path: folder.url.path).wrap(key, under: 1) }
    }

    @Test("in a token need the right PIN, the right token and a module, and cannot be read")
    func token() async throws {
        let token = try await SoftwareToken.next()
        let pin = Array(SoftwareToken.pin.utf8)
        #expect(throws: VaultError.self) {
            try TokenKEK(module: SoftwareToken.module, token: token, pin: Array("0000".utf8))
        }
        #expect(throws: VaultError.self) { try TokenKEK(module: SoftwareToken.module, token: "nobody", pin: pin) }
        #expect(throws: VaultError.self) { try TokenKEK(module: "/nowhere.so", token: token, pin: pin) }
        #expect(throws: VaultError.self) {
            try TokenKEK(module: "/usr/lib/x86_64-linux-gnu/libc.so.6", token: token, pin: pin)
        }
        let keks = try TokenKEK(module: SoftwareToken.module, token: token, pin: pin)
        try keks.create(1)
        // Logged in already: another login would not look at the PIN, and is refused.
        #expect(throws: VaultError.self) { try TokenKEK(module: SoftwareToken.module, token: token, pin: pin) }
        _ = try keks.wrap([UInt8](repeating: 1, count: 32), under: 1)
    }
}
