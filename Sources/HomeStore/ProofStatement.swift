import HomeMSSP
import PostgreSQL
import Synchronization

/// Stores the proofs that evidence names, each once, before the evidence that names it.
final class ProofStatement: Sendable {
    /// A proof's rows are kept at least as long as what names it: each term ends with such a part of time, and the
    /// proof is stored again when evidence is to be kept beyond the last.
    private static let term: Int64 = 30 * 86_400
    /// How many proofs are remembered as stored, some 100 octets each; when there are more, all are forgotten.
    private static let mostKnown = 16_384

    private let known = Mutex<[[UInt8]: Int64]>([:])

    static let sql = """
        INSERT INTO evidence_proofs (digest, keep_until, kind, der)
        SELECT digest, to_timestamp(keep_until), kind, der
        FROM unnest($1::bytea[], $2::int8[], $3::text[], $4::bytea[]) AS p (digest, keep_until, kind, der)
        ON CONFLICT DO NOTHING
        """

    /// Stores what is not stored yet; asks the database only if there is such a proof.
    func run(_ evidence: [KeptEvidence], on connection: Connection) async throws {
        var terms: [[UInt8]: Int64] = [:]
        var missing: [[UInt8]: KeptProof] = [:]
        known.withLock { known in
            for kept in evidence {
                let end = (kept.until / Self.term + 1) * Self.term
                for proof in kept.proofs where max(known[proof.digest] ?? 0, terms[proof.digest] ?? 0) < end {
                    terms[proof.digest] = end
                    missing[proof.digest] = proof
                }
            }
        }
        guard !missing.isEmpty else { return }
        // In one order, lest two processes wait for each other.
        let proofs = missing.values.sorted { $0.digest.lexicographicallyPrecedes($1.digest) }
        try await connection.execute(
            Self.sql,
            [
                .byteaArray(proofs.map(\.digest)), .int8Array(proofs.map { terms[$0.digest] }),
                .textArray(proofs.map(\.kind)), .byteaArray(proofs.map { $0.octets() }),
            ]
        )
        known.withLock { known in
            if known.count + terms.count > Self.mostKnown { known = [:] }
            known.merge(terms) { max($0, $1) }
        }
    }
}
