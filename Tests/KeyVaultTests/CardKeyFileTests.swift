import MSSTestSupport
import OTA
import Testing

@testable import KeyVault

@Suite("A card key file")
struct CardKeyFileTests {
    private let card = PlainCard()

    @Test("is read with its members in any order and keys of 32 octets")
    func read() throws {
        let iccid = try card.parsedICCID()
        let file = try CardKeyFile.decode(Array(card.file.utf8), for: iccid)
        #expect(try file.key(file.wpki.root, "wpki.root") == card.root)
        #expect(try file.key(String(repeating: "Ab", count: 32), "x").count == 32)
        #expect(try file.tarOctets().octets == [0x57, 0x50, 0x4B])
    }

    @Test("is refused with a member missing, misspelt, doubled in meaning, of another type or out of range")
    func refused() throws {
        let changes = [
            ("\"kic\"", "\"KIC\""), ("\"root\"", "\"key\""), ("\"keyVersion\":1,\"kic\"", "\"kic\""),
            ("{\"iccid\"", "{\"note\":1,\"iccid\""), ("\"tar\"", "\"kik\":\"00\",\"tar\""),
            ("\"root\"", "\"x\":{},\"root\""),
            ("\"keyVersion\":1,\"kic\"", "\"keyVersion\":0,\"kic\""),
            ("\"keyVersion\":1,\"kic\"", "\"keyVersion\":16,\"kic\""),
            ("\"keyVersion\":1,\"root\"", "\"keyVersion\":255,\"root\""),
            ("\"keyVersion\":1,\"root\"", "\"keyVersion\":256,\"root\""),
            ("\"keyVersion\":1,\"root\"", "\"keyVersion\":-1,\"root\""),
            ("\"keyVersion\":1,\"root\"", "\"keyVersion\":1.5,\"root\""),
            ("\"keyVersion\":1,\"root\"", "\"keyVersion\":\"1\",\"root\""),
            ("\"89358001234567890120\"", "89358001234567890120"), ("}}", "}"), ("}}", "}}}"),
        ]
        let iccid = try card.parsedICCID()
        for (old, new) in changes {
            let text = card.file.replacing(old, with: new)
            #expect(text != card.file)
            #expect(throws: VaultError.self, "\(new)") { try CardKeyFile.decode(Array(text.utf8), for: iccid) }
        }
    }

    @Test("with a key of another length or no hexadecimal digits is refused, and the reason does not show it")
    func keys() throws {
        let file = try CardKeyFile.decode(Array(card.file.utf8), for: try card.parsedICCID())
        for text in [
            "", "00", "c0ffee", String(repeating: "c0ffee", count: 8), String(repeating: "zz", count: 16), "é",
        ] {
            let error = #expect(throws: VaultError.self) { try file.key(text, "wpki.root") }
            #expect(error?.description.contains("wpki.root") == true)
            #expect(text.isEmpty || error?.description.contains(text) == false)
        }
        for tar in ["", "5750", "57504b00", "tar"] {
            var changed = file
            changed.ssd.tar = tar
            #expect(throws: VaultError.self) { try changed.tarOctets() }
        }
    }

    @Test("is read or refused, whatever the octets")
    func fuzz() throws {
        let iccid = try card.parsedICCID()
        let sample = Array(card.file.utf8)
        for cut in DamagedOctets.truncations(of: sample) {
            #expect(throws: VaultError.self) { try CardKeyFile.decode(cut, for: iccid) }
        }
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 8_000)
        #expect(throws: VaultError.self) { try CardKeyFile.decode(deep, for: iccid) }
        #expect(throws: VaultError.self) { try CardKeyFile.decode([UInt8](repeating: 0x20, count: 8_193), for: iccid) }
        var damage = DamagedOctets(seed: 8259)
        for _ in 0..<10_000 {
            guard let file = try? CardKeyFile.decode(damage.like(sample), for: iccid) else { continue }
            #expect((1...15).contains(file.ssd.keyVersion) && (1...254).contains(file.wpki.keyVersion))
        }
    }
}
