import Foundation
import HomeStore
import KeyVault
import MSSCore
import MSSRuntime
import MSSTestSupport
import Testing

@testable import HomeMSSPService

@Suite("The platform's identity at the console", .serialized)
struct IdentityCommandTests {
    @Test("is made, certified and replaced; the one before is kept without its key")
    func rotation() async throws {
        let fixture = try await IdentityFixture()
        #expect(
            try await fixture.type("identity-show").answer == "no identity signs: identity make, request and install"
        )
        #expect(try await fixture.refusal("identity-request") == "the platform has no identity: identity make")
        #expect(try await fixture.refusal("checkpoint-make").hasPrefix("no identity signs"))
        #expect(try await fixture.type("identity-make").answer.hasPrefix("identity 1 is made"))
        #expect(try await fixture.refusal("identity-make").hasPrefix("identity 1 waits for its certificate"))
        let first = try await fixture.type("identity-install", file: try await fixture.certificate()).answer
        #expect(first.hasPrefix("identity 1 is active, certificate valid until 20"))
        try await fixture.identity()
        let (answer, said) = try await fixture.type("identity-show")
        #expect(answer == "identity 2 signs")
        #expect(
            said.count == 2 && said[0].hasPrefix("identity 1 is retired, certificate")
                && said[1].hasPrefix("identity 2 is active")
        )
        #expect(
            try await fixture.text("SELECT state || octet_length(sealed) FROM identities ORDER BY number") == [
                "retired0", "active65",
            ]
        )
        // The same key, another certificate.
        let renewed = try await fixture.type("identity-install", file: try await fixture.certificate()).answer
        #expect(renewed.hasPrefix("identity 2 is active") && renewed != said[1])
        let fingerprint = try await fixture.pki.openssl.run([
            "x509", "-in", "identity.pem", "-noout", "-fingerprint", "-sha256",
        ])
        let digits = fingerprint.text.split(separator: "=").last?.replacing(":", with: "").lowercased() ?? ""
        #expect(renewed.hasSuffix(digits.trimmingCharacters(in: .newlines)))
        let audit = try await fixture.text(
            """
            SELECT subject || ': ' || string_agg(act, ', ' ORDER BY id) FROM audit_log
            WHERE act LIKE 'identity%' AND peer = 'uid 1000 pid 7' GROUP BY subject ORDER BY subject
            """
        )
        #expect(
            audit == [
                "identity 1: identity made, identity active, identity retired",
                "identity 2: identity made, identity active, identity active",
            ]
        )
        #expect(fixture.alarms.heard.isEmpty)
    }

    @Test("exchanged by SQL signs nothing: another key, another state, another number, another certificate")
    func exchanged() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        try await fixture.identity()
        let other = try await IdentityFixture()
        try await other.identity()
        let foreign = try await other.text(
            "SELECT format('%L, %L, %L, %L', public_key, certificates, sealed, code) FROM identities"
        )
        let attacks = [
            "UPDATE identities SET (public_key, certificates, sealed, code) = (\(foreign[0])) WHERE number = 2",
            """
            DELETE FROM identities WHERE number = 2;
            INSERT INTO identities (number, state, public_key, certificates, sealed, code) VALUES (2, 'active', \(foreign[0]))
            """,
            "UPDATE identities SET number = 3 - number WHERE number = 2 AND false; UPDATE identities SET number = 3 WHERE number = 2",
            "UPDATE identities i SET (public_key, code) = (SELECT public_key, code FROM identities WHERE number = 1) WHERE number = 2",
            "UPDATE identities SET certificates = substr(certificates, 2) WHERE number = 2",
            "UPDATE identities SET state = 'pending' WHERE number = 2",
            "UPDATE identities SET code = set_byte(code, 32, get_byte(code, 32) # 1) WHERE number = 1",
        ]
        try await fixture.run("CREATE TABLE kept AS SELECT * FROM identities")
        for (index, attack) in attacks.enumerated() {
            try await fixture.run(attack)
            for command in ["identity-show", "identity-make", "identity-request", "checkpoint-make"] {
                let refusal = try await fixture.refusal(command)
                #expect(
                    refusal == "a row of identities is not as the home wrote it: restore it from a backup",
                    "\(attack)"
                )
            }
            #expect(fixture.alarms.heard.count == 4 * (index + 1))
            try await fixture.run("DELETE FROM identities; INSERT INTO identities SELECT * FROM kept")
        }
        #expect(Set(fixture.alarms.heard) == ["row_not_authentic"])
        #expect(try await fixture.type("identity-show").answer == "identity 2 signs")
    }

    @Test("is not touched while the vault is sealed, or by two at the same time")
    func refusals() async throws {
        let fixture = try await IdentityFixture()
        let outcomes = await withTaskGroup { group in
            for _ in 0..<3 { group.addTask { (try? await fixture.type("identity-make").answer) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes == 1)
        let certificate = try await fixture.certificate()
        let installed = await withTaskGroup { group in
            for _ in 0..<3 {
                group.addTask { (try? await fixture.type("identity-install", file: certificate).answer) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(installed >= 1)
        #expect(try await fixture.text("SELECT state FROM identities") == ["active"])
        let large = [UInt8](repeating: 0x41, count: 70_000)
        #expect(try await fixture.refusal("identity-install", file: large).contains("too large"))
        fixture.home.vault.reseal()
        for command in [
            "identity-show", "identity-make", "identity-request", "identity-install", "checkpoint-make",
            "checkpoint-verify",
        ] {
            #expect(try await fixture.refusal(command) == "the vault is sealed: unseal it first", "\(command)")
        }
    }

    @Test("stands in no dump of the database: no 32 octets of it are its private key")
    func dump() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        try await fixture.type("checkpoint-make")
        let dump = try await Command.run("pg_dump", ["--dbname", fixture.custody.database.owner])
        try #require(dump.status == 0, "\(dump.errorText)")
        let keys = try await fixture.text("SELECT encode(public_key, 'hex') FROM identities")
        let publicKey = try #require(keys.first.flatMap { Hexadecimal.octets($0) })
        let sealed = try await fixture.text("SELECT encode(sealed, 'hex') FROM identities")
        #expect(sealed.allSatisfy { dump.text.contains($0) }, "the dump has the identity, sealed")
        let columns = dump.text.split { $0.isWhitespace }.filter { $0.hasPrefix("\\\\x") }
            .compactMap { Hexadecimal.octets($0.dropFirst(3)) }
        #expect(columns.count > 257)
        for column in columns { #expect(!PrivateKeySearch.finds(publicKey, in: column)) }
    }

    @Test("is asked for in words that make sense, or by none")
    func commandLine() throws {
        func words(_ command: String, _ arguments: String..., options: [String: String] = [:]) throws -> [String] {
            try IdentityCall(
                Invocation(configuration: "x", command: command, arguments: arguments, options: options)
            ).words
        }
        #expect(try words("identity", "show") == ["identity-show"])
        #expect(try words("checkpoint") == ["checkpoint-make"])
        #expect(try words("checkpoint", "verify") == ["checkpoint-verify"])
        #expect(try words("checkpoint", "show", "7") == ["checkpoint-show", "7"])
        for wrong in [[], ["x"], ["show", "1"], ["install"], ["install", "/nowhere"], ["make", "make"]] {
            #expect(throws: StartError.self) {
                try IdentityCall(Invocation(configuration: "x", command: "identity", arguments: wrong))
            }
        }
        for wrong in [["x"], ["show"], ["show", "0"], ["show", "x"], ["verify", "1"], ["show", "1", "2"]] {
            #expect(throws: StartError.self) {
                try IdentityCall(Invocation(configuration: "x", command: "checkpoint", arguments: wrong))
            }
        }
        #expect(throws: StartError.self) { try words("checkpoint", options: ["to": "x"]) }
    }
}
