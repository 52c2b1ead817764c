import Alauda
import Foundation
import HomeMSSP
import MSSCore
import PostgreSQL

/// Commits the beginning of many transactions at once: rows, counters and audit in one statement.
enum BeginStatement {
    /// A committed beginning, or `nil` where the card was busy.
    struct Begun: Sendable {
        var packet: Int64
        var frame: Int64
    }

    static let sql = """
        WITH asked AS (
            SELECT * FROM unnest(
                $1::text[], $2::int4[], $3::bytea[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bool[], $14::int4[], $15::int4[]
            ) AS a (
                id, kind, txn, iccid, trace, deadline, provider, provider_transaction, acquiring_entity,
                msisdn_as_written, profile, content, validates, key_reference, key_algorithm
            )
        ), overdue AS (
            UPDATE transactions t
            SET running = false, fault = 208, fault_specifier = 2081, fault_detail = 'The user did not answer in time.',
                ended = now()
            -- By their cards, not by a join: a plan that walks all that runs would cost with what waits.
            WHERE t.iccid = ANY ($4::text[]) AND t.running AND t.deadline < now()
            RETURNING t.id, t.trace
        ), begun AS (
            INSERT INTO transactions (
                id, kind, txn, iccid, trace, deadline, provider, provider_transaction, acquiring_entity,
                msisdn_as_written, profile, content, validates, key_reference, key_algorithm
            )
            SELECT id, kind, txn, iccid, trace, to_timestamp(deadline / 1000000.0), provider, provider_transaction,
                acquiring_entity, msisdn_as_written, profile, content, validates, key_reference, key_algorithm
            FROM asked CROSS JOIN (SELECT count(*) FROM overdue) AS overdue_first
            ON CONFLICT DO NOTHING
            RETURNING id, iccid, kind, trace, acquiring_entity, provider
        ), spent AS (
            UPDATE card_counters c SET packet = c.packet + 1, frame = c.frame + 1
            FROM begun b WHERE c.iccid = b.iccid
            RETURNING b.id, c.packet, c.frame
        ), activating AS (
            UPDATE mobile_users u SET state = 'ACTIVATING'
            FROM begun b WHERE u.iccid = b.iccid AND b.kind = 2 AND u.state IN ('CREATED', 'ACTIVATING')
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT CASE kind WHEN 1 THEN 'signature' ELSE 'key generation' END, 'intent', id, acquiring_entity,
                provider, trace, NULL
            FROM begun
            UNION ALL
            SELECT 'expiry', 'result', id, NULL, NULL, trace, '208' FROM overdue
        )
        SELECT id, packet, frame FROM spent
        """

    static func run(_ transactions: [CardTransaction], on connection: Connection) async throws -> [Begun?] {
        // Sorted, so that two batches at once lock the rows of cards in one order.
        let sorted = transactions.sorted { $0.iccid.description < $1.iccid.description }
        let result = try await connection.execute(sql, parameters(sorted))
        var begun: [String: Begun] = [:]
        for row in 0..<result.count {
            begun[try result.text(row, 0)] = Begun(
                packet: try result.int64(row, 1),
                frame: try result.int64(row, 2)
            )
        }
        return transactions.map { begun[$0.id.description] }
    }

    private static func parameters(_ transactions: [CardTransaction]) -> [Parameter] {
        let signatures = transactions.map(\.signature)
        let generations = transactions.map(\.keyGeneration)
        return [
            .textArray(transactions.map(\.id.description)),
            .int4Array(transactions.map { $0.signature == nil ? 2 : 1 }),
            .byteaArray(transactions.map(\.txn.octets)),
            .textArray(transactions.map(\.iccid.description)),
            .textArray(transactions.map(\.trace.description)),
            .int8Array(transactions.map { Int64($0.deadline.timeIntervalSince1970 * 1_000_000) }),
            .textArray(signatures.map { $0?.provider }),
            .textArray(signatures.map { $0?.providerTransaction }),
            .textArray(signatures.map { $0?.acquiringEntity.uri }),
            .textArray(signatures.map { $0?.msisdnAsWritten }),
            .textArray(signatures.map { $0?.profile }),
            .byteaArray(signatures.map { $0?.content }),
            .boolArray(signatures.map { $0?.validates ?? false }),
            .int4Array(generations.map { $0.map { Int32($0.reference) } }),
            .int4Array(generations.map { $0.map { Int32($0.algorithm.rawValue) } }),
        ]
    }
}

extension CardTransaction {
    var signature: SignatureTask? { if case .signature(let task) = task { task } else { nil } }
    var keyGeneration: KeyGenerationTask? { if case .keyGeneration(let task) = task { task } else { nil } }
}
