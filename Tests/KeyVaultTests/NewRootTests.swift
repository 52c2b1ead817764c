@_spi(KeyMaterial) import Alauda
import KeyVault
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("A new root of the vault")
struct NewRootTests {
    @Test("is drawn, sealed as pending, and comes to the card wrapped under the one in use")
    func wrapped() async throws {
        let card = PlainCard()
        let personaliser = try await Personaliser(rsa: false)
        let vault = personaliser.vault
        let iccid = try card.parsedICCID()
        let (records, tar) = try vault.importCard(try await personaliser.envelope(card.file), iccid: iccid)
        let active = try #require(records.first { $0.domain == .wpki })
        let pending = try vault.newRoot(active.keyVersion + 1, records: records, iccid: iccid)
        #expect(pending.state == .pending && pending.keyVersion == active.keyVersion + 1)
        #expect(pending.keyCheckValue != active.keyCheckValue && pending.algorithm == active.algorithm)
        let all = records + [pending]
        let wrapped = try vault.wrappedRoot(pending.keyVersion, records: all, iccid: iccid)
        #expect(wrapped.keyCheckValue == pending.keyCheckValue)
        // The card's side.
        let keys = try WPKIKeys(root: card.root, iccid: iccid.octets, keyVersion: active.keyVersion)
        var renewed = card
        renewed.root = try keys.unwrap(wrapped)
        #expect(renewed.root.count == card.root.count && renewed.root != card.root)
        let command = try vault.seal(
            .status(.random()),
            records: all,
            iccid: iccid,
            tar: tar,
            counters: SpentCounters(packet: 1, frame: 1),
            keyVersion: pending.keyVersion
        )
        #expect(try renewed.open(command.packet, keyVersion: pending.keyVersion) != nil)
        // No two are alike.
        let other = try vault.newRoot(pending.keyVersion, records: records, iccid: iccid)
        #expect(other.keyCheckValue != pending.keyCheckValue)
    }

    @Test("is never below the one in use, nor sealed under counters of another")
    func refused() async throws {
        let card = PlainCard()
        let personaliser = try await Personaliser(rsa: false)
        let vault = personaliser.vault
        let iccid = try card.parsedICCID()
        let (records, tar) = try vault.importCard(try await personaliser.envelope(card.file), iccid: iccid)
        let version = try #require(records.first { $0.domain == .wpki }).keyVersion
        for wrong in [0, version, 0xFF] {
            #expect(throws: VaultError.self) { try vault.newRoot(wrong, records: records, iccid: iccid) }
        }
        #expect(throws: VaultError.damagedRecord) {
            try vault.wrappedRoot(version, records: records, iccid: iccid)
        }
        func seal(_ counters: consuming SpentCounters) throws {
            _ = try vault.seal(.status(.random()), records: records, iccid: iccid, tar: tar, counters: counters)
        }
        try seal(SpentCounters(packet: 1, frame: 1, keyVersion: version))
        #expect(throws: VaultError.unusable("the counters are of another key version")) {
            try seal(SpentCounters(packet: 2, frame: 2, keyVersion: version + 1))
        }
        vault.reseal()
        #expect(throws: VaultError.sealed) { try vault.newRoot(version + 1, records: records, iccid: iccid) }
    }
}
