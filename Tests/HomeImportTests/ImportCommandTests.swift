import Crypto
import Foundation
import HomeStore
import KeyVault
import MSSCore
import MSSRuntime
import MSSTestSupport
import Testing

@testable import HomeMSSPService

/// `import` as somebody at the console has it.
@Suite("The command import")
struct ImportCommandTests {
    private static let good = BatchSample.components.flatMap { [$0.digits, $0.checkValue] }

    private static func run(
        _ fixture: ImportFixture,
        _ file: [UInt8],
        secrets: [String] = good,
        words: [String]? = nil
    ) async throws(ConsoleRefusal) -> (answer: String, said: [String]) {
        let typist = Typist(secrets: secrets, file: file)
        let digest = Hexadecimal.text(Array(SHA256.hash(data: file)))
        let call = ConsoleCall(
            peer: ConsolePeer(uid: 1_000, pid: 7),
            words: words ?? ["all-or-none", "2026-11", digest, "2"],
            dialogue: typist
        )
        let answer = try await ImportCommand(work: fixture.work).command.work(call)
        return (answer, typist.said)
    }

    @Test("asks for the components, shows the key's check value, takes the file and says what it took")
    func takes() async throws {
        let fixture = try await ImportFixture()
        let file = BatchSample.file(try (1...3).map { try BatchSample($0).row() })
        let (answer, said) = try await Self.run(fixture, file)
        #expect(answer == "3 rows read, 3 cards taken, 0 refused")
        #expect(said.first == "check value of the transport key: ee72cb")
        #expect(try await fixture.audit().last == "result uid 1000 pid 7 kept 3, refused 0")
        for secret in Self.good { #expect(!said.contains { $0.contains(secret) }) }
        let error = await #expect(throws: ConsoleRefusal.self) { try await Self.run(fixture, file) }
        #expect(error?.description == "this file was taken before")
    }

    @Test("is refused for components that are not theirs, and nothing of them is told")
    func components() async throws {
        let fixture = try await ImportFixture()
        let file = BatchSample.file([try BatchSample(1).row()])
        var wrong = Self.good
        wrong[3] = "000000"
        for (secrets, reason) in [
            (wrong, "component 2: the component is not the one of this check value"),
            ([Self.good[0], Self.good[1], Self.good[0], Self.good[1]], "two components are the same"),
            (["xyz", "000000"], "component 1: a component has 32"),
        ] {
            let error = await #expect(throws: ConsoleRefusal.self) {
                try await Self.run(fixture, file, secrets: secrets)
            }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
        #expect(try await fixture.count("card_batches") == 0)
    }

    @Test("is refused for words that it has not, and while the vault is sealed")
    func words() async throws {
        let fixture = try await ImportFixture()
        let digest = String(repeating: "0", count: 64)
        for words in [
            ["some", "2026", digest, "2"], ["keep-good", "a/b", digest, "2"], ["keep-good", "2026", "00", "2"],
            ["keep-good", "2026", digest, "4"], ["keep-good", String(repeating: "a", count: 65), digest, "2"],
        ] {
            let error = await #expect(throws: ConsoleRefusal.self) { try await Self.run(fixture, [], words: words) }
            #expect(error?.description.hasPrefix("usage: import ") == true)
        }
        fixture.vault.reseal()
        let error = await #expect(throws: ConsoleRefusal.self) { try await Self.run(fixture, []) }
        #expect(error?.description == "the vault is sealed")
    }

    @Test("names bad rows, and says in all-or-none that no card was taken")
    func badRow() async throws {
        let fixture = try await ImportFixture()
        let file = BatchSample.file([try BatchSample(1).row(), "bad"])
        let error = await #expect(throws: ConsoleRefusal.self) { try await Self.run(fixture, file) }
        #expect(error?.description == "1 of 2 rows are refused: no card was taken")
        #expect(try await fixture.count("cards") == 0)
    }
}
