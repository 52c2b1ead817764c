import Foundation
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

@Suite("The storage of evidence")
struct EvidenceStorageTests {
    private let storage: HomeStorage
    private let owner: Connection
    private let soon = HomeStorage.soon

    init() async throws {
        let database = try await PostgreSQLCluster.shared().database()
        storage = HomeStorage.on(Pool(database.service, size: 4), database)
        owner = try await Connection(database.owner)
    }

    /// How often each proof's octets were asked for.
    private final class Fetched: Sendable {
        let count = Mutex(0)

        func proof(_ mark: UInt8, _ kind: String = "crl") -> KeptProof {
            KeptProof(kind: kind, digest: [UInt8](repeating: mark, count: 32)) {
                self.count.withLock { $0 += 1 }
                return [mark, mark]
            }
        }
    }

    private func evidence(days: Int64 = 3_650, _ mark: UInt8 = 1, proofs: [KeptProof] = []) -> KeptEvidence {
        let until = Int64(Date().timeIntervalSince1970) + days * 86_400
        return KeptEvidence(until: until, sealed: [UInt8](repeating: mark, count: 1_900), proofs: proofs)
    }

    private func sign(_ evidence: KeptEvidence) async throws -> CardTransaction {
        let transaction = try await begun()
        #expect(try await end(transaction, evidence))
        return transaction
    }

    private func end(_ transaction: CardTransaction, _ evidence: KeptEvidence) async throws -> Bool {
        try await storage.ledger.end(
            transaction,
            with: .signature([1], .signature),
            frame: AnswerFrame(1),
            tells: false,
            evidence: evidence,
            until: soon
        )
    }

    private func begun() async throws -> CardTransaction {
        let transaction = Sample.transaction(try await storage.newUser())
        _ = try await storage.ledger.begin(transaction, until: soon)
        return transaction
    }

    private func count(_ what: String) async throws -> Int64 {
        try await owner.execute("SELECT count(*) FROM " + what).int64(0, 0)
    }

