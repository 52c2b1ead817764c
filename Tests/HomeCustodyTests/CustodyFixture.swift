import Foundation
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime
import MSSTestSupport
import PostgreSQL
import Testing

@testable import HomeMSSPService

/// A home's vault with its keeper and its database, and the commands of its console; no process.
struct CustodyFixture {
    let keeper: KEKKeeper
    let database: PostgreSQLCluster.Database
    let folder: TemporaryFolder
    private let pki: ThrowawayPKI
    private let token: String
    private let owner: Connection

    init(_ keeper: KEKKeeper) async throws {
        self.keeper = keeper
        folder = try TemporaryFolder()
        pki = try ThrowawayPKI()
        try await pki.openssl.run(
            ["req", "-x509", "-nodes", "-keyout", "home.key", "-out", "home.pem", "-subj", "/CN=home", "-days", "2"]
                + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        )
        database = try await PostgreSQLCluster.shared().database()
        owner = try await Connection(database.owner)
        token = keeper == .token ? try await SoftwareToken.next() : ""
        try secretFile("kek", Data(repeating: 0x42, count: 32))
        try secretFile("pin", Data((SoftwareToken.pin + "\n").utf8))
    }

    func secretFile(_ name: String, _ content: Data) throws {
        try content.write(to: URL(filePath: folder.path(name)))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path(name))
    }

    func access(_ start: String? = nil, hasConsole: Bool = true) throws(StartError) -> KEKAccess {
        var token: HomeConfiguration.Token?
        if keeper == .token {
            token = HomeConfiguration.Token(
                module: ConfiguredPath(SoftwareToken.module),
                label: self.token,
                pin: start == "sealed" ? nil : ConfiguredPath(folder.path("pin"))
            )
        }
        return try KEKAccess(
            HomeConfiguration.VaultFiles(
                start: start,
                topKey: keeper == .file ? ConfiguredPath(folder.path("kek")) : nil,
                token: token,
                epoch: ConfiguredPath(folder.path("epoch")),
                importKey: ConfiguredPath(folder.path("home.key")),
                importCertificate: ConfiguredPath(folder.path("home.pem"))
            ),
            hasConsole: hasConsole
        )
    }

    /// A home that has just started: unsealed where it starts unattended.
    func home(_ start: String? = nil) async throws -> Home {
        let access = try access(start)
        let vault = try Vault(importKey: try pki.octets("home.key"), importCertificate: try pki.octets("home.pem"))
        let table = VaultKeyTable(pool: Pool(database.service, size: 2))
        let lock = CustodyLock(pool: Pool(database.service, size: 1))
        let home = Home(
            custody: Custody(access, lock: lock, tally: NoTally()),
            unsealing: Unsealing(vault: vault, table: table)
        )
        if start == nil {
            try await home.unsealing.unseal("unattended") { () throws(VaultError) in try access.unattended() }
        }
        return home
    }

    func audit() async throws -> [String] {
        let rows = try await owner.execute(
            """
            SELECT act || ' ' || phase || ' ' || coalesce(peer, '-') || ' ' || coalesce(outcome, '') FROM audit_log
            ORDER BY id
            """
        )
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }

    /// How many rows there are of each KEK.
    func rows() async throws -> [String] {
        let rows = try await owner.execute(
            "SELECT kek_version || ': ' || count(*) FROM vault_keys GROUP BY kek_version ORDER BY kek_version"
        )
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }

    func run(_ sql: String) async throws { try await owner.run(script: sql) }

    struct Home {
        let custody: Custody
        let unsealing: Unsealing
        var vault: Vault { unsealing.vault }

        /// Runs a command of the console, typing lines.
        @discardableResult
        func type(_ words: [String], _ lines: [String] = []) async throws(ConsoleRefusal) -> (
            answer: String, said: [String]
        ) {
            let typist = Typist(secrets: lines)
            return (try await run(words, typist), typist.said)
        }

        func run(_ words: [String], _ dialogue: any ConsoleDialogue) async throws(ConsoleRefusal) -> String {
            let commands =
                [
                    UnsealCommand(custody: custody, unsealing: unsealing, checkDatabase: {}).command,
                    CustodiansCommand(custody: custody, unsealing: unsealing).command,
                ] + RotationCommands(custody: custody, unsealing: unsealing).commands
            guard let command = commands.first(where: { $0.name == words[0] }) else {
                throw ConsoleRefusal("no such command")
            }
            let peer = ConsolePeer(uid: 1_000, pid: 7)
            return try await command.work(ConsoleCall(peer: peer, words: Array(words.dropFirst()), dialogue: dialogue))
        }
    }
}

/// Types back each share that it is shown, and keeps them; may mistype.
final class Scribe: ConsoleDialogue {
    private let state: State
    private let mistypes: Bool

    actor State {
        var shares: [String] = []
        var slips = 0

        func note(_ share: String) { shares.append(share) }

        func next(_ mistypes: Bool) -> String {
            let share = shares.last ?? ""
            guard mistypes else { return share }
            slips += 1
            guard slips % 2 == 1, let last = share.last else { return share }
            return share.dropLast() + (last == "0" ? "1" : "0")
        }
    }

    init(mistypes: Bool = false) {
        state = State()
        self.mistypes = mistypes
    }

    var shares: [String] { get async { await state.shares } }

    func report(_ line: String) async throws(ConsoleRefusal) {}

    func page(_ line: String) async throws(ConsoleRefusal) {
        await state.note(line.split(separator: " ").last.map { String($0) } ?? "")
    }

    func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] {
        Array(await state.next(mistypes).utf8)
    }

    func octets() async throws(ConsoleRefusal) -> [UInt8]? { nil }
}
