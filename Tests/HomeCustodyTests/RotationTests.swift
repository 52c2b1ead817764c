import Foundation
import HomeStore
import KeyVault
import MSSRuntime
import MSSTestSupport
import PostgreSQL
import Testing

@testable import HomeMSSPService

@Suite("A KEK is replaced while homes serve", .serialized)
struct RotationTests {
    @Test("and what runs goes on, what starts takes the new one, and the old one can go", arguments: KEKKeeper.allCases)
    func rotates(_ keeper: KEKKeeper) async throws {
        let fixture = try await CustodyFixture(keeper)
        let (home, other) = (try await fixture.home(), try await fixture.home())
        let code = try home.vault.code(of: [1, 2, 3])
        let early = await #expect(throws: ConsoleRefusal.self) { try await home.type(["destroy-kek", "1"]) }
        #expect(early?.description.contains("rotate first") == true)
        let answer = try await home.type(["rotate-kek"]).answer
        #expect(answer == "257 keys are wrapped under KEK 2; KEK 1 is there until destroy-kek 1")
        #expect(try await fixture.rows() == ["1: 257", "2: 257"])
        #expect(try other.vault.isCode(code, of: [1, 2, 3]))
        // The one that knows nothing of it rotates on, from what is stored.
        #expect(try await other.type(["rotate-kek"]).answer.hasPrefix("257 keys are wrapped under KEK 3"))
        for version in ["1", "2"] {
            let done = try await home.type(["destroy-kek", version]).answer
            #expect(done.hasPrefix("KEK \(version) is destroyed"))
            #expect(try await home.type(["destroy-kek", version]).answer == "KEK \(version) is not there")
        }
        for version in ["3", "4", "0", "-1", "x"] {
            await #expect(throws: ConsoleRefusal.self, "\(version)") { try await home.type(["destroy-kek", version]) }
        }
        let started = try await fixture.home()
        #expect(try started.vault.isCode(code, of: [1, 2, 3]))
        let audit = try await fixture.audit().filter { !$0.hasPrefix("unseal") }
        let who = "uid 1000 pid 7"
        #expect(
            audit == [
                "vault keys made result - ok", "KEK rotation intent \(who) KEK 1 to KEK 2",
                "vault keys rewrapped result \(who) ok", "KEK rotation intent \(who) KEK 2 to KEK 3",
                "vault keys rewrapped result \(who) ok", "KEK destruction intent \(who) KEK 1",
                "KEK destruction result \(who) KEK 1", "KEK destruction intent \(who) KEK 2",
                "KEK destruction result \(who) KEK 2",
            ]
        )
    }

    @Test("also after one that was killed when it had made its KEK and kept nothing", arguments: KEKKeeper.allCases)
    func brokenOff(_ keeper: KEKKeeper) async throws {
        let fixture = try await CustodyFixture(keeper)
        let home = try await fixture.home()
        let code = try home.vault.code(of: [1, 2, 3])
        // As far as it comes while the database takes nothing.
        try await fixture.run("REVOKE INSERT ON vault_keys FROM mssp_home")
        let error = await #expect(throws: ConsoleRefusal.self) { try await home.type(["rotate-kek"]) }
        #expect(error?.description.hasPrefix("database: ") == true, "\(error as Any)")
        try await fixture.run("GRANT INSERT ON vault_keys TO mssp_home")
        #expect(try await fixture.rows() == ["1: 257"])
        let restarted = try await fixture.home()
        #expect(try restarted.vault.isCode(code, of: [1, 2, 3]))
        let (answer, said) = try await restarted.type(["rotate-kek"])
        #expect(answer.hasPrefix("257 keys are wrapped under KEK 2"))
        #expect(said == ["KEK 2 is there already, from a rotation that was broken off"])
        #expect(try await fixture.home().vault.isCode(code, of: [1, 2, 3]))
    }

    @Test("once, when two homes do it at the same time")
    func together() async throws {
        let fixture = try await CustodyFixture(.file)
        let homes = [try await fixture.home(), try await fixture.home(), try await fixture.home()]
        let outcomes = await withTaskGroup { group in
            for home in homes { group.addTask { (try? await home.type(["rotate-kek"]).answer) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes >= 1)
        let rows = try await fixture.rows()
        #expect(rows == (1...outcomes + 1).map { "\($0): 257" })
        _ = try await fixture.home()
    }

    @Test("with the custodians, where they lock the file: the next one is locked, too")
    func locked() async throws {
        let fixture = try await CustodyFixture(.file)
        let scribe = Scribe()
        _ = try await fixture.home().run(["custodians", "3", "2"], scribe)
        let shares = await scribe.shares
        let home = try await fixture.home("sealed")
        try await home.type(["unseal"], Array(shares[1...]))
        await #expect(throws: ConsoleRefusal.self) { try await home.type(["rotate-kek"]) }
        try await home.type(["rotate-kek"], Array(shares[..<2]))
        #expect(try Data(contentsOf: URL(filePath: fixture.folder.path("kek.2"))).count == 40)
        let both = await #expect(throws: ConsoleRefusal.self) {
            try await home.type(["custodians", "3", "2"], Array(shares[..<2]))
        }
        #expect(both?.description == "there are KEK 1 and 2: destroy-kek first")
        try await home.type(["destroy-kek", "1"], Array(shares[..<2]))
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.path("kek")))
        let started = try await fixture.home("sealed")
        try await started.type(["unseal"], Array(shares[..<2]))
        #expect(!started.vault.isSealed)
    }

    @Test("not by rows of a KEK that does not follow, and not twice")
    func rows() async throws {
        let fixture = try await CustodyFixture(.file)
        let home = try await fixture.home()
        let table = home.unsealing.table
        let rows = try await table.rows(until: .now + .seconds(5))
        for version in [Int32(1), 3, 9] {
            var other = rows
            for index in other.indices { other[index].kekVersion = version }
            #expect(try await table.rotate(other, by: "uid 0", until: .now + .seconds(5)) == false)
        }
        #expect(try await fixture.rows() == ["1: 257"])
    }
}
