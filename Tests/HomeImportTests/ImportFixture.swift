import Crypto
import Foundation
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Synchronization

@testable import HomeMSSPService

/// A vault and a database into which batches are imported.
struct ImportFixture {
    let vault: Vault
    let work: CardImport
    let database: PostgreSQLCluster.Database
    let owner: Connection

    init(legacy: [LegacyPermission] = []) async throws {
        let pki = try ThrowawayPKI()
        try await pki.openssl.run(
            ["req", "-x509", "-nodes", "-keyout", "home.key", "-out", "home.pem", "-subj", "/CN=home", "-days", "2"]
                + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        )
        try pki.write([UInt8](repeating: 0x42, count: 32), to: "kek")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pki.path("kek"))
        let keks = FileKEK(path: pki.path("kek"))
        vault = try Vault(
            importKey: try pki.octets("home.key"),
            importCertificate: try pki.octets("home.pem"),
            legacy: legacy
        )
        try vault.unseal(try Vault.newKeys(under: 1, of: keks), with: keks)
        database = try await PostgreSQLCluster.shared().database()
        owner = try await Connection(database.owner)
        work = CardImport(
            vault: vault,
            table: CardBatchTable(
                pool: Pool(database.service, size: 1, limits: .migration),
                authenticator: RowCodes(vault: vault, tally: NoTally(), logger: Logger(label: "test"))
            )
        )
    }

    var rowCodes: RowCodes { RowCodes(vault: vault, tally: NoTally(), logger: Logger(label: "test")) }

    func directory() -> SubscriberTable {
        SubscriberTable(
            pool: Pool(database.service, size: 2),
            authenticator: RowCodes(vault: vault, tally: NoTally(), logger: Logger(label: "test"))
        )
    }

    static func key() throws -> TransportKey {
        try TransportKey(
            BatchSample.components.map {
                try TransportKeyComponent(digits: Array($0.digits.utf8), checkValue: Array($0.checkValue.utf8))
            }
        )
    }

    /// Imports a file in parts of a few octets more than a row.
    func take(
        _ file: [UInt8],
        _ mode: CardBatch.Mode = .keepGood,
        name: String = "2026-11",
        digest: [UInt8]? = nil,
        part: Int = 700
    ) async throws -> Outcome {
        let batch = CardBatch(
            digest: digest ?? Array(SHA256.hash(data: file)),
            name: name,
            mode: mode,
            peer: "uid 0 pid 1"
        )
        let place = Mutex(0)
        let events = Mutex<[CardImport.Event]>([])
        let progress = try await work.run(
            CardImport.Order(batch: batch, key: try Self.key()),
            octets: {
                place.withLock { place in
                    guard place < file.count else { return nil }
                    defer { place = min(place + part, file.count) }
                    return Array(file[place..<min(place + part, file.count)])
                }
            },
            tell: { event in events.withLock { $0.append(event) } }
        )
        var outcome = Outcome(progress: progress)
        for event in events.withLock({ $0 }) {
            switch event {
            case .progress: outcome.reports += 1
            case .refused(let line, let reason): outcome.refused[line] = reason
            }
        }
        return outcome
    }

    struct Outcome {
        var progress: CardImport.Progress
        var refused: [Int: String] = [:]
        var reports = 0
    }

    func count(_ table: String) async throws -> Int64 {
        try await owner.execute("SELECT count(*) FROM \(table)").int64(0, 0)
    }

    func audit() async throws -> [String] {
        let rows = try await owner.execute(
            "SELECT phase || ' ' || peer || ' ' || outcome FROM audit_log WHERE act = 'import batch' ORDER BY id"
        )
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }
}
