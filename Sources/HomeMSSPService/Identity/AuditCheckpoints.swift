import Crypto
import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime

/// Signs what the audit holds, and finds what was changed in it afterwards.
struct AuditCheckpoints: Sendable {
    /// A checkpoint, as it was signed and by whom.
    struct Signed: Sendable {
        var statement: CheckpointStatement
        var signature: IdentitySignature
        var identity: IdentityRecord
    }

    /// Rows whose digests are held at a time.
    private static let page: Int32 = 10_000

    let identity: PlatformIdentity
    let table: CheckpointTable
    let tally: any Tally
    let logger: Logger
    /// How long transactions that write the audit are waited for.
    var patience: Duration = .seconds(10)

    /// Covers every row after the last checkpoint, up to the highest there is.
    ///
    /// Transactions that took a lower number and are still under way are waited for: their rows come later.
    ///
    /// - Parameter who: At the console.
    /// - Returns: What was signed and kept.
    /// - Throws: `ConsoleRefusal`; nothing was signed then, or nobody knows.
    func make(by who: String) async throws(ConsoleRefusal) -> Signed {
        guard let signer = try await identity.active() else {
            throw ConsoleRefusal("no identity signs: identity make, request and install")
        }
        let last = try await last()
        let high = try await settledHead()
        let low = last?.rows.upperBound ?? 0
        guard high > low else { throw ConsoleRefusal("the audit has no row after \(low): was it removed?") }
        let previous = last?.digest ?? CheckpointStatement.nothing
        let found = try await digest(of: low + 1...high, after: previous)
        let database = try await store { () async throws(StoreError) -> UInt64 in
            try await table.system(until: Self.soon)
        }
        let statement = CheckpointStatement(
            home: identity.name,
            database: database,
            number: (last?.number ?? 0) + 1,
            rows: low + 1...high,
            count: found.count,
            previous: previous,
            digest: found.digest,
            time: Date(timeIntervalSince1970: identity.now().timeIntervalSince1970.rounded(.down)),
            identity: signer.number
        )
        let signature: IdentitySignature
        do throws(VaultError) {
            signature = try identity.vault.sign(Array(statement.text.utf8), as: .checkpoint, by: signer)
        } catch { throw ConsoleRefusal(error.description) }
        try await keep(statement, signature, by: who)
        tally.count("home_checkpoints", [("outcome", "signed")])
        return Signed(statement: statement, signature: signature, identity: signer)
    }

    /// One of those that are kept, if it is as an identity signed it.
    func kept(_ number: Int64) async throws(ConsoleRefusal) -> Signed {
        let identities = try await identity.all()
        let rows = try await store { () async throws(StoreError) -> [CheckpointTable.Row] in
            try await table.rows(above: number - 1, until: Self.soon)
        }
        guard let row = rows.first, row.number == number else {
            throw ConsoleRefusal("there is no checkpoint \(number)")
        }
        guard let signed = Signed(row, identities) else {
            throw alarm("checkpoint \(number) is not as it was signed")
        }
        return signed
    }

    /// Computes every range anew.
    ///
    /// - Parameter tell: Hears of each finding, the first twenty.
    /// - Returns: What was found to fit.
    /// - Throws: `ConsoleRefusal` with the first finding, after an alarm.
    func verify(
        _ tell: (String) async throws(ConsoleRefusal) -> Void
    ) async throws(ConsoleRefusal) -> String {
        let identities = try await identity.all()
        var review = CheckpointReview()
        var seen: Int64 = 0
        while true {
            let rows = try await store { [seen] () async throws(StoreError) -> [CheckpointTable.Row] in
                try await table.rows(above: seen, until: Self.soon)
            }
            for row in rows {
                let before = review.findings.count
                if let signed = review.take(row.number, Signed(row, identities)) {
                    let statement = signed.statement
                    review.compare(statement, with: try await digest(of: statement.rows, after: statement.previous))
                }
                for finding in review.findings.dropFirst(before).prefix(max(0, 20 - before)) { try await tell(finding) }
                seen = row.number
            }
            if rows.isEmpty { break }
        }
        if let first = review.findings.first {
            throw alarm(review.findings.count == 1 ? first : "\(review.findings.count) findings, the first: \(first)")
        }
        guard let last = review.last else { throw ConsoleRefusal("there is no checkpoint") }
        tally.count("home_checkpoints", [("outcome", "verified")])
        return "rows 1 to \(last.rows.upperBound) fit checkpoints 1 to \(last.number), the last of digest "
            + Hexadecimal.text(last.digest)
    }

