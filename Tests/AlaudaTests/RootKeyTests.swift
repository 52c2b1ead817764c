@_spi(KeyMaterial) import Alauda
import MSSTestSupport
import Testing

@Suite("A root key")
struct RootKeyTests {
    /// Tests/Vectors/wpki/root-keys.json.
    private struct File: Decodable {
        struct Root: Decodable {
            var keyVersion: UInt8
            var bits: Int
            var root: Vectors.Octets
            var rootCheckValue: Vectors.Octets
        }

        struct Wrapped: Decodable {
            var underKeyVersion: UInt8
            var keyVersion: UInt8
            var root: Vectors.Octets
            var field: Vectors.Octets
        }

        var iccid: Vectors.Octets
        var master: Vectors.Octets
        var masterCheckValue: Vectors.Octets
        var sets: [Root]
        var wrapped: [Wrapped]
    }

    private let file: File

    init() throws {
        file = try Vectors.read("wpki/root-keys.json")
    }

    private func keys(_ keyVersion: UInt8) throws -> WPKIKeys {
        let set = try #require(file.sets.first { $0.keyVersion == keyVersion })
        return try WPKIKeys(root: set.root.octets, iccid: file.iccid.octets, keyVersion: keyVersion)
    }

    @Test("is derived from its master, in both lengths, and told by its check value")
    func derivation() throws {
        #expect(try WPKIKeys.keyCheckValue(file.master.octets) == file.masterCheckValue.octets)
        for set in file.sets {
            let root = try WPKIKeys.root(
                master: file.master.octets,
                iccid: file.iccid.octets,
                keyVersion: set.keyVersion,
                bits: set.bits
            )
            #expect(root == set.root.octets)
            #expect(try WPKIKeys.keyCheckValue(root) == set.rootCheckValue.octets)
        }
        #expect(throws: WPKIError.cryptography) {
            try WPKIKeys.root(master: [1], iccid: file.iccid.octets, keyVersion: 1, bits: 128)
        }
        #expect(throws: WPKIError.cryptography) {
            try WPKIKeys.root(master: file.master.octets, iccid: file.iccid.octets, keyVersion: 1, bits: 192)
        }
        #expect(throws: WPKIError.cryptography) { try WPKIKeys.keyCheckValue([1, 2, 3]) }
    }

    @Test("is wrapped for the card as other code wraps it, and unwrapped again")
    func wrapping() throws {
        for example in file.wrapped {
            let keys = try keys(example.underKeyVersion)
            let made = try keys.wrap(newRoot: example.root.octets, keyVersion: example.keyVersion)
            #expect(made.octets == example.field.octets)
            let read = try #require(WrappedRoot(example.field.octets))
            #expect(read == made)
            #expect(try keys.unwrap(read) == example.root.octets)
        }
        #expect(file.wrapped.count == 2)
    }

    @Test("is not taken with any bit of its wrapping or check value changed, nor under another root")
    func damage() throws {
        let field = try #require(file.wrapped.first).field.octets
        let keys = try keys(1)
        for flipped in DamagedOctets.bitFlips(of: field).dropFirst(16) {
            let read = try #require(WrappedRoot(flipped))
            #expect(throws: WPKIError.notAuthentic) { try keys.unwrap(read) }
        }
        for cut in DamagedOctets.truncations(of: field) { #expect(WrappedRoot(cut) == nil) }
        #expect(WrappedRoot(field + [0]) == nil)
        for version: UInt8 in [0, 0xFF] { #expect(WrappedRoot([version] + field.dropFirst()) == nil) }
        for algorithm: UInt8 in [0, 1, 3] { #expect(WrappedRoot([2, algorithm] + field.dropFirst(2)) == nil) }
        let read = try #require(WrappedRoot(field))
        #expect(throws: WPKIError.notAuthentic) { try self.keys(2).unwrap(read) }
    }

    @Test("comes only under a key version above the one that wraps it")
    func versions() throws {
        let root = [UInt8](repeating: 7, count: 16)
        for version: UInt8 in [0, 1, 0xFF] {
            #expect(throws: WPKIError.cryptography) { try keys(1).wrap(newRoot: root, keyVersion: version) }
        }
        #expect(throws: WPKIError.cryptography) { try keys(1).wrap(newRoot: [1, 2], keyVersion: 2) }
        #expect(try keys(1).wrap(newRoot: root, keyVersion: 0xFE).keyVersion == 0xFE)
    }
}

@Suite("A rollover of root keys")
struct KeyRolloverTests {
    @Test("brings the new root, makes it active with its first frame, and retires the old one")
    func whole() throws {
        var rollover = try #require(KeyRollover(active: 1))
        #expect(rollover.next == 2)
        try rollover.propose(2)
        #expect(rollover.active == 1 && rollover.pending == 2 && rollover.accepts(1) && rollover.accepts(2))
        // Answers under the old root go on until the card has the new one.
        let old = try rollover.received(under: 1)
        let new = try rollover.received(under: 2)
        #expect(!old && new)
        #expect(rollover.active == 2 && rollover.pending == nil && rollover[1] == .accept)
        let late = [try rollover.received(under: 2), try rollover.received(under: 1)]
        #expect(late == [false, false])
        try rollover.retired(1)
        #expect(!rollover.accepts(1) && rollover.accepts(2))
        #expect(throws: KeyRollover.Refusal.notExpected) { try rollover.received(under: 1) }
        #expect(rollover.keyVersions == [1, 2])
    }

    @Test("is one at a time, always upwards, and can be withdrawn")
    func refusals() throws {
        var rollover = try #require(KeyRollover(active: 7))
        for version: UInt8 in [0, 6, 7, 0xFF] {
            #expect(throws: KeyRollover.Refusal.notAbove) { try rollover.propose(version) }
        }
        try rollover.propose(8)
        #expect(throws: KeyRollover.Refusal.underWay) { try rollover.propose(9) }
        try rollover.withdraw(8)
        #expect(rollover.active == 7 && rollover.pending == nil && !rollover.accepts(8))
        #expect(throws: KeyRollover.Refusal.notExpected) { try rollover.withdraw(8) }
        // A number that a card may have seen is never used again.
        #expect(rollover.next == 9)
        #expect(throws: KeyRollover.Refusal.notAbove) { try rollover.propose(8) }
        #expect(throws: KeyRollover.Refusal.notExpected) { try rollover.retired(7) }
        #expect(throws: KeyRollover.Refusal.notExpected) { try rollover.received(under: 3) }
        #expect(try #require(KeyRollover(active: 0xFE)).next == nil)
    }

    @Test("is no state with no active root, two of them, or a new one below it")
    func impossible() {
        #expect(KeyRollover([:]) == nil && KeyRollover(active: 0) == nil && KeyRollover(active: 0xFF) == nil)
        #expect(KeyRollover([1: .active, 2: .active]) == nil)
        #expect(KeyRollover([1: .pending, 2: .active]) == nil)
        #expect(KeyRollover([1: .active, 2: .pending, 3: .pending]) == nil)
        #expect(KeyRollover([1: .retired, 2: .accept, 3: .active, 4: .pending]) != nil)
    }
}
