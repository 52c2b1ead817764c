import Dispatch
import Logging
public import MSSCore
import Synchronization

/// The audit trail of a service without a database: a file of lines that are only ever added, each bound to the one
/// before.
///
/// Entries that arrive while the disk is busy are written together, with one `fdatasync`; a lone one does not wait.
public final class AuditFile: Sendable {
    /// Entries that may wait for the disk.
    private static let mostWaiting = 10_000
    private static let mostInBatch = 1_000

    private struct Pending {
        let id: UInt64
        let entry: AuditEntry
        let time: LogTime
    }

    private struct Queue {
        var pending: [Pending] = []
        var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var nextID: UInt64 = 0
        var isWriting = false
    }

    /// What the trail held when it was opened.
    public let opening: AuditOpening

    private let queue = Mutex(Queue())
    private let trail: Mutex<AuditTrail>
    private let writer = DispatchQueue(label: "audit")
    private let patience: Duration
    private let tally: any Tally
    private let clock: @Sendable () -> LogTime

    /// Opens or creates the trail at `path`, checks its end and, when the last line was torn, notes that in it.
    /// - Parameters:
    ///   - path: Of the file, in a folder that is there.
    ///   - pseudonyms: For persons' values.
    ///   - tally: Counts `audit_entries`, `audit_failures`, `audit_torn_lines` and measures `audit_commit`.
    ///   - patience: How long an entry may wait for the disk.
    ///   - clock: Gives each entry its time.
    /// - Throws: One line when the file cannot be used or its end is not as it was written.
    public convenience init(
        path: String,
        pseudonyms: Pseudonyms,
        tally: any Tally,
        patience: Duration = .seconds(10),
        clock: @escaping @Sendable () -> LogTime = { .now() }
    ) throws(StartError) {
        let file = try AuditDescriptor(path)
        let opening = try AuditOpening.read(file, path: path)
        self.init(
            storage: file,
            opening: opening,
            pseudonyms: pseudonyms,
            tally: tally,
            patience: patience,
            clock: clock
        )
        guard let torn = opening.torn else { return }
        tally.count("audit_torn_lines")
        let entry = AuditEntry(
            act: "audit_trail",
            phase: "torn_line",
            details: ["octets": "\(torn.count, as: .open)", "kept_at": "\(torn.keptAt, as: .system)"]
        )
        let result = commit([Pending(id: 0, entry: entry, time: clock())])
        if case .failure(let error)? = result.first { throw StartError("\(path): \(error)") }
    }

    init(
        storage: any AuditStorage,
        opening: AuditOpening,
        pseudonyms: Pseudonyms,
        tally: any Tally,
        patience: Duration,
        clock: @escaping @Sendable () -> LogTime
    ) {
        self.opening = opening
        self.tally = tally
        self.patience = patience
        self.clock = clock
        trail = Mutex(AuditTrail(storage: storage, opening: opening, pseudonyms: pseudonyms))
    }

    /// Adds `entry` to the trail; returns when it is on disk.
    /// - Throws: An `AuditError`, or `CancellationError`; what the entry was to precede must then not be done.
    public func record(_ entry: AuditEntry) async throws {
        let id = queue.withLock { queue in
            queue.nextID += 1
            return queue.nextID
        }
        let pending = Pending(id: id, entry: entry, time: clock())
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.written(pending) }
            group.addTask { [patience] in
                try await Task.sleep(for: patience)
                throw AuditError.late
            }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch let error as AuditError {
                tally.count("audit_failures", [("cause", error.label)])
                throw error
            }
        }
    }

    private func written(_ pending: Pending) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(pending, continuation)
                if Task.isCancelled { settle(pending.id, .failure(CancellationError())) }
            }
        } onCancel: {
            settle(pending.id, .failure(CancellationError()))
        }
    }

    private func enqueue(_ pending: Pending, _ continuation: CheckedContinuation<Void, any Error>) {
        let (isAccepted, isFirst) = queue.withLock { queue in
            guard queue.pending.count < Self.mostWaiting else { return (false, false) }
            queue.pending.append(pending)
            queue.waiting[pending.id] = continuation
            defer { queue.isWriting = true }
            return (true, !queue.isWriting)
        }
        guard isAccepted else { return continuation.resume(throwing: AuditError.overloaded) }
        if isFirst { writer.async { self.drain() } }
    }

    /// Writes until nothing waits; on the writer's queue, so that a slow disk holds no thread of the tasks.
    private func drain() {
        while case let batch = nextBatch(), !batch.isEmpty {
            let start = ContinuousClock.now
            for (pending, result) in zip(batch, commit(batch)) { settle(pending.id, result.mapError { $0 }) }
            tally.measure("audit_commit", start.duration(to: .now))
        }
    }

    private func nextBatch() -> ArraySlice<Pending> {
        queue.withLock { queue in
            let batch = queue.pending.prefix(Self.mostInBatch)
            queue.pending.removeFirst(batch.count)
            queue.isWriting = !batch.isEmpty
            return batch
        }
    }

    /// One result for each entry.
    private func commit(_ batch: ArraySlice<Pending>) -> [Result<Void, AuditError>] {
        let results = trail.withLock { $0.commit(batch.map { ($0.entry, $0.time) }) }
        for case .success in results { tally.count("audit_entries") }
        return results
    }

    private func settle(_ id: UInt64, _ result: Result<Void, any Error>) {
        queue.withLock { $0.waiting.removeValue(forKey: id) }?.resume(with: result)
    }
}

extension AuditError {
    /// A name for a metric.
    fileprivate var label: String {
        switch self {
        case .notWritten: "not_written"
        case .inDoubt: "in_doubt"
        case .overloaded: "overloaded"
        case .late: "late"
        case .tooLong: "too_long"
        }
    }
}
