import KeyVault
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("The import of a card")
struct ImportTests {
    private let card = PlainCard()

    @Test("takes an envelope that openssl made, for an RSA key by PKCS#1 and OAEP, and for an EC key")
    func openssl() async throws {
        let rsa = try await Personaliser()
        let elliptic = try await Personaliser(rsa: false)
        let oaep = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
        let envelopes = [
            (rsa, try await rsa.envelope(card.file)),
            (rsa, try await rsa.envelope(card.file, options: oaep)),
            (rsa, try await rsa.envelope(card.file, cipher: "-aes-128-gcm")),
            (elliptic, try await elliptic.envelope(card.file)),
        ]
        for (personaliser, envelope) in envelopes {
            let (records, tar) = try personaliser.vault.importCard(envelope, iccid: try card.parsedICCID())
            #expect(tar.octets == [0x57, 0x50, 0x4B])
            #expect(records.map(\.domain) == [.ssd, .wpki])
            #expect(records.allSatisfy { $0.iccid == card.iccid && $0.keyVersion == 1 && $0.topKeyVersion == 1 })
        }
    }

    @Test("tells keys apart by the check values that others computed")
    func checkValues() async throws {
        let personaliser = try await Personaliser(rsa: false)
        let records = try personaliser.vault.importCard(
            try await personaliser.envelope(card.file),
            iccid: try card.parsedICCID()
        ).records
        // AES of 01…01 under A0…A0 as the worked messages of the WPKI profile have it, and as openssl has it.
        #expect(records[0].keyCheckValue == [0x53, 0x82, 0x74])
        let block = try await personaliser.pki.openssl.run(
            ["enc", "-aes-128-ecb", "-nopad", "-K", Hexadecimal.text(card.root)],
            input: [UInt8](repeating: 1, count: 16)
        ).standardOutput
        #expect(records[1].keyCheckValue == Array(block.prefix(3)))
    }

    @Test("seals the same keys differently each time and shows none of them")
    func sealed() async throws {
        let personaliser = try await Personaliser(rsa: false)
        let envelope = try await personaliser.envelope(card.file)
        let first = try personaliser.vault.importCard(envelope, iccid: try card.parsedICCID()).records
        let second = try personaliser.vault.importCard(envelope, iccid: try card.parsedICCID()).records
        #expect(zip(first, second).allSatisfy { $0.sealed != $1.sealed })
        for key in [card.kic, card.kid, card.root] {
            #expect(first.allSatisfy { !Hexadecimal.text($0.sealed).contains(Hexadecimal.text(key)) })
        }
        // 12 of nonce, two keys or one, 16 of tag.
        #expect(first.map(\.sealed.count) == [12 + 32 + 16, 12 + 16 + 16])
    }

    @Test("refuses an envelope for another recipient, for another card, or of something else")
    func refused() async throws {
        let personaliser = try await Personaliser(rsa: false)
        let iccid = try card.parsedICCID()
        let other = try #require(ICCID("89358001234567890121"))
        let envelope = try await personaliser.envelope(card.file)
        let refused: [([UInt8], ICCID, String)] = [
            (try await personaliser.envelope(card.file, for: "other"), iccid, "not for this home"),
            (envelope, other, "another ICCID"),
            ([], iccid, "no CMS message"),
            (Array("keys".utf8), iccid, "no CMS message"),
            ([UInt8](repeating: 0x30, count: 20_000), iccid, "16 KiB"),
            (try await personaliser.envelope(""), iccid, "empty"),
            (try await personaliser.envelope(String(repeating: " ", count: 9_000)), iccid, "8 KiB"),
        ]
        for (octets, iccid, reason) in refused {
            let error = #expect(throws: VaultError.self) { try personaliser.vault.importCard(octets, iccid: iccid) }
            #expect(error?.description.contains(reason) == true, "\(reason): \(String(describing: error))")
        }
    }

