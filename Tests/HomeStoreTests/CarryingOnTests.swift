import Foundation
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

/// What a ledger keeps for other processes, for repeated requests, and for those who come late.
@Suite("A ledger, for those who carry on")
struct CarryingOnTests {
    private let soon = HomeStorage.soon

    @Test("knows a request by its name, and begins it once", arguments: Backend.allCases)
    func repeated(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let first = Sample.transaction(card)
        let counters = try await storage.ledger.begin(first, until: soon).frame
        var second = Sample.transaction(card)
        second.task = first.task
        do throws(StoreError) {
            _ = try await storage.ledger.begin(second, until: soon)
            Issue.record("the same request began twice")
        } catch .repeated(let entry) {
            #expect(entry.transaction.id == first.id)
            #expect(entry.result == nil)
        }
        _ = try await storage.ledger.end(first, with: .signature([1], .signature), counter: 1, until: soon)
        #expect(try await storeError { _ = try await storage.ledger.begin(second, until: soon) } == "repeated")
        let third = Sample.transaction(card)
        #expect(try await storage.ledger.begin(third, until: soon).frame == counters + 1)
        guard case .signature(let task) = first.task else { return }
        let name = RequestName(provider: task.provider, transaction: task.providerTransaction, instant: task.instant)
        let found = try await storage.ledger.requested(name, until: soon)
        #expect(found?.transaction.id == first.id)
        guard case .signature(let kept) = found?.transaction.task else { throw StoreError.conflict("kind") }
        #expect(kept.body == task.body)
    }

    @Test("tells a result to its reader alone, as often as asked", arguments: Backend.allCases)
    func readers(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        _ = try await storage.ledger.begin(transaction, until: soon)
        #expect(try await storage.ledger.deliver(transaction.id, to: transaction.reader, until: soon)?.result == nil)
        _ = try await storage.ledger.end(transaction, with: .signature([1], .signature), counter: 1, until: soon)
        let strangers = [
            ResultReader(provider: "http://x", acquiringEntity: Sample.ae),
            ResultReader(provider: Sample.apID, acquiringEntity: Sample.me),
            ResultReader(provider: nil, acquiringEntity: nil),
        ]
        for reader in strangers {
            #expect(try await storage.ledger.deliver(transaction.id, to: reader, until: soon) == nil)
        }
        for _ in 0..<2 {
            let entry = try await storage.ledger.deliver(transaction.id, to: transaction.reader, until: soon)
            #expect(entry?.result != nil)
        }
    }

    @Test("ends what is overdue without being asked, and counts the card's silence", arguments: Backend.allCases)
    func overdue(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        for silences in 1...3 {
            let left = Sample.transaction(card, for: -1)
            _ = try await storage.ledger.begin(left, until: soon)
            let expired = try await storage.ledger.expire(until: soon).first { $0.id == left.id }
            #expect(expired?.msisdn == card.msisdn)
            #expect(expired?.silences == silences)
            #expect(try await storage.result(left) == "208")
        }
        let answered = Sample.transaction(card)
        _ = try await storage.ledger.begin(answered, until: soon)
        _ = try await storage.ledger.end(answered, with: .signature([1], .signature), counter: 1, until: soon)
        let left = Sample.transaction(card, for: -1)
        _ = try await storage.ledger.begin(left, until: soon)
        #expect(try await storage.ledger.expire(until: soon).first { $0.id == left.id }?.silences == 1)
    }

    @Test("lets the first command go again until another one has used the counters", arguments: Backend.allCases)
    func again(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        let first = try await storage.ledger.begin(transaction, until: soon).frame
        #expect(try await frame(storage.ledger.again(transaction, until: soon)) == first)
        let asked = try await frame(storage.ledger.spend(on: .askAgain, for: transaction, until: soon))
        #expect(asked == first + 1)
        #expect(try await frame(storage.ledger.again(transaction, until: soon)) == nil)
        _ = try await storage.ledger.end(transaction, with: .fault(MSSFault(.userCancel)), counter: 1, until: soon)
        #expect(try await frame(storage.ledger.spend(on: .askAgain, for: transaction, until: soon)) == nil)
        #expect(try await frame(storage.ledger.spend(on: .message, for: transaction, until: soon)) == first + 2)
    }

    @Test("jumps both counters for a recovery, once a day", arguments: Backend.allCases)
    func recovery(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        var recovery = Sample.transaction(card)
        recovery.task = .recovery
        let counters = try await storage.ledger.begin(recovery, until: soon)
        #expect(counters.packet == 1024 && counters.frame == 1024)
        #expect(try await storage.ledger.end(recovery, with: .cardAnswered, counter: 5, until: soon))
        #expect(try await storage.result(recovery) == "card answered")
        var second = Sample.transaction(card)
        second.task = .recovery
        #expect(try await storeError { _ = try await storage.ledger.begin(second, until: soon) } == "conflict")
    }

