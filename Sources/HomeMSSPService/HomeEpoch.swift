import HomeMSSP
import HomeStore
import Logging
import MSSCore
import MSSRuntime
import PostgreSQL

/// The epoch outside the database: at start the database must be the one that the home left.
struct HomeEpoch {
    let file: EpochFile
    let table: EpochTable
    private let watch: DatabaseWatch

    init(
        _ path: ConfiguredPath,
        _ pool: Pool,
        for use: EpochFile.Use,
        watch: DatabaseWatch = DatabaseWatch()
    ) throws(StartError) {
        do throws(EpochFile.Failure) { file = try EpochFile(path: path.path, for: use) } catch {
            throw StartError("vault.epoch: \(error)")
        }
        table = EpochTable(pool: pool)
        self.watch = watch
    }

    /// Refuses a database that was set back, copied or failed over to: its counters may have been spent already.
    func check() async throws(StartError) {
        // The file first: another home of this host may write a later position at any time.
        let record = try kept()
        let found = try await identity()
        guard let record else {
            let hasCards: Bool
            do throws(StoreError) { hasCards = try await table.hasCards(until: Self.soon) } catch {
                throw StartError("database: \(error.line)")
            }
            guard !hasCards, found.epoch == 0 else {
                throw StartError("vault.epoch: the file is not there, but the database holds cards: run \(Self.remedy)")
            }
            return try keep(EpochRecord(epoch: 0, database: found))
        }
        if let objection = record.objection(to: found) {
            throw StartError("database: it is not the one this home left (\(objection)): run \(Self.remedy)")
        }
        try keep(EpochRecord(epoch: record.epoch, database: found))
    }

    /// Keeps up with the database, so that one which is set back by minutes is noticed; until it is cancelled.
    ///
    /// Another database under a home that runs, found here or by a new connection, seals it and ends this work, and with
    /// it the home: no counter is spent there before `restore`.
    func follow(_ logger: Logger, seal: () -> Void) async {
        while !Task.isCancelled {
            for _ in 0..<30 where watch.objection == nil { try? await Task.sleep(for: .seconds(1)) }
            guard !Task.isCancelled else { return }
            var objection = watch.objection
            if objection == nil {
                do throws(StartError) { objection = try await renewed() } catch {
                    logger.warning("the epoch was not kept", metadata: ["cause": "\(error.description, as: .system)"])
                }
            }
            guard let objection else { continue }
            seal()
            logger.critical(
                "ALARM: the database is another one: this home is sealed and stops; run restore",
                metadata: ["cause": "\(objection, as: .system)"]
            )
            return
        }
    }

    /// Keeps where the database stands now.
    ///
    /// - Returns: Why it is another one, and then nothing is kept; `nil` if it is not.
    private func renewed() async throws(StartError) -> String? {
        guard let record = try kept() else { throw StartError("the epoch file is gone") }
        let found = try await identity()
        if let objection = record.objection(to: found) { return objection }
        try keep(EpochRecord(epoch: record.epoch, database: found))
        return nil
    }

    /// Begins an epoch in the database that is there now: ends its open transactions, moves all counters.
    ///
    /// The file is written first: a crash between the two begins one epoch more, which costs nothing but numbers.
    func restore(by who: String) async throws(StartError) -> String {
        let record = try kept()
        let found = try await identity()
        let epoch = EpochRecord.next(after: record, in: found)
        let done: EpochTable.Restoration?
        try keep(EpochRecord(epoch: epoch, database: record?.database ?? found))
        do throws(StoreError) { done = try await table.restore(to: epoch, by: who, until: Self.soon) } catch {
            throw StartError("database: \(error.line)")
        }
        guard let done else { throw StartError("database: somebody else restores at the same time") }
        try keep(EpochRecord(epoch: epoch, database: try await identity()))
        return "epoch \(epoch): counters of \(done.cards) cards moved, \(done.endedTransactions) transactions ended"
    }

    private static let remedy = "HomeMSSPService restore, then start again"
    private static var soon: ContinuousClock.Instant { .now + .seconds(5) }

    private func identity() async throws(StartError) -> DatabaseIdentity {
        do throws(StoreError) { return try await table.identity(until: Self.soon) } catch {
            throw StartError("database: \(error.line)")
        }
    }

    private func kept() throws(StartError) -> EpochRecord? {
        do throws(EpochFile.Failure) { return try file.read() } catch { throw StartError("vault.epoch: \(error)") }
    }

    private func keep(_ record: EpochRecord) throws(StartError) {
        do throws(EpochFile.Failure) { try file.write(record) } catch { throw StartError("vault.epoch: \(error)") }
        watch.expect(record)
    }
}
