import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime
import Signatures

/// The platform's own signing identity: the vault has its keys, the database keeps them sealed.
struct PlatformIdentity: Sendable {
    let vault: Vault
    let table: IdentityTable
    /// This service's name.
    let name: String
    let tally: any Tally
    let logger: Logger
    var now: @Sendable () -> Date = { Date() }

    /// Every identity, the oldest first, each as the vault wrote it.
    ///
    /// - Throws: `ConsoleRefusal`; for a row that somebody changed with an alarm.
    func all() async throws(ConsoleRefusal) -> [IdentityRecord] {
        guard !vault.isSealed else { throw ConsoleRefusal("the vault is sealed: unseal it first") }
        let rows = try await store { () async throws(StoreError) -> [IdentityTable.Row] in
            try await table.rows(until: Self.soon)
        }
        return try rows.map { row throws(ConsoleRefusal) in
            guard let record = IdentityRecord(row) else { throw forged() }
            do throws(VaultError) { try vault.confirm(record) } catch { throw refusal(error) }
            return record
        }
    }

    /// The one that signs; `nil` where there is none.
    func active() async throws(ConsoleRefusal) -> IdentityRecord? {
        try await all().last { $0.state == .active }
    }

    /// Makes the key of the next one.
    func make(by who: String) async throws(ConsoleRefusal) -> IdentityRecord {
        let known = try await all()
        if let waiting = known.last(where: { $0.state == .pending }) {
            throw ConsoleRefusal("identity \(waiting.number) waits for its certificate: identity request, then install")
        }
        let record = try applied { () throws(VaultError) in
            try vault.newIdentity((known.last?.number ?? 0) + 1)
        }
        try await store { () async throws(StoreError) -> Void in
            try await table.add(record.row, by: who, until: Self.soon)
        }
        return record
    }

    /// A request for the certificate of the one that waits for it; of the active one where none does.
    ///
    /// - Returns: Whose it is, and PKCS#10 in DER.
    func request() async throws(ConsoleRefusal) -> (IdentityRecord, [UInt8]) {
        let record = try wanted(try await all())
        let request = try applied { () throws(VaultError) in try vault.request(for: record, name: name) }
        return (record, request)
    }

    /// Installs a certificate: the identity signs from now on, and the one that did before is retired.
    ///
    /// - Parameters:
    ///   - certificates: PEM, its own first.
    ///   - who: At the console.
    /// - Returns: The active identity.
    /// - Throws: `ConsoleRefusal` with what is wrong with the certificate; nothing was changed.
    func install(_ certificates: [UInt8], by who: String) async throws(ConsoleRefusal) -> IdentityRecord {
        let known = try await all()
        let old = try wanted(known)
        let new = try applied { () throws(VaultError) in
            try vault.installed(certificates, for: old, at: now())
        }
        var changes: [IdentityTable.Change] = [(old.row, new.row)]
        for other in known where other.state == .active && other.number != old.number {
            let retired = try applied { () throws(VaultError) in try vault.retired(other) }
            changes.append((other.row, retired.row))
        }
        let outcome = "certificate " + Self.fingerprint(of: new)
        let isKept = try await store { [changes] () async throws(StoreError) -> Bool in
            try await table.change(changes, outcome: outcome, by: who, until: Self.soon)
        }
        guard isKept else { throw ConsoleRefusal("somebody else changed the identities at the same time: look again") }
        return new
    }

    /// SHA-256 of the certificate in hexadecimal digits; a hyphen where there is none.
    static func fingerprint(of record: IdentityRecord) -> String {
        record.chain.first.map { Hexadecimal.text(MessageDigest.sha256($0)) } ?? "-"
    }

    private func wanted(_ known: [IdentityRecord]) throws(ConsoleRefusal) -> IdentityRecord {
        guard let record = known.last(where: { $0.state == .pending }) ?? known.last(where: { $0.state == .active })
        else { throw ConsoleRefusal("the platform has no identity: identity make") }
        return record
    }

    private func applied<Value>(_ work: () throws(VaultError) -> Value) throws(ConsoleRefusal) -> Value {
        do throws(VaultError) { return try work() } catch { throw refusal(error) }
    }

    private func refusal(_ error: VaultError) -> ConsoleRefusal {
        error == .damagedIdentity ? forged() : ConsoleRefusal(error.description)
    }

    private func forged() -> ConsoleRefusal {
        tally.count("home_alarms", [("alarm", "row_not_authentic")])
        logger.critical(
            "ALARM: a row of the database is not as the home wrote it",
            metadata: ["table": "\("identities", as: .open)"]
        )
        return ConsoleRefusal("a row of identities is not as the home wrote it: restore it from a backup")
    }

    private func store<Value>(_ work: () async throws(StoreError) -> Value) async throws(ConsoleRefusal) -> Value {
        do throws(StoreError) { return try await work() } catch {
            guard case .exists = error else { throw ConsoleRefusal("database: \(error.line)") }
            throw ConsoleRefusal("somebody else made an identity at the same time: look again")
        }
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(5) }
}

extension IdentityRecord {
    /// - Returns: `nil` for a state that there is not.
    init?(_ row: IdentityTable.Row) {
        guard let state = State(rawValue: row.state) else { return nil }
        self.init(
            number: row.number,
            state: state,
            publicKey: row.publicKey,
            certificates: row.certificates,
            sealed: row.sealed,
            code: row.code
        )
    }

    var row: IdentityTable.Row {
        IdentityTable.Row(
            number: number,
            state: state.rawValue,
            publicKey: publicKey,
            certificates: certificates,
            sealed: sealed,
            code: code
        )
    }
}