    @Test("notes a late signature once, and only after an end that was not the card's", arguments: Backend.allCases)
    func late(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let answered = Sample.transaction(card)
        _ = try await storage.ledger.begin(answered, until: soon)
        #expect(try await storage.ledger.tooLate(answered.txn, from: card.iccid, until: soon) == nil)
        _ = try await storage.ledger.end(answered, with: .fault(MSSFault(.userCancel)), counter: 1, until: soon)
        #expect(try await storage.ledger.tooLate(answered.txn, from: card.iccid, until: soon) == nil)
        let expired = Sample.transaction(card)
        _ = try await storage.ledger.begin(expired, until: soon)
        _ = try await storage.ledger.end(
            expired,
            with: .fault(MSSFault(.expiredTransaction)),
            counter: nil,
            until: soon
        )
        #expect(try await storage.ledger.tooLate(expired.txn, from: card.iccid, until: soon)?.id == expired.id)
        #expect(try await storage.ledger.tooLate(expired.txn, from: card.iccid, until: soon) == nil)
    }

    private func frame(_ counters: consuming SpentCounters?) -> UInt32? {
        guard let counters else { return nil }
        return counters.frame
    }
}

@Suite("Two processes of the home on one database")
struct TwoProcessTests {
    private let soon = HomeStorage.soon

    @Test("wake each other's callers within 100 ms, and nobody else", .timeLimit(.minutes(1)))
    func wakes() async throws {
        let (a, b, database) = try await processes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await a.listen(database.service) }
            var changes = a.changes.makeAsyncIterator()
            #expect(await changes.next() == .missed)
            let storage = HomeStorage.on(Pool(database.service, size: 4), database)
            let card = try await storage.newUser()
            var times: [Duration] = []
            for number in UInt32(1)...20 {
                var transaction = Sample.transaction(card)
                transaction.isAwaited = number % 2 == 0
                _ = try await a.begin(transaction, until: soon)
                let start = ContinuousClock.now
                #expect(
                    try await b.end(transaction, with: .signature([1], .signature), counter: number, until: soon)
                )
                guard transaction.isAwaited else { continue }
                #expect(await changes.next() == .ended(transaction.id))
                times.append(.now - start)
            }
            #expect(times.sorted()[times.count / 2] < .milliseconds(100), "\(times)")
            print(
                "woken at the other process after \(times.sorted()[times.count / 2]) (median), \(times.max() ?? .zero)"
            )
            group.cancelAll()
        }
    }

    @Test("leave what a living process looks after, and take over from one that is gone", .timeLimit(.minutes(1)))
    func adopts() async throws {
        let (a, b, database) = try await processes()
        let storage = HomeStorage.on(Pool(database.service, size: 4), database)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await a.listen(database.service) }
            var changes = a.changes.makeAsyncIterator()
            #expect(await changes.next() == .missed)
            _ = try await a.begin(transaction, until: soon)
            #expect(try await b.adopt(until: soon).isEmpty)
            group.cancelAll()
        }
        var adopted: [RunningTransaction] = []
        while adopted.isEmpty { adopted = try await b.adopt(until: soon) }
        #expect(adopted.map(\.transaction.id) == [transaction.id])
        #expect(try await b.adopt(until: soon).isEmpty)
    }

    @Test("audit who was told what, once, before it is told")
    func delivery() async throws {
        let (a, b, database) = try await processes()
        let storage = HomeStorage.on(Pool(database.service, size: 4), database)
        let card = try await storage.newUser()
        for tells in [true, false] {
            let transaction = Sample.transaction(card)
            _ = try await a.begin(transaction, until: soon)
            _ = try await a.end(
                transaction,
                with: .signature([1], .signature),
                frame: AnswerFrame(tells ? 1 : 2),
                tells: tells,
                evidence: nil,
                until: soon
            )
            for _ in 0..<3 { _ = try await b.deliver(transaction.id, to: transaction.reader, until: soon) }
            let owner = try await Connection(database.owner)
            let lines = try await owner.execute(
                """
                SELECT peer || ' ' || (digest = sha256('\\x01'))::text FROM audit_log
                WHERE act = 'delivery' AND subject = $1
                """,
                [.text(transaction.id.description)]
            )
            #expect(lines.count == 1)
            #expect(try lines.text(0, 0) == Sample.ae.uri + " true")
        }
    }

    private func processes() async throws -> (PostgreSQLLedger, PostgreSQLLedger, PostgreSQLCluster.Database) {
        let database = try await PostgreSQLCluster.shared().database()
        func ledger() -> PostgreSQLLedger {
            let pool = Pool(database.service, size: 4)
            return PostgreSQLLedger(
                pool: pool,
                subscribers: SubscriberTable(pool: pool, authenticator: DigestAuthenticator())
            )
        }
        return (ledger(), ledger(), database)
    }
}
