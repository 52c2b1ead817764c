import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

/// How soon a person may be asked again, by the real ledger and by the fake.
@Suite("A ledger that is asked in vain")
struct PromptContractTests {
    private let soon = HomeStorage.soon

    /// One provider asks; what came of it.
    private func ask(
        _ card: CardReference,
        _ storage: HomeStorage,
        as provider: String = "http://bomber.test",
        expected: Bool = false,
        _ end: MSSFault? = nil,
        isAnswered: Bool = false
    ) async throws -> String? {
        let transaction = Self.transaction(card, provider, expected)
        let error = try await storeError { _ = try await storage.ledger.begin(transaction, until: soon) }
        guard error == nil else { return error }
        let isDone = try await storage.ledger.end(
            transaction,
            with: end.map { .fault($0) } ?? .signature([1], .signature),
            counter: isAnswered || end == nil ? Self.nextCounter() : nil,
            until: soon
        )
        #expect(isDone)
        return nil
    }

    private static func transaction(
        _ card: CardReference,
        _ provider: String,
        _ expected: Bool,
        for time: TimeInterval = 60
    ) -> CardTransaction {
        var transaction = Sample.transaction(card, for: time)
        guard case .signature(var task) = transaction.task else { return transaction }
        (task.provider, task.isExpected) = (provider, expected)
        transaction.task = .signature(task)
        return transaction
    }

    private static let lastCounter = Mutex<UInt32>(0)
    private static func nextCounter() -> UInt32 {
        lastCounter.withLock { last in
            last += 1
            return last
        }
    }
    private static let expired = MSSFault(.expiredTransaction, specifier: 2081)
    private static let cancelled = MSSFault(.signatureProcess)

