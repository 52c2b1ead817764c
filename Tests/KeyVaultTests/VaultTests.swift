import Alauda
import KeyVault
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("The vault")
struct VaultTests {
    private let personaliser: Personaliser
    private let card = PlainCard()
    private let records: [CardKeyRecord]
    private let tar: TAR
    private let iccid: ICCID

    init() async throws {
        personaliser = try await Personaliser(rsa: false)
        iccid = try card.parsedICCID()
        let envelope = try await personaliser.envelope(card.file)
        (records, tar) = try personaliser.vault.importCard(envelope, iccid: iccid)
    }

    private func seal(
        _ message: DownMessage,
        records: [CardKeyRecord]? = nil,
        iccid: ICCID? = nil,
        packet: UInt64 = 1,
        frame: UInt32 = 1
    ) throws -> [UInt8] {
        try personaliser.vault.seal(
            message,
            records: records ?? self.records,
            iccid: iccid ?? self.iccid,
            tar: tar,
            counters: SpentCounters(packet: packet, frame: frame)
        ).packet
    }

    private func transaction() throws -> WPKITransaction { try #require(WPKITransaction([1, 2, 3, 4])) }

    @Test("seals what the card opens, and opens what the card answers")
    func conversation() throws {
        let sign = DownMessage.sign(
            SignCommand(
                transaction: try transaction(),
                key: 1,
                algorithm: .p256,
                head: try CardText("Pankki"),
                text: try CardText("@ä€ñ_"),
                form: [.signedAttributes, .utf8]
            )
        )
        let received = try card.open(try seal(sign))
        #expect(received?.message == sign && received?.counter == 1)
        let answer = UpMessage(
            kind: .sign,
            transaction: try transaction(),
            status: .ok,
            signature: [UInt8](repeating: 7, count: 64)
        )
        let opened = try personaliser.vault.open(try card.answer(answer, counter: 5), records: records, iccid: iccid)
        #expect(opened.message == answer && opened.counter == 5)
    }

    @Test("seals under the counters it is given: the card takes them rising and no other way")
    func counters() throws {
        let message = DownMessage.status(try transaction())
        let first = try seal(message, packet: 10, frame: 10)
        #expect(try card.open(first, after: 9) != nil)
        #expect(try card.open(first, after: 10) == nil)
        #expect(try seal(message, packet: 11, frame: 11) != first)
        #expect(throws: VaultError.self) { try seal(message, packet: 0xFF_FFFF_FFFF) }
    }

    @Test("refuses an answer with any bit changed, of another card, or going down")
    func answers() throws {
        let answer = try card.answer(
            UpMessage(kind: .status, transaction: try transaction(), status: .ok),
            counter: 1
        )
        for flipped in DamagedOctets.bitFlips(of: answer.data) {
            var packet = answer
            packet.data = flipped
            #expect(throws: VaultError.notAuthentic) {
                try personaliser.vault.open(packet, records: records, iccid: iccid)
            }
        }
        var other = card
        other.root[0] ^= 1
        let foreign = try other.answer(
            UpMessage(kind: .status, transaction: try transaction(), status: .ok),
            counter: 1
        )
        var empty = answer
        empty.data = []
        for packet in [foreign, empty] {
            #expect(throws: VaultError.notAuthentic) {
                try personaliser.vault.open(packet, records: records, iccid: iccid)
            }
        }
        // The outer packet proves nothing and decides nothing.
        var changed = answer
        changed.counter = 77
        changed.status = 1
        #expect(throws: Never.self) { try personaliser.vault.open(changed, records: records, iccid: iccid) }
    }

    @Test("refuses a row that was changed in any of its fields, or is not there")
    func changedRows() throws {
        let changes: [(inout CardKeyRecord) -> Void] = [
            { $0.iccid = "89358001234567890121" }, { $0.domain = $0.domain == .ssd ? .wpki : .ssd },
            { $0.keyVersion ^= 2 }, { $0.topKeyVersion = 2 }, { $0.keyCheckValue[0] ^= 1 }, { $0.keyCheckValue = [] },
            { $0.keyCheckValue = [UInt8](repeating: 1, count: 1_000) }, { $0.sealed[0] ^= 1 }, { $0.sealed[20] ^= 1 },
            { $0.sealed[$0.sealed.count - 1] ^= 1 }, { $0.sealed = [] }, { $0.sealed.removeLast() },
            { $0.iccid = String(repeating: "9", count: 1_000) },
        ]
        let message = DownMessage.status(try transaction())
        for row in records.indices {
            for change in changes {
                var changed = records
                change(&changed[row])
                #expect(throws: VaultError.damagedRecord) { try seal(message, records: changed) }
            }
            var fewer = records
            fewer.remove(at: row)
            #expect(throws: VaultError.damagedRecord) { try seal(message, records: fewer) }
        }
    }

    @Test("refuses rows that were swapped between two cards, with or without their ICCID")
    func swappedRows() async throws {
        var other = PlainCard()
        other.iccid = "89358001234567890138"
        let envelope = try await personaliser.envelope(other.file)
        let others = try personaliser.vault.importCard(envelope, iccid: try other.parsedICCID()).records
        let message = DownMessage.status(try transaction())
        for row in records.indices {
            var swapped = records
            swapped[row] = others[row]
            #expect(throws: VaultError.damagedRecord) { try seal(message, records: swapped) }
            swapped[row].iccid = card.iccid
            #expect(throws: VaultError.damagedRecord) { try seal(message, records: swapped) }
        }
        #expect(throws: VaultError.damagedRecord) { try seal(message, records: others) }
        #expect(throws: VaultError.damagedRecord) { try seal(message, iccid: try other.parsedICCID()) }
        #expect(try other.open(try seal(message, records: others, iccid: try other.parsedICCID()))?.message == message)
    }

    @Test("opens no row that was sealed under other shard keys of the same KEK version")
    func otherKeys() throws {
        let other = try personaliser.sealedVault()
        try other.unseal(try Vault.newKeys(under: 1, of: personaliser.keks), with: personaliser.keks)
        #expect(throws: VaultError.damagedRecord) { try sealStatus(in: other) }
    }

    @Test("does nothing while it is sealed, and the same as before once it is unsealed again")
    func sealed() throws {
        let vault = try personaliser.sealedVault()
        #expect(vault.isSealed)
        #expect(throws: VaultError.sealed) { try sealStatus(in: vault) }
        #expect(throws: VaultError.sealed) { try vault.code(of: [1]) }
        #expect(throws: VaultError.sealed) { try vault.isCode([1], of: [1]) }
        #expect(throws: VaultError.sealed) { try vault.importCard([], iccid: iccid) }
        try vault.unseal(personaliser.vaultKeys, with: personaliser.keks)
        #expect(!vault.isSealed)
        try sealStatus(in: vault)
        vault.reseal()
        #expect(throws: VaultError.sealed) { try sealStatus(in: vault) }
    }

    @Test("seals a card's row anew under a new KEK; the old one opens it no longer once it is destroyed")
    func newKEK() throws {
        let keks = personaliser.keks
        try keks.create(2)
        let keys = try personaliser.vaultKeys + Vault.newKeys(under: 2, of: keks).filter { $0.purpose == .shard }
        let vault = personaliser.vault
        try vault.unseal(keys, with: keks)
        #expect(try vault.generation() == 2)
        let renewed = try records.map { try vault.renewed($0) }
        #expect(renewed.allSatisfy { $0.topKeyVersion == 2 })
        #expect(renewed.map(\.keyCheckValue) == records.map(\.keyCheckValue))
        try sealStatus(in: vault)
        let message = DownMessage.status(try transaction())
        #expect(try card.open(try seal(message, records: renewed))?.message == message)
        var older = renewed
        older[0].topKeyVersion = 1
        #expect(throws: VaultError.damagedRecord) { try seal(message, records: older) }
    }

    @Test("knows a row by its code, and no row with a bit changed or a code of another vault")
    func codes() throws {
        let row = Array("a row that decides".utf8)
        let code = try personaliser.vault.code(of: row)
        #expect(code.count == 33 && code.first == 1)
        #expect(try personaliser.vault.isCode(code, of: row))
        for flipped in DamagedOctets.bitFlips(of: code) {
            #expect(try !personaliser.vault.isCode(flipped, of: row))
        }
        for flipped in DamagedOctets.bitFlips(of: row) {
            #expect(try !personaliser.vault.isCode(code, of: flipped))
        }
        for cut in DamagedOctets.truncations(of: code) { #expect(try !personaliser.vault.isCode(cut, of: row)) }
        let other = try personaliser.sealedVault()
        try other.unseal(try Vault.newKeys(under: 1, of: personaliser.keks), with: personaliser.keks)
        #expect(try !other.isCode(code, of: row))
    }

    @Test("checks a row's code in microseconds")
    func speed() throws {
        let row = [UInt8](repeating: 7, count: 1_500)
        let code = try personaliser.vault.code(of: row)
        let start = ContinuousClock.now
        for _ in 0..<1_000 { _ = try personaliser.vault.isCode(code, of: row) }
        let each = start.duration(to: .now) / 1_000
        print("a row's code is checked in \(each / .microseconds(1)) µs")
        #expect(each < .milliseconds(1))
    }

    @Test("is not unsealed with a key missing, changed, doubled, or of another KEK, and stays as it was")
    func damagedKeys() throws {
        let keys = personaliser.vaultKeys
        var (changed, short, far) = (keys, keys, keys)
        changed[7].octets[3] ^= 1
        short[7].octets.removeLast(8)
        far[7].kekVersion = 9
        let rows = keys.filter { $0.purpose == .rows }
        let swapped =
            keys.dropLast() + [
                WrappedKey(purpose: .shard, number: 300, kekVersion: 1, octets: keys[0].octets)
            ]
        for damaged in [
            [], Array(keys.dropFirst()), Array(keys.dropLast()), changed, short, far, Array(swapped), rows,
            keys + [keys[0]], keys + rows,
        ] {
            let vault = try personaliser.sealedVault()
            #expect(throws: VaultError.self) { try vault.unseal(damaged, with: personaliser.keks) }
            #expect(vault.isSealed)
        }
    }

    private func sealStatus(in vault: Vault) throws {
        _ = try vault.seal(
            .status(try transaction()),
            records: records,
            iccid: iccid,
            tar: tar,
            counters: SpentCounters(packet: 1, frame: 1)
        )
    }

    @Test("does not start with an import key that is not the certificate's")
    func keyFiles() async throws {
        let pki = personaliser.pki
        let (key, certificate) = (try pki.octets("home.key"), try pki.octets("home.pem"))
        try await pki.openssl.run(["ec", "-in", "home.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key"])
        let refused: [([UInt8], [UInt8], String)] = [
            (try pki.octets("other.key"), certificate, "does not belong"),
            (key, key, "no PEM certificate"),
            (certificate, certificate, "no PEM private key"),
            ([], certificate, "no PEM private key"),
            // Refused at once: nobody is asked for a passphrase.
            (try pki.octets("locked.key"), certificate, "no PEM private key"),
        ]
        for (key, certificate, reason) in refused {
            let error = #expect(throws: VaultError.self) {
                try Vault(importKey: key, importCertificate: certificate)
            }
            #expect(error?.description.contains(reason) == true, "\(reason): \(String(describing: error))")
        }
    }

    @Test("shows no key, however it is printed")
    func descriptions() throws {
        var printed = ""
        dump(personaliser.vault, to: &printed)
        dump(records, to: &printed)
        dump(TestedErrors.all, to: &printed)
        print(personaliser.vault, records, String(reflecting: personaliser.vault), to: &printed)
        for secret in [card.kic, card.kid, card.root, Personaliser.topKey] {
            #expect(!printed.contains(Hexadecimal.text(secret)))
            #expect(!printed.contains(secret.map { "- \($0)" }.joined(separator: "\n")))
            #expect(!printed.contains(secret.map { "\($0)" }.joined(separator: ", ")))
        }
        #expect(!printed.contains("42424242") && !printed.contains("66, 66, 66"))
    }
}

private enum TestedErrors {
    static let all: [VaultError] = [.damagedRecord, .notAuthentic, .keyFile("x"), .envelope("y"), .unusable("z")]
}
