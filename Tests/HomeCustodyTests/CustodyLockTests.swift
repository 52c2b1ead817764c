import Foundation
import HomeStore
import KeyVault
import MSSRuntime
import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

@testable import HomeMSSPService

@Suite("Custody of one home among several", .serialized)
struct CustodyLockTests {
    private static let commands = [["rotate-kek"], ["destroy-kek", "1"], ["custodians", "3", "2"]]

    @Test("lets nobody change a KEK at another home until it is done, and somebody then")
    func exclusive() async throws {
        let fixture = try await CustodyFixture(.file)
        let (home, other) = (try await fixture.home(), try await fixture.home())
        let refusals = Mutex<[String]>([])
        let scribe = Interrupted {
            for words in Self.commands {
                let refusal = await #expect(throws: ConsoleRefusal.self) { try await other.run(words, Scribe()) }
                refusals.withLock { $0.append(refusal?.description ?? "") }
            }
        }
        let answer = try await home.run(["custodians", "3", "2"], scribe)
        #expect(answer.contains("2 of 3 open the vault from now on"))
        let refused = "another home is at the vault's keys: wait until they are done there"
        #expect(refusals.withLock { $0 } == Self.commands.map { _ in refused })
        #expect(try await fixture.rows() == ["1: 257"])
        // The other one started with a file that was open: it says so, and changes nothing.
        let late = await #expect(throws: ConsoleRefusal.self) { try await other.type(["rotate-kek"]) }
        #expect(late?.description.contains("its custodians must unlock it") == true, "\(late as Any)")
        let shares = await scribe.shares
        let started = try await fixture.home("sealed")
        try await started.type(["unseal"], Array(shares[..<2]))
        try await started.type(["rotate-kek"], Array(shares[..<2]))
        #expect(try await fixture.rows() == ["1: 257", "2: 257"])
    }

    @Test("changes nothing once its session is gone, for another home may have come in between")
    func lost() async throws {
        for rotates in [true, false] {
            let fixture = try await CustodyFixture(.file)
            let (home, other) = (try await fixture.home(), try await fixture.home())
            let scribe = Interrupted {
                #expect(await Self.endSession(of: fixture) == 1)
                if rotates { _ = try? await other.type(["rotate-kek"]) }
            }
            let refusal = await #expect(throws: ConsoleRefusal.self) {
                try await home.run(["custodians", "3", "2"], scribe)
            }
            let expected = rotates ? "the vault's keys have changed" : "the database's lock on the vault's keys was"
            #expect(refusal?.description.hasPrefix(expected) == true, "\(refusal as Any)")
            #expect(try Data(contentsOf: URL(filePath: fixture.folder.path("kek"))).count == 32)
            #expect(try await fixture.rows() == (rotates ? ["1: 257", "2: 257"] : ["1: 257"]))
            // Nothing is left of it that stands in the way.
            #expect(try await other.type(["rotate-kek"]).answer.hasPrefix("257 keys are wrapped"))
        }
    }

    /// Ends the session that holds the lock; how many there were.
    private static func endSession(of fixture: CustodyFixture) async -> Int? {
        let sql = """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        return try? await Connection(fixture.database.service).execute(sql).count
    }

    /// A scribe who is interrupted once, at the first share.
    private final class Interrupted: ConsoleDialogue {
        private let scribe = Scribe()
        private let isDone = Mutex(false)
        private let interruption: @Sendable () async -> Void

        init(_ interruption: @escaping @Sendable () async -> Void) {
            self.interruption = interruption
        }

        var shares: [String] { get async { await scribe.shares } }

        func report(_ line: String) async throws(ConsoleRefusal) {}

        func page(_ line: String) async throws(ConsoleRefusal) {
            let isFirst = isDone.withLock { isDone in
                defer { isDone = true }
                return !isDone
            }
            if isFirst { await interruption() }
            try await scribe.page(line)
        }

        func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] { try await scribe.secret(prompt) }

        func octets() async throws(ConsoleRefusal) -> [UInt8]? { nil }
    }
}