    @Test("refuses what is not authenticated: whoever passes it on could change it")
    func unauthenticated() async throws {
        let personaliser = try await Personaliser()
        for cipher in ["-aes-256-cbc", "-aes-128-cbc", "-des3"] {
            let envelope = try await personaliser.envelope(card.file, cipher: cipher)
            let error = #expect(throws: VaultError.self) {
                try personaliser.vault.importCard(envelope, iccid: try card.parsedICCID())
            }
            #expect(error?.description.contains("AuthEnvelopedData") == true)
        }
    }

    @Test("refuses a tag that was cut short, as a short one can be guessed")
    func shortTag() async throws {
        let personaliser = try await Personaliser(rsa: false)
        let envelope = try await personaliser.envelope(card.file)
        // The tag's OCTET STRING stands last; cut to one octet, all lengths around it mended.
        let shortened = try #require(Envelope.withTag(of: 1, envelope))
        let error = #expect(throws: VaultError.self) {
            try personaliser.vault.importCard(shortened, iccid: try card.parsedICCID())
        }
        #expect(error?.description.contains("tag of 16 octets") == true)
        #expect(Envelope.withTag(of: 16, envelope) == envelope)
    }

    @Test("refuses an envelope with any octet changed, or cut anywhere")
    func tampered() async throws {
        let personaliser = try await Personaliser(rsa: false)
        let envelope = try await personaliser.envelope(card.file)
        let iccid = try card.parsedICCID()
        var accepted = 0
        for index in envelope.indices {
            var changed = envelope
            changed[index] ^= 0x01
            if (try? personaliser.vault.importCard(changed, iccid: iccid)) != nil { accepted += 1 }
        }
        // What surrounds the keys is not all covered (a version number, a name of an algorithm); the keys are.
        #expect(accepted < 40)
        let content = envelope.indices.suffix(card.file.utf8.count + 18)
        for index in content {
            var changed = envelope
            changed[index] ^= 0x80
            #expect(throws: VaultError.self) { try personaliser.vault.importCard(changed, iccid: iccid) }
        }
        for cut in DamagedOctets.truncations(of: envelope) {
            #expect(throws: VaultError.self) { try personaliser.vault.importCard(cut, iccid: iccid) }
        }
    }

    @Test("reads or refuses, whatever the octets")
    func fuzz() async throws {
        let personaliser = try await Personaliser(rsa: false)
        let envelope = try await personaliser.envelope(card.file)
        let iccid = try card.parsedICCID()
        let expected = try personaliser.vault.importCard(envelope, iccid: iccid).records.map(\.keyCheckValue)
        var damage = DamagedOctets(seed: 5652)
        for round in 0..<2_000 {
            let octets = round.isMultiple(of: 8) ? damage.octets(upTo: 300) : damage.like(envelope)
            guard let records = try? personaliser.vault.importCard(octets, iccid: iccid).records else { continue }
            #expect(records.map(\.keyCheckValue) == expected)
        }
    }
}

/// Surgery on an AuthEnvelopedData whose tag of 16 octets stands last.
private enum Envelope {
    static func withTag(of length: Int, _ envelope: [UInt8]) -> [UInt8]? {
        // ContentInfo 30 82 .. .., [0] A0 82 .. .., AuthEnvelopedData 30 82 .. ..; tag 04 10.
        guard let explicit = envelope[4...].firstIndex(of: 0xA0), envelope[envelope.count - 18] == 0x04 else {
            return nil
        }
        var octets = Array(envelope.dropLast(18)) + [0x04, UInt8(length)] + envelope.suffix(16).prefix(length)
        for place in [0, explicit, explicit + 4] {
            guard octets[place + 1] == 0x82 else { return nil }
            let known = Int(octets[place + 2]) << 8 | Int(octets[place + 3])
            let mended = known - (16 - length)
            octets[place + 2] = UInt8(mended >> 8)
            octets[place + 3] = UInt8(mended & 0xFF)
        }
        return octets
    }
}
