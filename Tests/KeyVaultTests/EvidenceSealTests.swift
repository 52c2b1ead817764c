import KeyVault
import MSSTestSupport
import Testing

@Suite("Evidence at rest")
struct EvidenceSealTests {
    private let vault: Vault
    private let evidence = Array("Pay 10 € to Ñandú?".utf8)

    init() async throws {
        vault = try await Personaliser(rsa: false).vault
    }

    @Test("opens as what was sealed, and nothing of it can be read")
    func opens() throws {
        let sealed = try vault.seal(evidence: evidence, of: "h1abc", until: 1_000)
        #expect(try vault.open(evidence: sealed, of: "h1abc", until: 1_000) == evidence)
        #expect(sealed.count == evidence.count + 33)
        #expect(sealed.firstRange(of: evidence.prefix(4)) == nil)
        #expect(try vault.seal(evidence: evidence, of: "h1abc", until: 1_000) != sealed)
    }

    @Test("opens under no other transaction or date, and with no bit changed")
    func bound() throws {
        let sealed = try vault.seal(evidence: evidence, of: "h1abc", until: 1_000)
        for (transaction, until) in [("h1abd", 1_000), ("", 1_000), ("h1abc", 1_001), ("h1abc", -1)]
            as [(String, Int64)]
        {
            #expect(throws: VaultError.damagedEvidence) {
                try vault.open(evidence: sealed, of: transaction, until: until)
            }
        }
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: VaultError.damagedEvidence) {
                try vault.open(evidence: changed, of: "h1abc", until: 1_000)
            }
        }
        for count in 0..<sealed.count {
            #expect(throws: VaultError.damagedEvidence) {
                try vault.open(evidence: Array(sealed[..<count]), of: "h1abc", until: 1_000)
            }
        }
    }

    @Test("is neither sealed nor opened while the vault is sealed")
    func sealedVault() throws {
        let sealed = try vault.seal(evidence: evidence, of: "h1abc", until: 1_000)
        vault.reseal()
        #expect(throws: VaultError.sealed) { try vault.seal(evidence: evidence, of: "h1abc", until: 1_000) }
        #expect(throws: VaultError.sealed) { try vault.open(evidence: sealed, of: "h1abc", until: 1_000) }
    }

    @Test("costs some microseconds: a figure for a person who looks")
    func cost() throws {
        let octets = [UInt8](repeating: 7, count: 1_500)
        let rounds = 2_000
        let start = ContinuousClock.now
        for _ in 0..<rounds {
            _ = try vault.seal(evidence: octets, of: "h1" + String(repeating: "a", count: 26), until: 9)
        }
        print("evidence: 1,500 octets sealed in \(start.duration(to: .now) / rounds)")
    }
}
