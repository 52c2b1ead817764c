import Foundation
import MSSTestSupport
import Testing

@Suite("A database that is exchanged under a home that runs")
struct ExchangedDatabaseTests {
    /// A copy from an hour ago in the place of the database: its counters were spent.
    @Test("is noticed by the first connection to it: the home is sealed, signs nothing, spends nothing and stops")
    func exchanged() async throws {
        let home = try await HomeProcess.start("exchanged")
        let platform = home.platform
        let provider = try Provider(platform)
        let number = try platform.extraNumber(2)
        try await exchange(
            platform,
            [
                "CREATE DATABASE copy TEMPLATE mssp OWNER mssp_owner",
                "GRANT CONNECT ON DATABASE copy TO mssp_home",
            ]
        )
        try await home.awaitReady(#""database":true"#)
        #expect(
            try await provider.sign("Before", by: number).status == "500",
            "the same database again is no other one"
        )
        try await exchange(
            platform,
            [
                "ALTER DATABASE mssp RENAME TO old", "ALTER DATABASE copy RENAME TO mssp",
            ]
        )
        let exchanged = ContinuousClock.now
        let answer = try await provider.sign("After", by: number)
        #expect(answer.status == nil && ["900", "780"].contains(answer.fault), "\(answer.body)")
        try await home.gone()
        #expect(exchanged.duration(to: .now) < .seconds(30))
        #expect(try await platform.rows("SELECT count(*) FROM transactions WHERE running") == ["0"])
        #expect(try platform.prompts(number) == 1)
        let log = try String(contentsOfFile: platform.file("logs/home.log"), encoding: .utf8)
        #expect(log.contains("ALARM: the database is another one") && log.contains("perhaps a copy"))
        let refused = try await home.run()
        #expect(refused.status == 78 && refused.errors.contains("HomeMSSPService restore"), "\(refused)")
        let restored = try await home.type("restore")
        #expect(restored.said.last?.hasPrefix("epoch 1: counters of ") == true, "\(restored)")
        try await home.start()
        let end = try await provider.sign("Restored", by: number)
        #expect(end.status == "500", "\(end.body)")
        #expect(try platform.prompts(number) == 2)
    }

    /// Nobody is connected meanwhile.
    private func exchange(_ platform: Platform, _ statements: [String]) async throws {
        for statement in [
            "ALTER DATABASE mssp ALLOW_CONNECTIONS false",
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'mssp'",
            "SELECT pg_sleep(0.3)",
        ] + statements + ["ALTER DATABASE mssp ALLOW_CONNECTIONS true"] {
            _ = try await platform.rows(statement, database: "postgres")
        }
    }
}
