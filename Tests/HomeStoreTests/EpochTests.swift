import Foundation
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

@Suite("The epoch outside the database")
struct EpochTests {
    private let folder: TemporaryFolder
    private let identity = DatabaseIdentity(
        system: 7,
        timeline: "00000001",
        database: 16_384,
        table: 16_400,
        position: 1_000,
        epoch: 3
    )

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("is kept in a file and read again; a file that is damaged, too long or open to others is refused")
    func file() throws {
        let path = folder.path("epoch")
        let file = try EpochFile(path: path, for: .serving)
        #expect(try file.read() == nil)
        let record = EpochRecord(epoch: 3, database: identity)
        try file.write(record)
        #expect(try file.read() == record)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for damaged in [
            "", "x", text + "more=1\n", text.replacing("epoch", with: "epock"), text.replacing("1000", with: "a"),
            text + text, text.replacing("=3", with: "=-3"), text.replacing("=3", with: "=99999999"),
            String(repeating: text, count: 20), text.replacing("timeline=00000001\n", with: ""),
        ] {
            try damaged.write(toFile: path, atomically: false, encoding: .utf8)
            #expect(throws: EpochFile.Failure.self, "\(damaged)") { try file.read() }
        }
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try file.read() == record)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(throws: EpochFile.Failure.self) { try file.read() }
    }

    @Test("belongs to homes that run, or to one restoration alone")
    func locks() throws {
        let path = folder.path("epoch")
        do {
            let homes = [try EpochFile(path: path, for: .serving), try EpochFile(path: path, for: .serving)]
            #expect(throws: EpochFile.Failure.self) { try EpochFile(path: path, for: .restoring) }
            withExtendedLifetime(homes) {}
        }
        let restoration = try EpochFile(path: path, for: .restoring)
        #expect(throws: EpochFile.Failure.self) { try EpochFile(path: path, for: .serving) }
        withExtendedLifetime(restoration) {}
    }

    @Test("objects to another cluster, timeline, table or epoch, and to an older state; not to a later one")
    func objections() {
        let record = EpochRecord(epoch: 3, database: identity)
        let changes: [(inout DatabaseIdentity) -> Void] = [
            { $0.system = 8 }, { $0.timeline = "00000002" }, { $0.database += 1 }, { $0.table += 1 }, { $0.epoch = 2 },
            { $0.epoch = 4 },
            { $0.position -= 1 },
        ]
        for change in changes {
            var found = identity
            change(&found)
            #expect(record.objection(to: found) != nil)
        }
        var later = identity
        later.position += 1
        #expect(record.objection(to: identity) == nil && record.objection(to: later) == nil)
        #expect(EpochRecord.next(after: nil, in: identity) == 4)
        #expect(EpochRecord.next(after: EpochRecord(epoch: 9, database: identity), in: identity) == 10)
    }

    @Test("moves every counter of a restored dump past what was spent, again for the same dump, and ends what was open")
    func restored() async throws {
        let cluster = try await PostgreSQLCluster.shared()
        let first = try await cluster.database()
        let home = HomeStorage.on(Pool(first.service, size: 4), first)
        let (quiet, busy) = (try await home.newSigner(), try await home.newSigner())
        let open = Sample.transaction(busy)
        _ = try await home.ledger.begin(open, until: HomeStorage.soon)
        let left = try await EpochTable(pool: Pool(first.service, size: 1)).identity(until: HomeStorage.soon)
        let record = EpochRecord(epoch: 0, database: left)
        let dump = try await Command.run("pg_dump", ["--dbname", first.owner, "--file", folder.path("dump")])
        try #require(dump.status == 0, "\(dump.errorText)")
        var spent = try await Self.spend(quiet, home)

        for epoch in Int64(1)...2 {
            let copy = try await cluster.database(migrated: false)
            let read = try await Command.run(
                "psql",
                ["-q", "-v", "ON_ERROR_STOP=1", "-d", copy.owner, "-f", folder.path("dump")]
            )
            try #require(read.status == 0, "\(read.errorText)")
            let pool = Pool(copy.service, size: 4)
            let table = EpochTable(pool: pool)
            let found = try await table.identity(until: HomeStorage.soon)
            #expect(record.objection(to: found) != nil)
            #expect(found.epoch == 0)
            let done = try await table.restore(to: epoch, by: "uid 0", until: HomeStorage.soon)
            #expect(done == EpochTable.Restoration(cards: 2, endedTransactions: 1))
            #expect(try await table.restore(to: epoch, by: "uid 0", until: HomeStorage.soon) == nil)
            #expect(try await table.identity(until: HomeStorage.soon).epoch == epoch)
            let restored = HomeStorage.on(pool, copy)
            #expect(try await restored.result(open) == "900")
            let next = try await Self.spend(quiet, restored)
            #expect(next.packet > spent.packet && next.frame > spent.frame)
            #expect(next.packet >= UInt64(epoch) << 16 && next.frame >= UInt32(epoch) << 16)
            spent = next
        }
    }

    private static func spend(_ card: CardReference, _ home: HomeStorage) async throws -> (
        packet: UInt64, frame: UInt32
    ) {
        let transaction = Sample.transaction(card)
        let counters = try await home.ledger.begin(transaction, until: HomeStorage.soon)
        let spent = (counters.packet, counters.frame)
        _ = try await home.ledger.end(
            transaction,
            with: .fault(MSSFault(.userCancel)),
            counter: nil,
            until: HomeStorage.soon
        )
        return spent
    }
}
