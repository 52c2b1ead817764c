import HomeStore
import MSSTestSupport
import PostgreSQL
import Testing

@testable import HomeMSSPService

@Suite("The watch over the database")
struct DatabaseWatchTests {
    @Test("lets a connection to the home's own database in, and none to another of its cluster")
    func connections() async throws {
        let cluster = try await PostgreSQLCluster.shared()
        let (own, other) = (try await cluster.database(), try await cluster.database())
        let watch = DatabaseWatch()
        let admit: @Sendable (Connection) async throws -> Void = { try await watch.admit($0) }
        // Before the home knows its database there is nothing to compare.
        #expect(await Pool(other.service, size: 1, admit: admit).check(deadline: .now + .seconds(5)))
        let identity = try await EpochTable(pool: Pool(own.service, size: 1)).identity(until: .now + .seconds(5))
        watch.expect(EpochRecord(epoch: 0, database: identity))
        let pool = Pool(own.service, size: 1, admit: admit)
        #expect(await pool.check(deadline: .now + .seconds(5)))
        #expect(watch.objection == nil)
        let wrong = Pool(other.service, size: 1, admit: admit)
        for _ in 0..<3 { #expect(await !wrong.check(deadline: .now + .seconds(5))) }
        #expect(watch.objection == "it is another database of the cluster, perhaps a copy")
        // Once it was seen, the alarm stays, whatever comes after it.
        #expect(await pool.check(deadline: .now + .seconds(5)))
        #expect(watch.objection != nil)
    }
}