    @Test("lets a provider leave three prompts on a phone within an hour, and no fourth", arguments: Backend.allCases)
    func bomber(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        for fault in [Self.expired, Self.cancelled, Self.expired] {
            #expect(try await ask(card, storage, fault) == nil)
        }
        for _ in 0..<3 { #expect(try await ask(card, storage, Self.expired) == "held unanswered") }
        try await storage.age(card, 3_500)
        #expect(try await ask(card, storage, Self.expired) == "held unanswered")
        try await storage.age(card, 101)
        #expect(try await ask(card, storage, Self.expired) == nil)
    }

    @Test("tells when exactly the person may be asked again", arguments: Backend.allCases)
    func until(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        for _ in 0..<3 {
            #expect(try await ask(card, storage, Self.expired) == nil)
            try await storage.age(card, 600)
        }
        do {
            _ = try await storage.ledger.begin(Self.transaction(card, "http://bomber.test", false), until: soon)
            Issue.record("a fourth prompt")
        } catch .held(let hold) {
            #expect(hold.reason == .unanswered)
            #expect(abs(hold.until.timeIntervalSinceNow - 1_800) < 10)
        }
    }

    @Test("lets no provider lock a person out of the others", arguments: Backend.allCases)
    func lockout(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        for number in 0..<12 {
            for _ in 0..<5 { _ = try await ask(card, storage, as: "http://bomber-\(number).test", Self.expired) }
        }
        // Of two reasons the one that lasts longer is told.
        let first = try await ask(card, storage, as: "http://bomber-0.test", Self.expired)
        #expect(first == "held unanswered" || first == "held unansweredOfAll")
        // Those who came when the sum was reached had one prompt each.
        #expect(try await ask(card, storage, as: "http://bomber-11.test", Self.expired) == "held unansweredOfAll")
        for _ in 0..<3 { #expect(try await ask(card, storage, as: "http://bank.test") == nil) }
    }

    @Test("pauses longer after each refusal, for the one that was refused", arguments: Backend.allCases)
    func pauses(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        let refused = MSSFault(.userCancel, specifier: 4011)
        var pause = 5.0
        for _ in 0..<12 {
            #expect(try await ask(card, storage, refused, isAnswered: true) == nil)
            #expect(try await ask(card, storage, refused) == "held refused")
            try await storage.age(card, pause - 2)
            #expect(try await ask(card, storage, refused) == "held refused")
            #expect(try await ask(card, storage, as: "http://bank.test") == nil)
            try await storage.age(card, 2.5)
            pause = min(pause * 2, 3_600)
        }
        // A signature ends it.
        #expect(try await ask(card, storage) == nil)
        #expect(try await ask(card, storage, refused, isAnswered: true) == nil)
        try await storage.age(card, 5.5)
        #expect(try await ask(card, storage, refused, isAnswered: true) == nil)
    }

    @Test("takes \"I did not start this\" for no mistake", arguments: Backend.allCases)
    func notMe(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        let notMe = MSSFault(.userCancel, "The user says: I did not start this.", specifier: 4014)
        #expect(try await ask(card, storage, notMe, isAnswered: true) == nil)
        try await storage.age(card, 630)
        #expect(try await ask(card, storage) == "held refused")
        try await storage.age(card, 11)
        #expect(try await ask(card, storage, notMe, isAnswered: true) == nil)
        try await storage.age(card, 3_590)
        #expect(try await ask(card, storage) == "held refused")
        try await storage.age(card, 11)
        #expect(try await ask(card, storage) == nil)
    }

    @Test("forgets what was counted when the person signs, or is asked with their code", arguments: Backend.allCases)
    func forgiven(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        for _ in 0..<2 { #expect(try await ask(card, storage, Self.expired) == nil) }
        #expect(try await ask(card, storage) == nil)
        for _ in 0..<3 { #expect(try await ask(card, storage, Self.expired) == nil) }
        #expect(try await ask(card, storage, Self.expired) == "held unanswered")
        #expect(try await ask(card, storage, expected: true, Self.expired) == nil)
        for _ in 0..<2 { #expect(try await ask(card, storage, Self.expired) == nil) }
        #expect(try await ask(card, storage, Self.expired) == "held unanswered")
    }

    @Test("never limits who answers", arguments: Backend.allCases)
    func answered(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        for _ in 0..<30 { #expect(try await ask(card, storage) == nil) }
        // A phone that was busy, or off, has shown nothing.
        for fault in [MSSFault(.otaError, specifier: 2093), MSSFault(.otaError, specifier: 2092)] {
            for _ in 0..<4 { #expect(try await ask(card, storage, fault) == nil) }
        }
    }

    @Test("counts what ran out, whoever ends it", arguments: Backend.allCases)
    func overdue(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        func leave() async throws -> CardTransaction {
            let transaction = Self.transaction(card, "http://bomber.test", false, for: -1)
            _ = try await storage.ledger.begin(transaction, until: soon)
            return transaction
        }
        _ = try await leave()
        _ = try await storage.ledger.expire(until: soon)
        let second = try await leave()
        _ = try await storage.ledger.entry(second.id, until: soon)
        _ = try await leave()
        // The third ends by the very request that it holds back, or by the look before it.
        #expect(try await ask(card, storage, Self.expired) == "held unanswered")
        #expect(try await ask(card, storage, Self.expired) == "held unanswered")
        #expect(try await ask(card, storage, expected: true) == nil)
    }

    @Test("is asked again by a request that began before, however often", arguments: Backend.allCases)
    func repeated(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newUser()
        let first = Self.transaction(card, "http://bomber.test", false)
        _ = try await storage.ledger.begin(first, until: soon)
        _ = try await storage.ledger.end(first, with: .fault(Self.expired), counter: nil, until: soon)
        for _ in 0..<2 { #expect(try await ask(card, storage, Self.expired) == nil) }
        let word = try await storeError { _ = try await storage.ledger.begin(first, until: soon) }
        #expect(word == "repeated")
    }

    @Test("knows a person's code, and counts the wrong ones of each provider", arguments: Backend.allCases)
    func codes(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend, limits: PromptLimits())
        let card = try await storage.newSigner()
        func isCode(_ text: String) async throws -> Bool {
            let known = try #require(try await storage.directory.subscriber(card.msisdn, until: soon))
            return try storage.directory.isCode(try #require(NoSpamCode(text)), of: known)
        }
        #expect(try await isCode("kissa7") == false)
        try await storage.store.setNoSpamCode(NoSpamCode("Kissa7"), for: card.msisdn, by: Sample.act())
        #expect(try await isCode("kissa7"))
        #expect(try await isCode("kissa8") == false)
        func guess(_ provider: String = "http://bomber.test") async throws -> PromptHold? {
            try await storage.ledger.noteWrongCode(of: provider, for: card.iccid, until: soon)
        }
        for _ in 0..<5 {
            #expect(try await ask(card, storage, expected: true) == nil)
            #expect(try await guess() == nil)
            try await storage.age(card, 600)
        }
        let hold = try #require(try await guess())
        #expect(hold.reason == .wrongCode && abs(hold.until.timeIntervalSinceNow - 600) < 10)
        #expect(try await ask(card, storage, expected: true) == "held wrongCode")
        #expect(try await ask(card, storage) == nil)
        #expect(try await guess("http://bank.test") == nil)
        try await storage.age(card, 601)
        #expect(try await ask(card, storage, expected: true) == nil)
        #expect(try await guess() == nil)
        try await storage.store.setNoSpamCode(nil, for: card.msisdn, by: Sample.act())
        #expect(try await storage.directory.subscriber(card.msisdn, until: soon)?.noSpamCode == nil)
    }

    @Test("holds many at once without a word to the others in their batch")
    func batch() async throws {
        let storage = try await HomeStorage.open(.postgresql, limits: PromptLimits())
        let held = try await storage.newUser()
        for _ in 0..<3 { #expect(try await ask(held, storage, Self.expired) == nil) }
        var cards: [CardReference] = []
        for _ in 0..<10 { cards.append(try await storage.newUser()) }
        try await withThrowingTaskGroup(of: (Bool, String?).self) { group in
            for card in cards { group.addTask { (false, try await ask(card, storage)) } }
            for _ in 0..<10 { group.addTask { (true, try await ask(held, storage)) } }
            for try await (isHeld, word) in group { #expect(word == (isHeld ? "held unanswered" : nil)) }
        }
    }

    @Test("counts as one in several homes that are asked at the same moment", .timeLimit(.minutes(1)))
    func severalHomes() async throws {
        let one = try await HomeStorage.open(.postgresql, limits: PromptLimits())
        let other = try await HomeStorage.open(.postgresql, limits: PromptLimits())
        for _ in 0..<10 {
            let card = try await one.newUser()
            let begun = try await withThrowingTaskGroup(of: Int.self) { group in
                for storage in [one, other, one, other, one, other] {
                    group.addTask {
                        var begun = 0
                        while true {
                            switch try await ask(card, storage, Self.expired) {
                            case nil: begun += 1
                            case "busy": continue
                            case let word:
                                #expect(word == "held unanswered")
                                return begun
                            }
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            // Who was asked, and had ended, within another one's statement was not in its sight.
            #expect((3...4).contains(begun))
        }
    }

    @Test("tells the audit who said that they did not start it")
    func audited() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let card = try await storage.newUser()
        let transaction = Self.transaction(card, "http://bomber.test", false)
        _ = try await storage.ledger.begin(transaction, until: soon)
        let notMe = MSSFault(.userCancel, "The user says: I did not start this.", specifier: 4014)
        _ = try await storage.ledger.end(transaction, with: .fault(notMe), counter: 1, until: soon)
        let database = try #require(storage.database)
        let rows = try await Connection(database.owner).execute(
            "SELECT origin FROM audit_log WHERE subject = $1 AND act = 'not me'",
            [.text(transaction.id.description)]
        )
        #expect(rows.count == 1)
        #expect(try rows.text(0, 0) == "http://bomber.test")
    }
}
