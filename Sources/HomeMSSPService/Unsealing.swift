import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSRuntime
import PostgreSQL

/// Opens the vault at start with the KEKs that the configuration names: a token with its PIN, or a file for trying.
struct Unsealing {
    let vault: Vault
    let table: VaultKeyTable
    let metrics: ServiceMetrics
    let logger: Logger

    /// Unwraps the vault's keys; makes them where the database has neither keys nor cards.
    ///
    /// - Throws: One line, with the vault still sealed.
    func unseal(with keks: any KeyEncryptionKeys) async throws(StartError) {
        tell(keks.keeper)
        try await store { () async throws(StoreError) -> Void in
            try await table.note("unseal", "intent", keks.keeper.rawValue)
        }
        let keys = try await keys(keks)
        do throws(VaultError) { try vault.unseal(keys, with: keks) } catch { throw StartError("vault: \(error)") }
        try await store { () async throws(StoreError) -> Void in try await table.note("unseal", "result", "ok") }
    }

    private func keys(_ keks: any KeyEncryptionKeys) async throws(StartError) -> [WrappedKey] {
        let stored = try await stored()
        guard stored.isEmpty else { return stored }
        let new: [WrappedKey]
        do throws(VaultError) {
            // A token that is new has no KEK yet; the file of KEK-1 is the operator's to make.
            if keks.keeper == .token, try !keks.holds(1) { try keks.create(1) }
            new = try Vault.newKeys(under: 1, of: keks)
        } catch { throw StartError("vault: \(error)") }
        _ = try await store { () async throws(StoreError) -> Bool in
            try await table.begin(new.map(\.row), until: Self.soon)
        }
        // Perhaps those of another process that began at the same time.
        let kept = try await self.stored()
        guard !kept.isEmpty else {
            throw StartError("vault: the database holds cards but no keys of a vault: restore vault_keys")
        }
        return kept
    }

    private func stored() async throws(StartError) -> [WrappedKey] {
        let rows = try await store { () async throws(StoreError) -> [VaultKeyTable.Row] in
            try await table.rows(until: Self.soon)
        }
        let keys = rows.compactMap { WrappedKey($0) }
        guard keys.count == rows.count else { throw StartError("vault: the database holds a key of no known purpose") }
        return keys
    }

    private func tell(_ keeper: KEKKeeper) {
        let vault = vault
        metrics.gauge("vault_sealed") { vault.isSealed ? 1 : 0 }
        metrics.gauge("vault_kek_in_file") { keeper == .file ? 1 : 0 }
        switch keeper {
        case .file: logger.warning("the vault's top key is in a file: for trying, not for production")
        case .token: logger.notice("the vault's top key is in a PKCS#11 token")
        }
    }

    private func store<Value>(
        _ work: () async throws(StoreError) -> Value
    ) async throws(StartError) -> Value {
        do throws(StoreError) { return try await work() } catch {
            throw StartError("database: \(error.line)")
        }
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(5) }
}

extension StoreError {
    /// One line for the operator.
    var line: String {
        switch self {
        case .unavailable(let reason), .conflict(let reason), .exists(let reason): reason
        case .busy, .repeated: "busy"
        }
    }
}

extension WrappedKey {
    fileprivate init?(_ row: VaultKeyTable.Row) {
        guard let purpose = Purpose(rawValue: row.purpose) else { return nil }
        self.init(purpose: purpose, number: row.number, kekVersion: row.kekVersion, octets: row.wrapped)
    }

    fileprivate var row: VaultKeyTable.Row {
        VaultKeyTable.Row(kekVersion: kekVersion, purpose: purpose.rawValue, number: number, wrapped: octets)
    }
}
