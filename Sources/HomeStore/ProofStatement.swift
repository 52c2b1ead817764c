import HomeMSSP
import PostgreSQL
import Synchronization

/// Stores the responders' answers that evidence names, each once, before the evidence that names it.
///
/// Lists are large, and ``ListStore``'s.
final class ProofStatement: Sendable {
    /// A proof's rows are kept at least as long as what names it: each term ends with such a part of time, and the
    /// proof is stored again when evidence is to be kept beyond the last.
    private static let period: Int64 = 30 * 86_400
    /// How many answers are remembered as stored, some 100 octets each; when there are more, all are forgotten.
    private static let mostKnown = 16_384

    private let known = Mutex<[[UInt8]: Int64]>([:])

    /// When the term of what evidence names ends, in seconds since 1970.
    static func term(of evidence: KeptEvidence) -> Int64 { (evidence.until / period + 1) * period }

    private static let sql = """
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
                let end = Self.term(of: kept)
                for proof in kept.proofs where !proof.isList {
                    guard max(known[proof.digest] ?? 0, terms[proof.digest] ?? 0) < end else { continue }
                    terms[proof.digest] = end
                    missing[proof.digest] = proof
                }
            }
        }
        guard !missing.isEmpty else { return }
        // In one order, lest two processes wait for each other.
        let proofs = missing.values.sorted { $0.digest.lexicographicallyPrecedes($1.digest) }
        try await Self.insert(proofs.map { ($0, terms[$0.digest] ?? 0) }, on: connection)
        known.withLock { known in
            if known.count + terms.count > Self.mostKnown { known = [:] }
            known.merge(terms) { max($0, $1) }
        }
    }

    /// Stores proofs, each to the end of its term; one that is stored stays as it is.
    static func insert(_ proofs: [(proof: KeptProof, term: Int64)], on connection: Connection) async throws {
        try await connection.execute(
            sql,
            [
                .byteaArray(proofs.map { $0.proof.digest }), .int8Array(proofs.map { $0.term }),
                .textArray(proofs.map { $0.proof.kind }), .byteaArray(proofs.map { $0.proof.octets() }),
            ]
        )
    }
}
