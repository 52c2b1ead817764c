import Alauda
import Foundation
import HomeMSSP
import MSSCore
import PostgreSQL

/// Commits the beginning of many transactions at once: rows, counters and audit in one statement.
enum BeginStatement {
    /// What became of a beginning.
    enum Outcome: Sendable {
        case begun(StoredCounters)
        case busy(until: Date)
        case repeated(LedgerEntry)
        /// The person is not to be asked now.
        case held(PromptHold)
        /// A second recovery of a card within a day.
        case tooSoon
    }

    static let sql = """
        WITH asked AS (
            SELECT * FROM unnest(
                $1::text[], $2::int4[], $3::bytea[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bool[], $14::int4[], $15::int4[],
                $16::text[], $17::bytea[], $18::bytea[], $19::bool[], $20::int4[], $21::bytea[], $22::bytea[],
                $23::bool[], $25::bool[], $30::int4[], $31::text[], $32::text[],
                $33::bytea[], $34::bytea[]
            ) AS a (
                id, kind, txn, iccid, trace, deadline, provider, provider_transaction, acquiring_entity,
                msisdn_as_written, profile, content, validates, key_reference, key_algorithm,
                instant, body, command, awaited, step, request, manner, on_next, expected, services, notifies,
                receipt_of, documents, person
            )
        ), overdue AS (
            UPDATE transactions t
            SET running = false, fault = 208, fault_specifier = 2081, fault_detail = 'The user did not answer in time.',
                ended = now(), request = NULL
            -- By their cards, not by a join: a plan that walks all that runs would cost with what waits.
            WHERE t.iccid = ANY ($4::text[]) AND t.running AND t.deadline < now()
            RETURNING t.id, t.iccid, t.trace, t.kind, t.provider, t.fault, t.fault_specifier, t.uplink
        ), \(PromptCounting.held), begun AS (
            INSERT INTO transactions (
                id, kind, txn, iccid, trace, deadline, provider, provider_transaction, acquiring_entity,
                msisdn_as_written, profile, content, validates, key_reference, key_algorithm,
                instant, body, command, request, manner, receipt_of, home, waiting, services, documents, person
            )
            SELECT id, kind, txn, iccid, trace, to_timestamp(deadline / 1000000.0), provider, provider_transaction,
                acquiring_entity, msisdn_as_written, profile, content, validates, key_reference, key_algorithm,
                instant, body, command, request, manner, receipt_of, $24::int4,
                CASE WHEN awaited THEN ARRAY[$24::int4] ELSE '{}' END, services, documents,
                person
            FROM asked a CROSS JOIN (SELECT count(*) FROM overdue) AS overdue_first
            WHERE NOT EXISTS (SELECT FROM held h WHERE h.id = a.id)
                AND NOT EXISTS (SELECT FROM unsettled u WHERE u.iccid = a.iccid) AND (kind <> 3 OR NOT EXISTS (
                SELECT FROM card_counters c WHERE c.iccid = a.iccid AND c.recovered > now() - interval '1 day'
            ))
            ON CONFLICT DO NOTHING
            RETURNING id, iccid, kind, trace, acquiring_entity, provider
        ), spent AS (
            UPDATE card_counters c
            SET packet = c.packet + a.step,
                frame = c.frame + CASE WHEN a.on_next THEN 0 ELSE a.step END,
                next_frame = c.next_frame + CASE WHEN a.on_next THEN a.step ELSE 0 END,
                silent = least(c.silent + (SELECT count(*) FROM overdue o WHERE o.iccid = c.iccid), 1000),
                recovered = CASE b.kind WHEN 3 THEN now() ELSE c.recovered END
            FROM begun b JOIN asked a ON a.id = b.id WHERE c.iccid = b.iccid
            RETURNING b.id, c.packet, CASE WHEN a.on_next THEN c.next_frame ELSE c.frame END AS frame,
                CASE WHEN NOT a.on_next THEN c.frame_key END AS frame_key
        ), promised AS (
            INSERT INTO notifications (transaction_id, acquiring_entity, url)
            SELECT b.id, b.acquiring_entity, a.notifies FROM begun b JOIN asked a ON a.id = b.id
            WHERE a.notifies IS NOT NULL
        ), activating AS (
            UPDATE mobile_users u SET state = 'ACTIVATING'
            FROM begun b WHERE u.iccid = b.iccid AND b.kind = 2 AND u.state IN ('CREATED', 'ACTIVATING')
        ), counted AS (
            \(PromptCounting.count("overdue"))
        ), expected AS (
            -- Who knows the person's code is no stranger; of what ended just now more is heard at its next request.
            \(PromptCounting.forgive)
            FROM begun b JOIN asked a ON a.id = b.id
            WHERE (SELECT bool_or(expected) FROM asked) AND a.expected AND p.iccid = b.iccid AND p.provider = b.provider AND \(PromptCounting.isCounted)
                AND NOT EXISTS (SELECT FROM overdue o WHERE o.iccid = b.iccid)
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT \(TransactionRow.act), 'intent', id, acquiring_entity, provider, trace, NULL
            FROM begun
            UNION ALL
            SELECT 'expiry', 'result', id, NULL, NULL, trace, '208' FROM overdue
        )
        SELECT id, packet, frame, frame_key, NULL::int4 AS reason, NULL::int8 AS until FROM spent
        UNION ALL
        SELECT id, NULL, NULL, NULL, reason, (extract(epoch FROM until) * 1000000)::int8 FROM held
        """

