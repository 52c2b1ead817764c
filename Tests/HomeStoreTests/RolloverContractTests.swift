import Alauda
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

/// What the real storage and the fake keep of a card whose root is rolled.
@Suite("A card's new root in storage")
struct RolloverContractTests {
    private let soon = HomeStorage.soon

    private func keys(_ storage: HomeStorage) throws -> any CardKeyStore {
        if let home = storage.ledger as? MemoryHome { return home }
        return CardKeyTable(pool: Pool(try #require(storage.database).service, size: 2))
    }

    private func rollover(_ card: CardReference, _ step: RolloverTask.Step) -> CardTransaction {
        var transaction = Sample.transaction(card)
        transaction.task = .rollover(RolloverTask(step, 2))
        return transaction
    }

    /// Packet and frame counter of a beginning, and the root that the latter is of; it ends at once.
    private func spend(_ transaction: CardTransaction, _ storage: HomeStorage) async throws -> String {
        let spent = try await storage.ledger.begin(transaction, until: soon)
        let words = "\(spent.packet) \(spent.frame) \(spent.keyVersion.map { "of \($0)" } ?? "of the one there is")"
        #expect(try await storage.ledger.end(transaction, with: .cardAnswered, frame: nil, until: soon))
        return words
    }

    private func spend(
        _ command: SideCommand,
        in transaction: CardTransaction,
        _ storage: HomeStorage
    ) async throws -> String? {
        guard let spent = try await storage.ledger.spend(on: command, for: transaction, until: soon) else { return nil }
        return "\(spent.packet) \(spent.frame)"
    }

    @Test("has a counter of its own, and takes it along when it comes to be in use", arguments: Backend.allCases)
    func counters(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let keys = try keys(storage)
        let card = try await storage.newUser()
        #expect(try await spend(Sample.transaction(card), storage) == "1 1 of the one there is")
        var pending = try #require(card.security.root(.active))
        pending.keyVersion = 2
        pending.state = .pending
        try await keys.add(pending, by: "test", until: soon)
        #expect(try await spend(rollover(card, .newRoot), storage) == "2 2 of the one there is")
        let status = rollover(card, .status)
        let first = try await storage.ledger.begin(status, until: soon)
        let words = "\(first.packet) \(first.frame) \(first.keyVersion.map { "\($0)" } ?? "-")"
        #expect(words == "3 1 -")
        // REPEAT in it goes out under the same root.
        #expect(try await spend(.askAgain, in: status, storage) == "4 2")
        #expect(try await storage.ledger.end(status, with: .cardAnswered, frame: nil, until: soon))
        #expect(try await spend(.askAgain, in: status, storage) == nil)
        // A silent card in the middle of it is asked under both.
        var recovery = Sample.transaction(card)
        recovery.task = .recovery
        let asked = try await storage.ledger.begin(recovery, until: soon).frame
        #expect(asked == 2 + UInt32(CardTransaction.recoveryJump))
        #expect(try await spend(.statusOfNext, in: recovery, storage)?.hasSuffix(" 3") == true)
        #expect(try await storage.ledger.end(recovery, with: .cardAnswered, frame: nil, until: soon))

        let now = try #require(try await storage.directory.subscriber(card.msisdn, until: soon)).card
        let old = try #require(now.security.root(.active))
        let new = try #require(now.security.root(.pending))
        let steps = try [(old, KeysetState.accept), (new, .active)].map { record, state in
            var to = record
            to.state = state
            return try #require(CardKeyStep(from: record, to: to))
        }
        #expect(try await keys.take(steps, by: "test", until: soon))
        #expect(try await !keys.take(steps, by: "test", until: soon))
        #expect(try await spend(rollover(card, .retire), storage).hasSuffix(" 4 of 2"))
        #expect(try await spend(Sample.transaction(card), storage).hasSuffix(" 5 of 2"))
        let states = try await keys.records(card.iccid, until: soon).filter { $0.domain == .wpki }.map(\.state)
        #expect(Set(states) == [.accept, .active])
    }

    @Test("is known again by who carries its exchange on", arguments: Backend.allCases)
    func roundTrip(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        for step in [RolloverTask.Step.newRoot, .status, .retire] {
            let transaction = rollover(card, step)
            _ = try await storage.ledger.begin(transaction, until: soon)
            let entry = try #require(try await storage.ledger.entry(transaction.id, until: soon))
            guard case .rollover(let task) = entry.transaction.task else {
                Issue.record("another task")
                return
            }
            #expect(task == RolloverTask(step, 2))
            #expect(entry.transaction.nextKeyVersion == (step == .status ? 2 : nil))
            #expect(try await storage.ledger.end(transaction, with: .cardAnswered, frame: nil, until: soon))
        }
    }
}
