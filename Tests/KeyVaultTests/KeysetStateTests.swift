import Alauda
import KeyVault
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("The life of a card's key")
struct CardKeyStateTests {
    private static let steps: Set<[KeysetState]> = [
        [.pending, .active], [.pending, .retired], [.active, .accept], [.active, .retired], [.accept, .retired],
        [.retired, .destroyed],
    ]

    @Test("has the steps that it has and no other", arguments: KeysetState.allCases, KeysetState.allCases)
    func steps(_ from: KeysetState, _ to: KeysetState) {
        #expect(from.may(become: to) == Self.steps.contains([from, to]))
    }

    @Test("goes step by step under the vault's seal, which a changed state breaks; destroyed holds nothing")
    func sealed() async throws {
        let card = PlainCard()
        let personaliser = try await Personaliser(rsa: false)
        let iccid = try card.parsedICCID()
        let (records, tar) = try personaliser.vault.importCard(
            try await personaliser.envelope(card.file),
            iccid: iccid
        )
        let vault = personaliser.vault
        var applet = try #require(records.first { $0.domain == .wpki })
        #expect(records.allSatisfy { $0.state == .active })
        for state in KeysetState.allCases where !applet.state.may(become: state) {
            #expect(throws: VaultError.self) { try vault.moved(applet, to: state) }
        }
        let answer = try card.answer(
            UpMessage(kind: .status, transaction: .random(), status: .ok),
            counter: 3
        )
        func seal(_ record: CardKeyRecord) throws {
            _ = try vault.seal(
                .status(.random()),
                records: [records[0], record],
                iccid: iccid,
                tar: tar,
                counters: SpentCounters(packet: 1, frame: 1)
            )
        }
        for state in [KeysetState.accept, .retired, .destroyed] {
            let before = applet
            applet = try vault.moved(before, to: state)
            #expect(applet.state == state && applet.keyCheckValue == before.keyCheckValue)
            // Who writes another state into the row has no row.
            for forged in KeysetState.allCases where forged != state {
                var changed = applet
                changed.state = forged
                #expect(throws: VaultError.damagedRecord) { try vault.renewed(changed) }
            }
            #expect(throws: VaultError.damagedRecord) { try seal(applet) }
            let opened = try? vault.open(answer, records: [records[0], applet], iccid: iccid)
            #expect((opened?.counter == 3) == (state == .accept))
        }
        #expect(applet.sealed.isEmpty)
        #expect(throws: VaultError.self) { try vault.moved(applet, to: .active) }
    }

    @Test("lets a frame choose its root by the version it names, old or new, and a command the pending one")
    func twoRoots() async throws {
        let old = PlainCard()
        var new = old
        new.root = [UInt8](repeating: 0x5A, count: 16)
        let personaliser = try await Personaliser(rsa: false)
        let iccid = try old.parsedICCID()
        let envelope = try await personaliser.envelope(old.file)
        let secondFile = new.file.replacing("\"wpki\":{\"keyVersion\":1", with: "\"wpki\":{\"keyVersion\":2")
        let first = try personaliser.vault.importCard(envelope, iccid: iccid)
        let second = try personaliser.vault.importCard(try await personaliser.envelope(secondFile), iccid: iccid)
        let accepted = try personaliser.vault.moved(first.records[1], to: .accept)
        let records = [first.records[0], accepted, second.records[1]]
        let message = UpMessage(kind: .status, transaction: .random(), status: .ok)
        for (card, version) in [(old, UInt8(1)), (new, 2)] {
            let packet = try card.answer(message, counter: 9, keyVersion: version)
            let opened = try personaliser.vault.opened(packet, records: records, iccid: iccid)
            #expect(opened.message == message && opened.counter == 9 && opened.keyVersion == version)
            // The old root does not speak for the new version, nor the other way.
            let crossed = try card.answer(message, counter: 9, keyVersion: 3 - version)
            #expect(throws: VaultError.notAuthentic) {
                try personaliser.vault.opened(crossed, records: records, iccid: iccid)
            }
        }
        let unknown = try new.answer(message, counter: 9, keyVersion: 3)
        #expect(throws: VaultError.notAuthentic) {
            try personaliser.vault.opened(unknown, records: records, iccid: iccid)
        }
        func packet(_ keyVersion: UInt8?) throws -> [UInt8] {
            try personaliser.vault.seal(
                .status(.random()),
                records: records,
                iccid: iccid,
                tar: first.tar,
                counters: SpentCounters(packet: 1, frame: 1),
                keyVersion: keyVersion
            ).packet
        }
        #expect(try new.open(try packet(nil), keyVersion: 2) != nil)
        #expect(try new.open(try packet(2), keyVersion: 2) != nil)
        // Nothing goes out under the old one any more.
        #expect(throws: VaultError.damagedRecord) { try packet(1) }
    }
}
