import Alauda
import Foundation
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Synchronization
import Testing

/// What keeps the home's ports: the contract holds for each.
enum Backend: CaseIterable {
    case memory
    case postgresql
}

/// One database of a test, or its fake, with the ports on it.
struct HomeStorage: Sendable {
    let ledger: any TransactionLedger
    let directory: any SubscriberDirectory
    let store: any RegistrationStore
    /// Of the real one.
    var database: PostgreSQLCluster.Database?

    /// Limits that no test reaches that is not about them.
    static let anyNumber = PromptLimits(ofOne: 100, ofAll: 100, pause: 0)

    static func open(_ backend: Backend, limits: PromptLimits = anyNumber) async throws -> HomeStorage {
        switch backend {
        case .memory:
            let home = MemoryHome()
            home.setLimits(limits)
            return HomeStorage(ledger: home, directory: home, store: home)
        case .postgresql:
            let database = try await PostgreSQLCluster.shared().commonDatabase()
            return on(Pool(database.service, size: 8), database, limits: limits)
        }
    }

    static func on(
        _ pool: Pool,
        _ database: PostgreSQLCluster.Database? = nil,
        authenticator: any RowAuthenticator = DigestAuthenticator(),
        limits: PromptLimits = anyNumber
    ) -> HomeStorage {
        let seen = SeenPersons()
        let directory = SubscriberTable(pool: pool, authenticator: authenticator, seen: seen)
        return HomeStorage(
            ledger: PostgreSQLLedger(
                pool: pool,
                subscribers: directory,
                authenticator: authenticator,
                limits: limits
            ),
            directory: directory,
            store: RegistrationTable(pool: pool, authenticator: authenticator, seen: seen),
            database: database
        )
    }

    private static let lastCard = Mutex(0)

    static var soon: ContinuousClock.Instant { .now + .seconds(20) }

    /// A card that no other test uses.
    func newCard() async throws -> CardReference {
        let number = Self.lastCard.withLock { last in
            last += 1
            return last
        }
        let card = Sample.card(number)
        try await store.insertCard(card, imsi: Sample.imsi(number), by: Sample.act())
        return card
    }

    /// A card with a person.
    func newUser() async throws -> CardReference {
        let card = try await newCard()
        try await store.insertUser(
            Sample.person(card),
            serialNumber: "MSSP" + card.iccid.description,
            by: Sample.act()
        )
        return card
    }

    /// A card with a person who can sign.
    func newSigner() async throws -> CardReference {
        let card = try await newUser()
        let generation = Sample.keyGeneration(card)
        _ = try await ledger.begin(generation, until: Self.soon)
        _ = try await ledger.end(generation, with: .provenKey([1, 2]), counter: 1, until: Self.soon)
        try await store.installCertificate([3, 4], for: card.msisdn, provenKey: [1, 2], by: Sample.act())
        return card
    }

    /// Has a card prove a key of one octet, its use's reference; no certificate yet.
    func newKey(_ use: KeyUse, _ card: CardReference, counter: UInt32) async throws {
        let generation = Sample.keyGeneration(card, use)
        _ = try await ledger.begin(generation, until: Self.soon)
        _ = try await ledger.end(generation, with: .provenKey([use.reference]), counter: counter, until: Self.soon)
    }

    /// Lets time pass for what is counted of a card's prompts.
    func age(_ card: CardReference, _ seconds: Double) async throws {
        if let home = ledger as? MemoryHome { return home.age(prompts: seconds) }
        let owner = try await Connection(try #require(database).owner)
        try await owner.execute(
            """
            UPDATE prompt_counts
            SET unanswered = ARRAY(SELECT at - $2 * interval '1 millisecond' FROM unnest(unanswered) AS at ORDER BY at),
                wrong_codes = ARRAY(SELECT at - $2 * interval '1 millisecond' FROM unnest(wrong_codes) AS at ORDER BY at),
                refused = refused - $2 * interval '1 millisecond'
            WHERE iccid = $1
            """,
            [.text(card.iccid.description), .int8(Int64(seconds * 1_000))]
        )
    }

    func state(_ card: CardReference) async throws -> MobileUserRecord.State? {
        try await directory.subscriber(card.msisdn, until: Self.soon)?.user.state
    }

    /// The result of a transaction in a word.
    func result(_ transaction: CardTransaction) async throws -> String? {
        guard let entry = try await ledger.entry(transaction.id, until: Self.soon) else { return "unknown" }
        switch entry.result {
        case nil: return nil
        case .fault(let fault): return "\(fault.code.rawValue)"
        case .signature(let octets, let verdict):
            let problem = verdict.problem.map { "/\($0.rawValue)" } ?? ""
            return "\(verdict.status.rawValue)\(problem) \(octets)"
        case .provenKey(let key): return "key \(key)"
        case .cardAnswered: return "card answered"
        }
    }
}

extension StoreError {
    /// The case alone, for comparison.
    var word: String {
        switch self {
        case .busy: "busy"
        case .repeated: "repeated"
        case .held(let hold): "held \(hold.reason)"
        case .exists: "exists"
        case .conflict: "conflict"
        case .unavailable: "unavailable"
        }
    }
}

/// The word of the storage error that `work` throws; `nil` if it throws none.
func storeError(_ work: () async throws -> Void) async throws -> String? {
    do {
        try await work()
        return nil
    } catch let error as StoreError { return error.word }
}
