import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSRuntime
import PostgreSQL
import Synchronization

/// Opens the vault with KEKs: at start, or when somebody at the console has opened these.
final class Unsealing: Sendable {
    /// Why the vault stays sealed; one line.
    enum Failure: Error {
        /// The KEKs do not open it: a wrong secret, or other keys.
        case refused(String)
        /// Nobody knows yet: storage is away, or the database is another one.
        case unavailable(String)

        var reason: String {
            switch self {
            case .refused(let reason), .unavailable(let reason): reason
            }
        }
    }

    let vault: Vault
    let table: VaultKeyTable
    private let newest = Mutex<Int32>(0)

    init(vault: Vault, table: VaultKeyTable) {
        self.vault = vault
        self.table = table
    }

    /// The gauges of the vault, and a word in the log about its keeper.
    func tell(_ keeper: KEKKeeper, _ metrics: ServiceMetrics, _ logger: Logger) {
        metrics.gauge("vault_sealed") { [vault] in vault.isSealed ? 1 : 0 }
        metrics.gauge("vault_kek_in_file") { keeper == .file ? 1 : 0 }
        metrics.gauge("vault_kek_version") { [self] in Double(newest.withLock { $0 }) }
        switch keeper {
        case .file: logger.warning("the vault's top key is in a file: for trying, not for production")
        case .token: logger.notice("the vault's top key is in a PKCS#11 token")
        }
    }

    /// Notes which KEK wraps the vault's keys, for the gauge.
    func note(newest version: Int32) { newest.withLock { $0 = version } }

    /// Unwraps the vault's keys; makes them where the database has neither keys nor cards.
    ///
    /// - Parameters:
    ///   - way: What opens it, for the audit: it stands there before, and how it went after.
    ///   - who: At the console, where it was somebody.
    ///   - open: Opens the KEKs.
    /// - Throws: ``Failure``, with the vault still sealed.
    func unseal(
        _ way: String,
        by who: String? = nil,
        _ open: () throws(VaultError) -> any KeyEncryptionKeys
    ) async throws(Failure) {
        try await note("intent", way, who)
        do throws(Failure) {
            let keks: any KeyEncryptionKeys
            do throws(VaultError) { keks = try open() } catch { throw .refused("vault: \(error)") }
            let keys = try await keys(keks)
            do throws(VaultError) { try vault.unseal(keys, with: keks) } catch { throw .refused("vault: \(error)") }
            note(newest: keys.map(\.kekVersion).max() ?? 0)
        } catch {
            try? await note("result", error.reason, who)
            throw error
        }
        do throws(Failure) { try await note("result", "ok", who) } catch {
            // Who is told that it failed shall not have opened it.
            vault.reseal()
            throw error
        }
    }

    /// The vault's keys as they are stored, each under the newest KEK that wraps it.
    func stored() async throws(Failure) -> [WrappedKey] {
        let rows = try await store { () async throws(StoreError) -> [VaultKeyTable.Row] in
            try await table.rows(until: Self.soon)
        }
        let keys = rows.compactMap { WrappedKey($0) }
        guard keys.count == rows.count else {
            throw .unavailable("vault: the database holds a key of no known purpose")
        }
        return keys
    }

    private func keys(_ keks: any KeyEncryptionKeys) async throws(Failure) -> [WrappedKey] {
        let stored = try await stored()
        guard stored.isEmpty else { return stored }
        let new: [WrappedKey]
        do throws(VaultError) {
            // A token that is new has no KEK yet; the file of KEK-1 is the operator's to make.
            if keks.keeper == .token, try !keks.holds(1) { try keks.create(1) }
            new = try Vault.newKeys(under: 1, of: keks)
        } catch { throw .refused("vault: \(error)") }
        _ = try await store { () async throws(StoreError) -> Bool in
            try await table.begin(new.map(\.row), until: Self.soon)
        }
        // Perhaps those of another process that began at the same time.
        let kept = try await self.stored()
        guard !kept.isEmpty else {
            throw .unavailable("vault: the database holds cards but no keys of a vault: restore vault_keys")
        }
        return kept
    }

    private func note(_ phase: String, _ outcome: String, _ who: String?) async throws(Failure) {
        try await store { () async throws(StoreError) -> Void in
            try await table.note("unseal", phase, outcome, by: who)
        }
    }

    private func store<Value>(_ work: () async throws(StoreError) -> Value) async throws(Failure) -> Value {
        do throws(StoreError) { return try await work() } catch { throw .unavailable("database: \(error.line)") }
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(5) }
}

extension StoreError {
    /// One line for the operator.
    var line: String {
        switch self {
        case .unavailable(let reason), .conflict(let reason), .exists(let reason): reason
        case .busy, .repeated, .held: "busy"
        }
    }
}

extension WrappedKey {
    fileprivate init?(_ row: VaultKeyTable.Row) {
        guard let purpose = Purpose(rawValue: row.purpose) else { return nil }
        self.init(
            purpose: purpose,
            number: row.number,
            kekVersion: row.kekVersion,
            generation: row.generation,
            octets: row.wrapped
        )
    }

    var row: VaultKeyTable.Row {
        VaultKeyTable.Row(
            kekVersion: kekVersion,
            generation: generation,
            purpose: purpose.rawValue,
            number: number,
            wrapped: octets
        )
    }
}