    static func run(
        _ transactions: [CardTransaction],
        process: Int32,
        limits: PromptLimits,
        on connection: Connection
    ) async throws -> [Outcome] {
        // Sorted, so that two batches at once lock the rows of cards in one order.
        let sorted = transactions.sorted { $0.iccid.description < $1.iccid.description }
        let result = try await connection.execute(sql, parameters(sorted, process, limits))
        var begun: [String: Outcome] = [:]
        var holds: [String: PromptHold] = [:]
        for row in 0..<result.count {
            let id = try result.text(row, 0)
            guard let hold = try hold(result, row) else {
                begun[id] = .begun(try StoredCounters(result, row, from: 1))
                continue
            }
            // Of several the one that ends last.
            if holds[id].map({ $0.until < hold.until }) ?? true { holds[id] = hold }
        }
        // The few that did not begin are looked at one by one.
        for transaction in transactions where begun[transaction.id.description] == nil {
            let id = transaction.id.description
            begun[id] = try await refusal(of: transaction, holds[id], on: connection)
        }
        return transactions.map { begun[$0.id.description] ?? .tooSoon }
    }

    private static func hold(_ rows: ResultSet, _ row: Int) throws -> PromptHold? {
        guard let number = try rows.optionalInt64(row, 4) else { return nil }
        guard let reason = Int(exactly: number).flatMap({ PromptHold.Reason(rawValue: $0) }) else {
            throw PostgreSQLError.decoding("a request is held for no known reason")
        }
        return PromptHold(reason, until: date(try rows.int64(row, 5)))
    }

    private static func date(_ microseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }

    /// Asked again it is the one that began before, whatever came since.
    private static func refusal(
        of transaction: CardTransaction,
        _ hold: PromptHold?,
        on connection: Connection
    ) async throws -> Outcome {
        if let earlier = try await earlier(transaction, on: connection) { return .repeated(earlier) }
        if let hold { return .held(hold) }
        let result = try await connection.execute(
            """
            SELECT (extract(epoch FROM deadline) * 1000000)::int8 FROM transactions WHERE iccid = $1 AND running
            """,
            [.text(transaction.iccid.description)]
        )
        if result.count == 0, case .recovery = transaction.task { return .tooSoon }
        // It may have ended meanwhile: then the card is free at once.
        guard result.count > 0 else { return .busy(until: Date()) }
        return .busy(until: date(try result.int64(0, 0)))
    }

