public import Alauda
public import HomeMSSP
public import MSSCore
public import OTA
import PostgreSQL

import struct Foundation.Date

extension PostgreSQLLedger {
    public func requested(
        _ name: RequestName,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry? {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await TransactionRow.requested(name, on: connection)
            }
        }
    }

    public func noteWrongCode(
        of provider: String,
        for iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> PromptHold? {
        try await ask(PromptCounting.wrongCode, [.text(iccid.description), .text(provider)], deadline) { rows in
            guard rows.count > 0, let until = try rows.optionalInt64(0, 0) else { return nil }
            return PromptHold(.wrongCode, until: Date(timeIntervalSince1970: Double(until) / 1_000_000))
        }
    }

    public func awaits(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> Bool {
        try await ask(CarryingOn.awaits, [.text(id.description), .int4(process)], deadline) { $0.count > 0 }
    }

    public func expire(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [ExpiredTransaction] {
        try await ask(CarryingOn.expire, [.int4(process)], deadline) { rows in
            try (0..<rows.count).map { row in
                guard let id = TransactionID(try rows.text(row, 0)), let msisdn = MSISDN(try rows.text(row, 1)),
                    let trace = TraceID(try rows.text(row, 2))
                else { throw PostgreSQLError.decoding("a transaction's identifiers are damaged") }
                return ExpiredTransaction(id: id, msisdn: msisdn, trace: trace, silences: Int(try rows.int64(row, 3)))
            }
        }
    }

    public func adopt(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [RunningTransaction] {
        let ids = try await ask(CarryingOn.adopt, [.int4(process)], deadline) { rows in
            try (0..<rows.count).compactMap { TransactionID(try rows.text($0, 0)) }
        }
        var adopted: [RunningTransaction] = []
        for id in ids {
            guard let entry = try await read(id, until: deadline), entry.result == nil,
                let subscriber = try await subscribers.subscriber(entry.transaction.msisdn, until: deadline)
            else { continue }
            adopted.append(RunningTransaction(transaction: entry.transaction, subscriber: subscriber))
        }
        return adopted
    }

    public func again(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters? {
        try await spent(CarryingOn.again, [.text(transaction.id.description)], deadline)
    }

    public func spend(
        on command: SideCommand,
        for transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters? {
        let parameters: [Parameter] = [
            .text(transaction.id.description), .text(command.rawValue), .bool(command.needsRunning),
            .bool(command.isUnderNext),
        ]
        return try await spent(CarryingOn.spend, parameters, deadline)
    }

    private func spent(
        _ sql: String,
        _ parameters: [Parameter],
        _ deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters? {
        let counters = try await ask(sql, parameters, deadline) { rows in
            rows.count == 0 ? nil : try StoredCounters(rows, 0, from: 0)
        }
        return try counters?.spent()
    }

    public func tooLate(
        _ txn: WPKITransaction,
        from iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> CardTransaction? {
        let id = try await ask(CarryingOn.tooLate, [.bytea(txn.octets), .text(iccid.description)], deadline) { rows in
            rows.count == 0 ? nil : TransactionID(try rows.text(0, 0))
        }
        guard let id else { return nil }
        return try await read(id, until: deadline)?.transaction
    }

    public func judge(
        _ frame: AnswerFrame,
        from iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> FrameJudgement {
        let parameters = UplinkStatement.parameters(frame, iccid, process: process)
        return try await ask(UplinkStatement.sql, parameters, deadline) { try UplinkStatement.judgement($0) }
    }

    public func doubtCounters(of iccid: ICCID, until deadline: ContinuousClock.Instant) async throws(StoreError) {
        _ = try await ask(CarryingOn.doubt, [.text(iccid.description)], deadline) { $0.count }
    }

    /// Keeps this process known to the others as alive, and hears what they end for it, until it is cancelled.
    ///
    /// - Parameters:
    ///   - parameters: libpq's, of the database that the pool goes to.
    ///   - channels: Others that are heard in the same session, by their names: constants of the program.
    public func listen(
        _ parameters: String,
        channels: [String: @Sendable (String) -> Void] = [:]
    ) async {
        let listener = Listener(
            parameters,
            statements: [
                "LISTEN mssp_home_\(process)", "SELECT pg_advisory_lock(\(CarryingOn.lockSpace), \(process))",
            ] + channels.keys.sorted().map { "LISTEN " + $0 }
        )
        await listener.run { [changed] event in
            switch event {
            case .listening: changed.yield(.missed)
            case .notified(let channel, let payload):
                if let take = channels[channel] {
                    take(payload)
                } else if let id = TransactionID(payload) {
                    changed.yield(.ended(id))
                }
            case .lost: break
            }
        }
    }
}
