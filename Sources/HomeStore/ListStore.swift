import HomeMSSP
import PostgreSQL
import Synchronization

/// Stores the revocation lists that evidence names, each once, before the end of the signature that names it first.
///
/// A list may have 16 MiB. So it has a commit of its own, on a connection of its own: only the ends that name it wait
/// for it. One that is stored and named by nobody, because the end failed, goes when its term is over.
final class ListStore: Sendable {
    private struct Entry {
        /// Until when it is stored, in seconds since 1970.
        var until: Int64 = 0
        var isBeingStored = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private enum Claim {
        case stored
        case ours
        case others
    }

    /// How many lists are remembered as stored; when there are more, those that nobody is storing are forgotten.
    private static let mostKnown = 1_024

    private let pool: Pool
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    init(pool: Pool) {
        self.pool = pool
    }

    /// Returns when every list that the evidence names is committed.
    ///
    /// - Throws: What the database said, or `PostgreSQLError.exhausted` at the deadline: the evidence may not be stored
    ///   then.
    func keep(_ evidence: KeptEvidence, until deadline: ContinuousClock.Instant) async throws {
        for proof in evidence.proofs where proof.isList {
            try await keep(proof, ProofStatement.term(of: evidence), deadline)
        }
    }

    private func keep(_ list: KeptProof, _ term: Int64, _ deadline: ContinuousClock.Instant) async throws {
        while true {
            switch claim(list.digest, term) {
            case .stored: return
            case .ours:
                do {
                    try await pool.withConnection(deadline: deadline) { connection in
                        try await ProofStatement.insert([(list, term)], on: connection)
                    }
                } catch {
                    release(list.digest, nil)
                    throw error
                }
                return release(list.digest, term)
            case .others:
                await others(list.digest)
                guard .now < deadline else { throw PostgreSQLError.exhausted }
            }
        }
    }

    private func claim(_ digest: [UInt8], _ term: Int64) -> Claim {
        entries.withLock { entries in
            let entry = entries[digest, default: Entry()]
            if entry.until >= term { return .stored }
            if entry.isBeingStored { return .others }
            if entries.count >= Self.mostKnown { entries = entries.filter { $0.value.isBeingStored } }
            entries[digest, default: entry].isBeingStored = true
            return .ours
        }
    }

    private func release(_ digest: [UInt8], _ term: Int64?) {
        let waiters = entries.withLock { entries in
            let waiters = entries[digest]?.waiters ?? []
            let until = max(entries[digest]?.until ?? 0, term ?? 0)
            entries[digest] = until == 0 ? nil : Entry(until: until)
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until whoever is storing a list has done so, or failed.
    private func others(_ digest: [UInt8]) async {
        await withCheckedContinuation { continuation in
            let waits = entries.withLock { entries in
                guard entries[digest]?.isBeingStored == true else { return false }
                entries[digest]?.waiters.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }
}

extension KeptProof {
    /// Otherwise it is a responder's answer: some kilobytes, for one certificate.
    var isList: Bool { kind == "crl" }
}
