import Foundation
import KeyVault
import MSSRuntime
import MSSTestSupport
import Testing

@testable import HomeMSSPService

@Suite("A home that starts sealed", .serialized)
struct UnsealTests {
    @Test("is opened by the token's PIN; a wrong one is audited and makes the next one wait")
    func pin() async throws {
        let fixture = try await CustodyFixture(.token)
        let home = try await fixture.home("sealed")
        #expect(home.vault.isSealed)
        let wrong = await #expect(throws: ConsoleRefusal.self) { try await home.type(["unseal"], ["00000000"]) }
        #expect(wrong?.description.contains("does not let this user in") == true, "\(wrong as Any)")
        let early = await #expect(throws: ConsoleRefusal.self) {
            try await home.type(["unseal"], [SoftwareToken.pin])
        }
        #expect(early?.description == "wait 1 s; wrong secrets in a row: 1")
        #expect(home.vault.isSealed)
        try await Task.sleep(for: .milliseconds(1_050))
        #expect(try await home.type(["unseal"], [SoftwareToken.pin]).answer == "unsealed")
        #expect(!home.vault.isSealed)
        let audit = try await fixture.audit()
        #expect(audit.contains("unseal intent uid 1000 pid 7 by pin"), "\(audit)")
        #expect(audit.contains("unseal result uid 1000 pid 7 ok"), "\(audit)")
        #expect(
            audit.contains { $0.hasPrefix("unseal result uid 1000 pid 7 vault: the token does not let") },
            "\(audit)"
        )
        #expect(!audit.contains { $0.contains(SoftwareToken.pin) || $0.contains("00000000") })
        let again = await #expect(throws: ConsoleRefusal.self) { try await home.type(["unseal"], [SoftwareToken.pin]) }
        #expect(again?.description == "the vault is unsealed already")
    }

    @Test("is opened by K of N custodians, who had their shares from it", arguments: KEKKeeper.allCases)
    func shares(_ keeper: KEKKeeper) async throws {
        let fixture = try await CustodyFixture(keeper)
        let before = try await fixture.home()
        let code = try before.vault.code(of: [1, 2, 3])
        // Each mistypes once, and has what is shown before them still.
        let scribe = Scribe(mistypes: true)
        let answer = try await before.run(["custodians", "5", "3"], scribe)
        #expect(answer.contains("3 of 5 open the vault from now on"), "\(answer)")
        let shares = await scribe.shares
        #expect(shares.count == 5)
        if keeper == .file {
            let file = try Data(contentsOf: URL(filePath: fixture.folder.path("kek")))
            #expect(file.count == 40)
            let unattended = #expect(throws: StartError.self) { try fixture.access() }
            #expect(unattended?.description.contains("vault.start = \"sealed\"") == true)
        }
        let home = try await fixture.home("sealed")
        let chosen = [shares[4], shares[0], shares[2]]
        try await home.type(["unseal", "shares"], chosen)
        #expect(try home.vault.isCode(code, of: [1, 2, 3]))

        let mistyped = try await fixture.home("sealed")
        let said = try await mistyped.type(
            ["unseal", "shares"],
            [shares[1], "X" + shares[2].dropFirst()] + chosen[1...]
        ).said
        #expect(said.contains { $0.hasPrefix("the 2nd share: it is mistyped") }, "\(said)")
        #expect(!mistyped.vault.isSealed)
        let audit = try await fixture.audit()
        #expect(audit.contains { $0.hasPrefix("custodians result uid 1000 pid 7 set ") && $0.hasSuffix(": 3 of 5") })
        for share in shares { #expect(!audit.contains { $0.contains(share) || $0.contains(share.suffix(9)) }) }
    }

    @Test("stays sealed with too few shares, with one of an older set, and with the older set")
    func otherSets() async throws {
        let fixture = try await CustodyFixture(.file)
        let first = Scribe()
        _ = try await fixture.home().run(["custodians", "3", "2"], first)
        let old = await first.shares
        let home = try await fixture.home("sealed")
        try await home.type(["unseal"], Array(old[..<2]))
        // Whoever leaves has a share of a set that opens nothing any more: the old ones are asked for the new ones.
        let second = Scribe()
        let dialogue = Relay(first: Array(old[1...]), then: second)
        _ = try await home.run(["custodians", "4", "2"], dialogue)
        let new = await second.shares
        try #require(new.count == 4)
        let later = try await fixture.home("sealed")
        for (lines, reason) in [
            ([new[0]], "nothing was entered"),
            ([new[0], old[1], old[1], old[1]], "the 2nd share: share 2 is of another"),
            ([new[0], new[0], "x", "y"], "the 2nd share: "), (["", "x", "hello"], "the 1st share: it is"),
            ([old[0], old[1]], "the custodians' secret does not open it"),
        ] {
            let error = await #expect(throws: ConsoleRefusal.self) { try await later.type(["unseal"], lines) }
            #expect(error?.description.contains(reason) == true, "\(error as Any)")
            #expect(later.vault.isSealed)
        }
        try await Task.sleep(for: .milliseconds(1_050))
        try await later.type(["unseal"], [new[3], new[1]])
        #expect(!later.vault.isSealed)
    }

    @Test("whose custodian does not type the share leaves everything as it was")
    func notTyped() async throws {
        let fixture = try await CustodyFixture(.file)
        let home = try await fixture.home()
        let error = await #expect(throws: ConsoleRefusal.self) {
            try await home.type(["custodians", "3", "2"], ["no", "no", "no"])
        }
        #expect(error?.description == "share 1 was not typed as it was shown: nothing was changed")
        #expect(try Data(contentsOf: URL(filePath: fixture.folder.path("kek"))) == Data(repeating: 0x42, count: 32))
        for numbers in [["1", "1"], ["3", "4"], ["17", "2"], ["x", "2"], ["3", "1"]] {
            await #expect(throws: ConsoleRefusal.self) { try await home.run(["custodians"] + numbers, Scribe()) }
        }
        _ = try await fixture.home()
    }

    @Test("is told at start what contradicts it")
    func contradictions() async throws {
        let (file, token) = (try await CustodyFixture(.file), try await CustodyFixture(.token))
        for (word, attempt) in [
            ("run HomeMSSPService custodians", { () throws in try file.access("sealed") }),
            ("must be unattended or sealed", { () throws in try file.access("open") }),
            ("console.socket", { () throws in try token.access("sealed", hasConsole: false) }),
        ] as [(String, () throws -> KEKAccess)] {
            let error = #expect(throws: StartError.self) { try attempt() }
            #expect(error?.description.contains(word) == true, "\(error as Any)")
        }
        _ = try token.access("sealed")
    }

    @Test("lets wrong secrets come slower and slower, up to a minute")
    func attempts() {
        var attempts = Attempts()
        let start = ContinuousClock.now
        #expect(attempts.wait(at: start) == nil)
        var waits: [Duration] = []
        for _ in 0..<12 {
            attempts.failed(at: start)
            waits.append(attempts.wait(at: start) ?? .zero)
        }
        #expect(waits.prefix(7).map { $0 / .seconds(1) } == [1, 2, 4, 8, 16, 32, 60])
        #expect(waits.allSatisfy { $0 <= .seconds(60) })
        #expect(attempts.wait(at: start + .seconds(61)) == nil)
        attempts.succeeded()
        #expect(attempts.wait(at: start) == nil && attempts.failures == 0)
    }
}

/// Some lines first; what comes after them is another's.
private final class Relay: ConsoleDialogue {
    private let first: Typist
    private let then: Scribe
    private let count = Counter()
    private let lines: Int

    private actor Counter {
        var used = 0
        func next() -> Int {
            used += 1
            return used
        }
    }

    init(first lines: [String], then: Scribe) {
        first = Typist(secrets: lines)
        self.lines = lines.count
        self.then = then
    }

    func report(_ line: String) async throws(ConsoleRefusal) {}
    func page(_ line: String) async throws(ConsoleRefusal) { try await then.page(line) }

    func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] {
        if await count.next() <= lines { return try await first.secret(prompt) }
        return try await then.secret(prompt)
    }

    func octets() async throws(ConsoleRefusal) -> [UInt8]? { nil }
}