    @Test("is one commit with the end: a second end changes nothing, and a fault leaves none")
    func oneCommit() async throws {
        let kept = evidence()
        let transaction = try await sign(kept)
        #expect(
            try await storage.ledger.end(
                transaction,
                with: .signature([2], .signature),
                frame: AnswerFrame(2),
                tells: false,
                evidence: evidence(2),
                until: soon
            ) == false
        )
        let rows = try await owner.execute(
            "SELECT id, extract(epoch FROM keep_until)::int8, sealed FROM evidence"
        )
        #expect(rows.count == 1)
        #expect(try rows.text(0, 0) == transaction.id.description)
        #expect(try rows.int64(0, 1) == kept.until && rows.bytes(0, 2) == kept.sealed)
        let other = try await begun()
        _ = try await storage.ledger.end(other, with: .fault(MSSFault(.userCancel)), frame: nil, until: soon)
        #expect(try await count("evidence") == 1)
    }

    @Test("keeps the request from the beginning to the end, for whichever process ends it")
    func request() async throws {
        var transaction = Sample.transaction(try await storage.newUser())
        guard case .signature(var task) = transaction.task else { return }
        task.request = [1, 2, 3]
        transaction.task = .signature(task)
        _ = try await storage.ledger.begin(transaction, until: soon)
        let running = try #require(try await storage.ledger.running(transaction.msisdn, until: soon)).transaction
        guard case .signature(let stored) = running.task else { return }
        #expect(stored.request == [1, 2, 3])
        #expect(abs(running.asked.timeIntervalSince(transaction.asked)) < 60)
        _ = try await storage.ledger.end(
            transaction,
            with: .signature([1], .signature),
            frame: AnswerFrame(1),
            until: soon
        )
        #expect(try await count("transactions WHERE request IS NOT NULL AND NOT running") == 0)
    }

    @Test("keeps no request of what ended otherwise: expired, or on a card that was blocked")
    func otherEnds() async throws {
        func begin(for time: TimeInterval) async throws -> CardTransaction {
            var transaction = Sample.transaction(try await storage.newSigner(), for: time)
            guard case .signature(var task) = transaction.task else { return transaction }
            task.request = [1, 2, 3]
            transaction.task = .signature(task)
            _ = try await storage.ledger.begin(transaction, until: soon)
            return transaction
        }
        _ = try await begin(for: -1)
        let blocked = try await begin(for: 60)
        let again = try await begin(for: -1)
        #expect(try await count("transactions WHERE request IS NOT NULL") == 3)
        _ = try await storage.ledger.begin(
            Sample.transaction(
                CardReference(iccid: again.iccid, msisdn: again.msisdn, security: Sample.security(again.iccid))
            ),
            until: soon
        )
        #expect(try await storage.ledger.expire(until: soon).count == 1)
        for mark in [UInt8(1), 2] {
            _ = try await storage.ledger.judge(AnswerFrame(1, mark: mark), from: blocked.iccid, until: soon)
        }
        #expect(try await count("transactions WHERE request IS NOT NULL AND NOT running") == 0)
        #expect(try await count("transactions WHERE NOT running AND fault IN (208, 403)") == 3)
    }

    @Test("stores a proof once for all that name it, before they do, and again for another term")
    func proofs() async throws {
        let fetched = Fetched()
        for _ in 0..<3 { _ = try await sign(evidence(proofs: [fetched.proof(1), fetched.proof(2, "ocsp")])) }
        #expect(fetched.count.withLock { $0 } == 2)
        _ = try await sign(evidence(days: 4_000, proofs: [fetched.proof(1)]))
        #expect(fetched.count.withLock { $0 } == 3)
        // A term that ends earlier needs nothing more.
        _ = try await sign(evidence(days: 30, proofs: [fetched.proof(1), fetched.proof(2, "ocsp")]))
        #expect(fetched.count.withLock { $0 } == 3)
        // Another process knows of none, and finds them stored.
        let database = try #require(storage.database)
        let second = HomeStorage.on(Pool(database.service, size: 2), database)
        let transaction = try await begun()
        _ = try await second.ledger.end(
            transaction,
            with: .signature([1], .signature),
            frame: AnswerFrame(1),
            tells: false,
            evidence: evidence(proofs: [fetched.proof(1)]),
            until: soon
        )
        #expect(try await count("evidence_proofs") == 3)
        #expect(
            try await count(
                "evidence e WHERE (SELECT max(keep_until) FROM evidence_proofs WHERE digest = '\\x"
                    + String(repeating: "01", count: 32) + "') < e.keep_until"
            ) == 0
        )
    }

    @Test("stores a new list once though many ends name it at the same time", .timeLimit(.minutes(1)))
    func manyAtOnce() async throws {
        let fetched = Fetched()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { _ = try await sign(evidence(proofs: [fetched.proof(1), fetched.proof(2)])) }
            }
            try await group.waitForAll()
        }
        #expect(fetched.count.withLock { $0 } == 2)
        #expect(try await count("evidence") == 20)
        #expect(try await count("evidence_proofs") == 2)
    }

    @Test("keeps nobody waiting for a list that they do not name", .timeLimit(.minutes(1)))
    func beside() async throws {
        let lock = try await Connection(try #require(storage.database).owner)
        try await lock.run(script: "BEGIN; LOCK TABLE evidence_proofs IN SHARE MODE")
        let named = try await begun()
        let chronicle = Chronicle()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await end(named, evidence(proofs: [Fetched().proof(1)]))
                chronicle.note("stored")
            }
            while try await count("pg_locks WHERE NOT granted AND relation = 'evidence_proofs'::regclass") == 0 {
                await Task.yield()
            }
            _ = try await sign(evidence(2))
            #expect(chronicle.all.isEmpty)
            #expect(try await count("evidence") == 1)
            try await lock.run(script: "COMMIT")
            try await group.waitForAll()
        }
        #expect(try await count("evidence") == 2)
        #expect(try await count("evidence_proofs") == 1)
    }

    @Test("is not stored, nor is the end, without the proof that it names", arguments: ["crl", "ocsp"])
    func withoutProof(_ kind: String) async throws {
        let fetched = Fetched()
        let transaction = try await begun()
        try await owner.run(script: "REVOKE INSERT ON evidence_proofs FROM mssp_home")
        let kept = evidence(proofs: [fetched.proof(1, kind)])
        for _ in 0..<2 {
            #expect(try await storeError { _ = try await end(transaction, kept) } == "unavailable")
        }
        #expect(try await storage.ledger.running(transaction.msisdn, until: soon) != nil)
        #expect(try await count("evidence") == 0)
        try await owner.run(script: "GRANT INSERT ON evidence_proofs TO mssp_home")
        #expect(try await end(transaction, kept))
        #expect(try await count("evidence") == 1)
        #expect(try await count("evidence_proofs") == 1)
    }

    @Test("costs a row no more than 2.5 kB, in the table itself")
    func size() async throws {
        for _ in 0..<64 { _ = try await sign(evidence()) }
        let size = try await owner.execute(
            """
            SELECT pg_relation_size('evidence') / 64, pg_total_relation_size('evidence') / 64,
                pg_relation_size((SELECT reltoastrelid FROM pg_class WHERE oid = 'evidence'::regclass))
            """
        )
        #expect(try size.int64(0, 0) < 2_500)
        #expect(try size.int64(0, 2) == 0)
        print("evidence: \(try size.int64(0, 0)) octets a row, \(try size.int64(0, 1)) with its indexes (64 rows)")
    }
}
