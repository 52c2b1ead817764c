import Foundation
import MSSTestSupport
import Testing

@Suite("Nothing of a person and no key", .serialized)
struct SecrecyTests {
    @Test("stands in any log after signatures, faults and registrations")
    func logs() async throws {
        let platform = try await Platform.running
        let text = "Only the user reads \(UInt64.random(in: 0...UInt64.max))"
        let signed = try await signUntilFree(platform, text, platform.extraNumber(2))
        try #require(signed.status == "500")
        _ = try await Provider(platform).sign(text, by: platform.variable("MSISDN_UNKNOWN"))
        _ = try await Provider(platform, certificate: "ra-demo").register("GetMobileUser", platform.extraNumber(2))
        let secrets = try Self.secrets(of: platform) + [text, "not-looked-at"]
        let folder = platform.file("logs")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let log = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
            for secret in secrets where log.contains(secret) {
                Issue.record("\(name) holds \(secret.prefix(4))…")
            }
        }
        let home = try String(contentsOfFile: folder + "/home.log", encoding: .utf8)
        #expect(home.contains("transaction ended"), "an empty log proves nothing")
        #expect(!home.contains("‹unclassified›"), "a value was logged without its class")
    }

    @Test("of a card stands in ME's memory or log", .enabled(if: getuid() == 0))
    func memory() async throws {
        let platform = try await Platform.running
        let needles = try Self.cardKeys(of: platform).flatMap { [Data($0.utf8), try #require(Data(hexadecimal: $0))] }
        try #require(needles.count > 10)
        let memory = try Self.memory(of: platform.process("me"))
        #expect(memory.range(of: Data("urn:mssp:demo:me".utf8)) != nil, "the wrong memory proves nothing")
        for needle in needles { #expect(memory.range(of: needle) == nil) }
    }

    @Test("of a card stands in a dump of the database and the configuration; without the top key nothing opens them")
    func dump() async throws {
        let platform = try await Platform.running
        let desk = try await EvidenceDesk()
        let made = try await desk.shell("HomeMSSPService identity make --config home.toml")
        try #require(made.status == 0, "\(made.errorText)")
        let migrate = try String(contentsOfFile: platform.file("config/migrate.toml"), encoding: .utf8)
        let host = try #require(migrate.split(separator: "host=").last?.split(separator: " ").first)
        let dump = try await Command.run(
            "pg_dump",
            ["--host", String(host), "--username", "mssp_admin", "mssp"],
            environment: ["PGPASSFILE": platform.file("state/mssp_admin.pgpass")]
        )
        try #require(dump.status == 0, "\(dump.errorText)")
        var text = dump.text.lowercased()
        #expect(text.contains("copy public.card_keys") && text.contains("copy public.vault_keys"))
        let configuration = platform.file("config")
        for name in try FileManager.default.contentsOfDirectory(atPath: configuration) {
            text += try String(contentsOfFile: configuration + "/" + name, encoding: .utf8).lowercased()
        }
        let topKey = try Data(contentsOf: URL(filePath: platform.file("state/vault-top-key")))
        let keys = try Self.cardKeys(of: platform)
        try #require(keys.count > 10 && topKey.count == 32)
        for key in keys + [topKey.map { String(format: "%02x", $0) }.joined()] {
            #expect(!text.contains(key.lowercased()))
            let base64 = try #require(Data(hexadecimal: key)).base64EncodedString().lowercased()
            #expect(!text.contains(base64))
        }
        // The identity's private key is known to nobody: each 32 octets of every key, code and seal are tried for it.
        let identity = try await platform.rows("SELECT encode(public_key, 'hex') FROM identities")
        let publicKey = try #require(identity.first.flatMap { Data(hexadecimal: $0) })
        #expect(identity.allSatisfy { text.contains($0) })
        let columns = text.split { !$0.isHexDigit }.filter { $0.count >= 64 && $0.count.isMultiple(of: 2) }
            .compactMap { Data(hexadecimal: String($0)) }
        #expect(columns.count > 257)
        for column in columns where column.count <= 256 {
            #expect(!PrivateKeySearch.finds([UInt8](publicKey), in: [UInt8](column)))
        }
    }

    /// Numbers, card keys, passwords and codes of everyone in this platform.
    private static func secrets(of platform: Platform) throws -> [String] {
        let cards = try String(contentsOfFile: platform.file("cards/index.tsv"), encoding: .utf8)
        let people = cards.split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: "\t").map(String.init)
            return [String(fields[2].dropFirst()), fields[1], fields[4]]
        }
        let passwords = ["mssp_admin", "mssp_owner", "mssp_home"].compactMap { role in
            (try? String(contentsOfFile: platform.file("state/\(role).pgpass"), encoding: .utf8))?
                .trimmingCharacters(in: .newlines).split(separator: ":").last.map(String.init)
        }
        let others = try [
            platform.variable("AP_PWD"), platform.variable("RA_PWD"),
            String(contentsOfFile: platform.file("state/smsc-password"), encoding: .utf8),
        ]
        return try people + cardKeys(of: platform) + passwords + others
    }

    private static func cardKeys(of platform: Platform) throws -> [String] {
        let folder = platform.file("cards/keys")
        return try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { name -> [String] in
            let file = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
            // Each value of the file that is long enough to be a key.
            return file.split(separator: "\"").map(String.init).filter { text in
                text.count >= 32 && text.allSatisfy(\.isHexDigit)
            }
        }
    }

    private static func memory(of process: Int32) throws -> Data {
        let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        let handle = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/mem"))
        var memory = Data()
        for line in maps.split(separator: "\n") where line.contains("rw-p") {
            let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard range.count == 2, range[1] - range[0] < 1 << 28 else { continue }
            try? handle.seek(toOffset: range[0])
            if let part = try? handle.read(upToCount: Int(range[1] - range[0])) { memory += part }
        }
        return memory
    }
}

extension Data {
    init?(hexadecimal text: String) {
        let digits = Array(text)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let octet = UInt8(String(digits[index...index + 1]), radix: 16) else { return nil }
            octets.append(octet)
        }
        self.init(octets)
    }
}