    private func last() async throws(ConsoleRefusal) -> CheckpointStatement? {
        let row = try await store { () async throws(StoreError) -> CheckpointTable.Row? in
            try await table.last(until: Self.soon)
        }
        guard let row else { return nil }
        guard let signed = Signed(row, try await identity.all()) else {
            throw alarm("checkpoint \(row.number) is not as it was signed")
        }
        return signed.statement
    }

    /// A number up to which no row of the audit can come any more.
    private func settledHead() async throws(ConsoleRefusal) -> Int64 {
        let deadline = ContinuousClock.now + patience
        let head = try await store { () async throws(StoreError) -> Int64 in try await table.head(until: Self.soon) }
        let begun = try await writers()
        while true {
            let open = try await writers().filter { begun[$0.key] != nil }
            guard let first = open.first else { return head }
            guard .now < deadline else {
                throw ConsoleRefusal(
                    "a transaction of the database's process \(first.value) writes the audit and does not end: try again when it has"
                )
            }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { throw ConsoleRefusal("it was broken off") }
        }
    }

    private func writers() async throws(ConsoleRefusal) -> [String: Int64] {
        try await store { () async throws(StoreError) -> [String: Int64] in
            try await table.writers(until: Self.soon)
        }
    }

    private func digest(
        of rows: ClosedRange<Int64>,
        after previous: [UInt8]
    ) async throws(ConsoleRefusal) -> (digest: [UInt8], count: Int64) {
        var hash = SHA256()
        hash.update(data: previous)
        var (count, low) = (Int64(0), rows.lowerBound - 1)
        while low < rows.upperBound {
            let page = try await store { [low] () async throws(StoreError) -> [(number: Int64, digest: [UInt8])] in
                try await table.digests(above: low, upTo: rows.upperBound, most: Self.page, until: Self.soon)
            }
            for row in page { hash.update(data: row.digest) }
            count += Int64(page.count)
            // One that does not get on would never end.
            guard let last = page.last?.number, last > low else { break }
            low = last
        }
        return (Array(hash.finalize()), count)
    }

    private func keep(
        _ statement: CheckpointStatement,
        _ signature: IdentitySignature,
        by who: String
    ) async throws(ConsoleRefusal) {
        let row = CheckpointTable.Row(
            number: statement.number,
            statement: signature.content,
            identity: statement.identity,
            signature: signature.value
        )
        try await store { () async throws(StoreError) -> Void in
            try await table.add(row, digest: statement.digest, by: who, until: Self.soon)
        }
    }

    private func alarm(_ finding: String) -> ConsoleRefusal {
        tally.count("home_checkpoints", [("outcome", "refused")])
        tally.count("home_alarms", [("alarm", "audit_changed")])
        logger.critical("ALARM: the audit is not as it was signed", metadata: ["finding": "\(finding, as: .open)"])
        return ConsoleRefusal(finding)
    }

    private func store<Value>(_ work: () async throws(StoreError) -> Value) async throws(ConsoleRefusal) -> Value {
        do throws(StoreError) { return try await work() } catch {
            guard case .exists = error else { throw ConsoleRefusal("database: \(error.line)") }
            throw ConsoleRefusal("somebody else made a checkpoint at the same time: it covers these rows")
        }
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(5) }
}

extension AuditCheckpoints.Signed {
    /// - Returns: `nil` unless the row is of the identity that it names, signed by it, and says its own number.
    init?(_ row: CheckpointTable.Row, _ identities: [IdentityRecord]) {
        let signature = IdentitySignature(content: row.statement, value: row.signature)
        guard let signer = identities.first(where: { $0.number == row.identity }),
            signature.isValid(for: .checkpoint, by: signer),
            let body = IdentityPurpose.checkpoint.body(of: row.statement),
            let text = String(validating: body, as: UTF8.self), let statement = CheckpointStatement(text),
            statement.number == row.number, statement.identity == row.identity
        else { return nil }
        self.init(statement: statement, signature: signature, identity: signer)
    }
}
