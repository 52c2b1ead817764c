import Foundation
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime
import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

@testable import HomeMSSPService

/// A home with a database of its own and a CA, and the commands of its console that are about identity and audit.
struct IdentityFixture {
    let custody: CustodyFixture
    let home: CustodyFixture.Home
    let pki: ThrowawayPKI
    let owner: Connection
    let alarms = Alarms()
    let checkpoints: AuditCheckpoints

    init(patience: Duration = .seconds(10)) async throws {
        custody = try await CustodyFixture(.file)
        home = try await custody.home()
        pki = try ThrowawayPKI()
        try await pki.root("ca")
        owner = try await Connection(custody.database.owner)
        let pool = Pool(custody.database.service, size: 3)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        checkpoints = AuditCheckpoints(
            identity: PlatformIdentity(
                vault: home.vault,
                table: IdentityTable(pool: pool),
                name: "urn:mssp:test:home",
                tally: alarms,
                logger: logger
            ),
            table: CheckpointTable(pool: pool),
            tally: alarms,
            logger: logger,
            patience: patience
        )
    }

    /// What was counted as an alarm.
    final class Alarms: Tally {
        private let kept = Mutex<[String]>([])
        var heard: [String] { kept.withLock { $0 } }

        func count(_ name: String, _ labels: [(String, String)]) {
            guard name == "home_alarms" else { return }
            kept.withLock { $0 += labels.map(\.1) }
        }

        func measure(_ name: String, _ duration: Duration, _ labels: [(String, String)]) {}
    }

    /// Runs a command of the console, sending a file along.
    @discardableResult
    func type(_ words: String..., file: [UInt8] = []) async throws(ConsoleRefusal) -> (answer: String, said: [String]) {
        let typist = Typist(secrets: [], file: file)
        return (try await run(words, typist), typist.said)
    }

    /// Why a command is refused.
    func refusal(_ words: String..., file: [UInt8] = []) async throws -> String {
        do throws(ConsoleRefusal) {
            return "done: \(try await run(words, Typist(secrets: [], file: file)))"
        } catch { return error.description }
    }

    private func run(_ words: [String], _ typist: Typist) async throws(ConsoleRefusal) -> String {
        let commands =
            IdentityCommands(identity: checkpoints.identity).commands
            + CheckpointCommands(checkpoints: checkpoints).commands
        guard let command = commands.first(where: { $0.name == words[0] }) else {
            throw ConsoleRefusal("no such command")
        }
        let peer = ConsolePeer(uid: 1_000, pid: 7)
        return try await command.work(ConsoleCall(peer: peer, words: Array(words.dropFirst()), dialogue: typist))
    }

    /// Has the CA certify what waits for it.
    func certificate() async throws -> [UInt8] {
        let request = try await type("identity-request").said.joined(separator: "\n")
        try pki.write(Array(request.utf8), to: "request.pem")
        try await pki.openssl.run([
            "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copy",
            "-days", "2", "-out", "identity.pem",
        ])
        return try pki.octets("identity.pem")
    }

    /// Makes an identity that signs.
    func identity() async throws {
        try await type("identity-make")
        try await type("identity-install", file: try await certificate())
    }

    func run(_ sql: String) async throws { try await owner.run(script: sql) }

    /// Rows of the audit, as any act writes them.
    func acts(_ count: Int, _ act: String = "test") async throws {
        try await run(
            """
            INSERT INTO audit_log (act, phase, subject, trace, outcome)
            SELECT '\(act)', 'result', 'subject ' || n, '', CASE n % 2 WHEN 0 THEN 'Ñandú' END
            FROM generate_series(1, \(count)) n
            """
        )
    }

    func text(_ sql: String) async throws -> [String] {
        let rows = try await owner.execute(sql)
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }
}
