import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import PostgreSQL
import Testing

@Suite("The numbers of provider directories")
struct DirectoryTableTests {
    @Test("grow by one with each other content, of each entity by itself, whoever of several homes sees it")
    func growing() async throws {
        let database = try await PostgreSQLCluster.shared().database()
        let homes = (0..<4).map { _ in DirectoryTable(pool: Pool(database.service, size: 1)) }
        let (entity, other) = (PeerIdentity(uri: "urn:ae"), PeerIdentity(uri: "urn:other"))
        func number(_ content: UInt8, _ entity: PeerIdentity, _ home: Int = 0) async throws -> Int64 {
            let digest = [UInt8](repeating: content, count: 32)
            return try await homes[home].number(of: digest, for: entity, until: HomeStorage.soon)
        }
        #expect(try await number(1, entity) == 1)
        #expect(try await number(1, entity, 1) == 1)
        #expect(try await number(1, other) == 1)
        let seen = try await withThrowingTaskGroup(of: Int64.self) { group in
            for home in homes.indices { group.addTask { try await number(2, entity, home) } }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(seen == [2])
        #expect(try await number(1, entity) == 3)
        let owner = try await Connection(database.owner)
        let rows = try await owner.execute(
            "SELECT subject FROM audit_log WHERE act = 'provider directory' AND peer = 'urn:ae' ORDER BY id"
        )
        let noted = try (0..<rows.count).map { try rows.text($0, 0) }
        #expect(Set(noted) == ["number 1", "number 2", "number 3"], "\(noted)")
    }

    @Test("is nobody's guess while the database is away")
    func away() async throws {
        let table = DirectoryTable(pool: Pool("host=/nowhere", size: 1))
        await #expect(throws: StoreError.self) {
            try await table.number(of: [1], for: PeerIdentity(uri: "urn:ae"), until: HomeStorage.soon)
        }
    }
}