    /// What the request began before, or the receipt that its signature has had.
    private static func earlier(_ transaction: CardTransaction, on connection: Connection) async throws -> LedgerEntry?
    {
        switch transaction.task {
        case .signature(let task): try await TransactionRow.requested(task.name, on: connection)
        case .receipt(let task): try await TransactionRow.receipt(of: task.signature, on: connection)
        case .keyGeneration, .recovery, .rollover: nil
        }
    }

    private static func parameters(
        _ transactions: [CardTransaction],
        _ process: Int32,
        _ limits: PromptLimits
    ) -> [Parameter] {
        let signatures = transactions.map(\.signature)
        return [
            .textArray(transactions.map(\.id.description)),
            .int4Array(transactions.map(\.kind)),
            .byteaArray(transactions.map(\.txn.octets)),
            .textArray(transactions.map(\.iccid.description)),
            .textArray(transactions.map(\.trace.description)),
            .int8Array(transactions.map { Int64($0.deadline.timeIntervalSince1970 * 1_000_000) }),
            .textArray(transactions.map(\.reader.provider)),
            .textArray(signatures.map { $0?.providerTransaction }),
            .textArray(transactions.map(\.reader.acquiringEntity?.uri)),
            .textArray(signatures.map { $0?.msisdnAsWritten }),
            .textArray(signatures.map { $0?.profile }),
            .byteaArray(signatures.map { $0?.content }),
            .boolArray(signatures.map { $0?.validates ?? false }),
            .int4Array(transactions.map(\.keyNumber)),
            .int4Array(transactions.map(\.keyDetail)),
            .textArray(signatures.map { $0?.instant }),
            .byteaArray(signatures.map { $0?.body }),
            .byteaArray(transactions.map(\.command)),
            .boolArray(transactions.map(\.isAwaited)),
            .int4Array(transactions.map { Int32($0.step) }),
            .byteaArray(signatures.map { $0?.request }),
            .byteaArray(signatures.map { $0.flatMap { $0.manner == .text ? nil : $0.manner.octets } }),
            .boolArray(transactions.map { $0.nextKeyVersion != nil }),
            .int4(process),
            .boolArray(signatures.map { $0?.isExpected ?? false }),
            .int4(Int32(clamping: limits.ofOne)), .int4(Int32(clamping: limits.ofAll)),
            .int4(Int32(clamping: limits.pause)), .int4(Int32(clamping: limits.longestPause)),
            .int4Array(signatures.map { $0?.answered.rawValue ?? 0 }),
            .textArray(signatures.map { $0?.notifies }),
            .textArray(transactions.map { $0.receipt?.signature.description }),
            .byteaArray(
                signatures.map { task in
                    task.flatMap { $0.documents.isEmpty ? nil : TaskDocument.octets(of: $0.documents) }
                }
            ),
            .byteaArray(signatures.map { $0?.person?.octets }),
        ]
    }
}

extension CardTransaction {
    fileprivate var signature: SignatureTask? { if case .signature(let task) = task { task } else { nil } }
    fileprivate var receipt: ReceiptTask? { if case .receipt(let task) = task { task } else { nil } }

    /// The key's place on the card; of a rollover the KVN that it is about.
    fileprivate var keyNumber: Int32? {
        switch task {
        case .signature(let task): Int32(task.key)
        case .keyGeneration(let task): Int32(task.reference)
        case .rollover(let task): Int32(task.keyVersion)
        case .recovery, .receipt: nil
        }
    }

    /// The algorithm of a key that is made, or which step of a rollover it is.
    fileprivate var keyDetail: Int32? {
        switch task {
        case .keyGeneration(let task): Int32(task.algorithm.rawValue)
        case .rollover(let task): Int32(task.step.rawValue)
        case .signature, .recovery, .receipt: nil
        }
    }

    fileprivate var kind: Int32 {
        switch task {
        case .signature: 1
        case .keyGeneration: 2
        case .recovery: 3
        case .rollover: 4
        case .receipt: 5
        }
    }
}

extension SignatureTask {
    var name: RequestName { RequestName(provider: provider, transaction: providerTransaction, instant: instant) }
}
