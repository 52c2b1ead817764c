import HomeStore
import MSSCore
import MSSTestSupport
import PostgreSQL
import SIMLink
import Synchronization
import Testing

/// What every store of answers' parts keeps.
@Suite("A store of parts")
struct PartContractTests {
    private static let lastNumber = Mutex(0)

    /// Two views of one store, as two processes of the home have them.
    private func stores(_ backend: Backend) async throws -> (any PartStore, any PartStore) {
        switch backend {
        case .memory:
            let store = MemoryParts()
            return (store, store)
        case .postgresql:
            let database = try await PostgreSQLCluster.shared().commonDatabase()
            return (
                PartTable(pool: Pool(database.service, size: 4)), PartTable(pool: Pool(database.service, size: 4))
            )
        }
    }

    /// A number that no other test uses.
    private func newSource() throws -> MSISDN {
        let number = Self.lastNumber.withLock { last in
            last += 1
            return last
        }
        return try #require(MSISDN("+3585\(10_000_000 + number)"))
    }

    private func part(
        _ source: MSISDN,
        _ index: Int,
        of total: Int = 3,
        reference: UInt16 = 7,
        filler: UInt8 = 1
    ) -> AnswerPart {
        AnswerPart(
            source: source,
            reference: reference,
            total: total,
            index: index,
            identifier: index == 1 ? 0x71 : nil,
            octets: [UInt8](repeating: filler, count: 134) + [UInt8(index)]
        )
    }

    @Test("gives back every part of an answer that is there, in their order", arguments: Backend.allCases)
    func collects(_ backend: Backend) async throws {
        let (one, other) = try await stores(backend)
        let source = try newSource()
        let parts = (1...3).map { part(source, $0) }
        #expect(try await one.put(parts[2]) == [parts[2]])
        #expect(try await other.put(parts[0]) == [parts[0], parts[2]])
        #expect(try await one.put(parts[1]) == parts)
        // The last part again, as a message centre sends it whose acknowledgement was lost.
        #expect(try await other.put(parts[1]) == parts)
    }

    @Test("keeps sources, references and totals apart", arguments: Backend.allCases)
    func apart(_ backend: Backend) async throws {
        let (store, _) = try await stores(backend)
        let source = try newSource()
        let parts = [
            part(source, 1), part(source, 2, reference: 8), part(source, 2, of: 2), part(try newSource(), 2),
            part(source, 1, reference: 65_535),
        ]
        for part in parts { #expect(try await store.put(part) == [part]) }
    }

    @Test("takes a part of other octets as the beginning of another answer", arguments: Backend.allCases)
    func reused(_ backend: Backend) async throws {
        let (store, _) = try await stores(backend)
        let source = try newSource()
        _ = try await store.put(part(source, 1))
        _ = try await store.put(part(source, 2))
        let new = part(source, 2, filler: 9)
        #expect(try await store.put(new) == [new])
        let first = part(source, 1, filler: 9)
        #expect(try await store.put(first) == [first, new])
    }

    @Test("keeps a source's youngest answers, and every other source's", arguments: Backend.allCases)
    func litter(_ backend: Backend) async throws {
        let (store, _) = try await stores(backend)
        let source = try newSource()
        let neighbour = try newSource()
        _ = try await store.put(part(neighbour, 1))
        for reference in 0...UInt16(PartTable.mostOfOneSource) {
            _ = try await store.put(part(source, 1, reference: reference))
        }
        let last = part(source, 2, reference: UInt16(PartTable.mostOfOneSource))
        #expect(try await store.put(last).count == 2)
        let second = part(source, 2, reference: 1)
        #expect(try await store.put(second).count == 2)
        let first = part(source, 2, reference: 0)
        #expect(try await store.put(first) == [first])
        #expect(try await store.put(part(neighbour, 2)).count == 2)
    }

    @Test("gives both of the last two parts to one of two that store them at once", arguments: Backend.allCases)
    func atOnce(_ backend: Backend) async throws {
        let (one, other) = try await stores(backend)
        for _ in 0..<50 {
            let source = try newSource()
            async let first = one.put(part(source, 1, of: 2))
            async let second = other.put(part(source, 2, of: 2))
            let counts = [try await first.count, try await second.count]
            #expect(counts.contains(2), "\(counts)")
        }
    }

    @Test("takes many parts at once, those of one source among them, each with its own", arguments: Backend.allCases)
    func crowd(_ backend: Backend) async throws {
        let (one, other) = try await stores(backend)
        let sources = try (0..<100).map { _ in try newSource() }
        let start = ContinuousClock.now
        let wholes = try await withThrowingTaskGroup(of: (MSISDN, [AnswerPart]).self) { group in
            for (number, source) in sources.enumerated() {
                for index in 1...3 {
                    let part = part(source, index, filler: UInt8(number))
                    group.addTask { (source, try await (index == 2 ? other : one).put(part)) }
                }
            }
            var wholes: Set<MSISDN> = []
            for try await (source, parts) in group {
                #expect(parts.allSatisfy { $0.source == source && $0.octets.last == UInt8($0.index) })
                if parts.count == 3 { wholes.insert(source) }
            }
            return wholes
        }
        #expect(wholes == Set(sources))
        print("parts: \(3 * sources.count) in \(backend) in \(ContinuousClock.now - start)")
    }

    @Test("lets go of nothing that is young", arguments: Backend.allCases)
    func young(_ backend: Backend) async throws {
        let (store, _) = try await stores(backend)
        let source = try newSource()
        _ = try await store.put(part(source, 1, of: 2))
        await store.forgetOld()
        #expect(try await store.put(part(source, 2, of: 2)).count == 2)
    }

    @Test("lets go of what is old: in memory by its clock")
    func oldInMemory() async throws {
        let now = Mutex(ContinuousClock.now)
        let store = MemoryParts { now.withLock { $0 } }
        let source = try newSource()
        _ = try await store.put(part(source, 1, of: 2))
        now.withLock { $0 += MemoryParts.patience }
        let second = part(source, 2, of: 2)
        #expect(try await store.put(second) == [second])
        await store.forgetOld()
        #expect(try await store.put(second) == [second])
    }

    @Test("lets go of what is old: in the database by the server's, and a part that comes again is young again")
    func oldInDatabase() async throws {
        let database = try await PostgreSQLCluster.shared().commonDatabase()
        let store = PartTable(pool: Pool(database.service, size: 2))
        let owner = try await Connection(database.owner)
        let source = try newSource()
        func age() async throws {
            let sql = "UPDATE answer_parts SET arrived = now() - interval '601 seconds' WHERE msisdn = $1"
            try await owner.execute(sql, [.text(source.description)])
        }
        func count() async throws -> Int {
            let sql = "SELECT 1 FROM answer_parts WHERE msisdn = $1"
            return try await owner.execute(sql, [.text(source.description)]).count
        }
        let parts = [part(source, 1, of: 2), part(source, 2, of: 2)]
        _ = try await store.put(parts[0])
        try await age()
        #expect(try await store.put(parts[1]) == [parts[1]])
        #expect(try await store.put(parts[0]) == parts)
        try await age()
        await store.forgetOld()
        #expect(try await count() == 0)
    }

    @Test("says that storage does not answer, without a word of what was to be stored")
    func down() async throws {
        let store = PartTable(pool: Pool("host=/nowhere", size: 1))
        let source = try newSource()
        await store.forgetOld()
        do throws(PartStoreError) {
            _ = try await store.put(part(source, 1))
            Issue.record("nothing was stored")
        } catch { #expect(!error.reason.contains(source.digits)) }
    }
}
