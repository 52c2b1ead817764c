import MSSCore
import SMPP
import Synchronization

/// A session as several threads share it: the state machine behind a lock, who waits for what, and what is to be written.
final class Session: Sendable {
    private struct Batch {
        var outcomes: [SubmitOutcome]
        var left: Int
        var continuation: CheckedContinuation<[SubmitOutcome], Never>
    }

    private struct Guarded {
        var state: SessionState
        var frames = Frames()
        var output: [UInt8] = []
        var batches: [UInt64: Batch] = [:]
        var nextBatch: UInt64 = 0
        var unanswered = 0
        var boundAt: ContinuousClock.Instant?
        var closing: String?
        var scanned: ContinuousClock.Instant
        /// Rings when there is something to write or the session has ended.
        var ring: (@Sendable () -> Void)?
        var isRung = false
    }

    /// What follows a change, outside the lock.
    private struct Consequences {
        var finished: [Batch] = []
        var isBound = false
        var ring: (@Sendable () -> Void)?
    }

    /// Messages of handsets that may be without their answer; more are put off.
    static let mostUnanswered = 5_000
    /// What may wait to be written; a message centre that asks and does not read is left.
    static let mostOutput = 4_194_304
    /// How often deadlines are looked at.
    private static let scanInterval = Duration.milliseconds(250)

    private let tally: any Tally
    private let label: [(String, String)]
    private let guarded: Mutex<Guarded>
    private let deliveryInput: AsyncStream<Delivery>.Continuation
    private let onBound: @Sendable (Session) -> Void
    /// What is to be answered; ends with the session.
    let deliveries: AsyncStream<Delivery>

    init(_ settings: SMSCSettings, tally: any Tally, onBound: @escaping @Sendable (Session) -> Void) {
        self.tally = tally
        self.onBound = onBound
        label = settings.label
        (deliveries, deliveryInput) = AsyncStream.makeStream()
        let now = ContinuousClock.now
        guarded = Mutex(Guarded(state: SessionState(settings, now: now), scanned: now))
    }

    var isBound: Bool { guarded.withLock { $0.state.phase == .bound } }
    var load: Int { guarded.withLock { $0.state.load } }
    var isStrained: Bool { guarded.withLock { $0.state.isStrained } }
    /// When the message centre accepted it, if it ever did.
    var boundAt: ContinuousClock.Instant? { guarded.withLock { $0.boundAt } }
    /// Why the session ended, once it has.
    var closeReason: String? { guarded.withLock { $0.closing } }
    /// The status by which the message centre refused it, if it did.
    var refusal: CommandStatus? { guarded.withLock { $0.state.refusal } }

    /// Sends messages in this order; returns when the message centre has spoken on each, at the latest at the deadline
    /// or when the caller is cancelled.
    func submit(_ units: [ShortMessageUnit], until deadline: ContinuousClock.Instant) async -> [SubmitOutcome] {
        guard !units.isEmpty else { return [] }
        let batch = guarded.withLock { guarded in
            guarded.nextBatch += 1
            return guarded.nextBatch
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                change { guarded in
                    guarded.batches[batch] = Batch(
                        outcomes: Array(repeating: .notSent, count: units.count),
                        left: units.count,
                        continuation: continuation
                    )
                    return units.enumerated().flatMap { index, unit in
                        guarded.state.submit(batch << 8 | UInt64(index), unit, until: deadline, now: .now)
                    }
                }
                // The handler may have run before there was a batch to cancel.
                if Task.isCancelled { cancel(batch) }
            }
        } onCancel: {
            cancel(batch)
        }
    }

    private func cancel(_ batch: UInt64) {
        change { guarded in guarded.state.cancel(now: .now) { $0 >> 8 == batch } }
    }

    /// Answers a message of the message centre.
    func answer(_ delivery: Delivery, _ status: CommandStatus) {
        change { guarded in
            guarded.unanswered -= 1
            return [.write(delivery.answer(status))]
        }
    }
}

// MARK: - The connection

extension Session {
    /// Has `ring` called, from any thread, when there is something to write or the session has ended.
    func attach(_ ring: @escaping @Sendable () -> Void) {
        let hasEnded = guarded.withLock { guarded in
            guarded.ring = ring
            return guarded.closing != nil
        }
        if hasEnded { ring() }
    }

    /// The connection is there: asks for the session.
    func start() {
        change { $0.state.start(now: .now) }
    }

    /// Takes what was read from the connection.
    func read(_ octets: some Collection<UInt8>) {
        change { guarded in
            var actions: [SessionState.Action] = []
            guarded.frames.append(octets)
            do throws(SMPPError) {
                while let frame = try guarded.frames.next() {
                    do throws(SMPPError) {
                        actions += guarded.state.received(try PDU(frame), now: .now)
                    } catch {
                        actions += unreadable(frame, &guarded)
                    }
                }
            } catch {
                actions += guarded.state.close("the message centre sent what is no SMPP")
            }
            return actions
        }
    }

    /// An answer is never answered, not even by generic_nack (§4.3).
    private func unreadable(_ frame: [UInt8], _ guarded: inout Guarded) -> [SessionState.Action] {
        tally.count("simlink_units_unreadable", label)
        let sequence = PDU.sequence(of: frame)
        if PDU.isResponse(frame) { return guarded.state.unreadableAnswer(sequence, now: .now) }
        return [.write(PDU(.genericNack, sequence: sequence, status: .invalidCommandLength))]
    }

    /// Looks at the clock: often for what may leave by now, seldom for what is too late.
    func tick(_ now: ContinuousClock.Instant = .now) {
        change { guarded in
            guard now - guarded.scanned >= Self.scanInterval else { return guarded.state.fill(now) }
            guarded.scanned = now
            return guarded.state.tick(now)
        }
    }

    /// Ends the session after what cannot be helped.
    func close(_ reason: String) {
        change { $0.state.close(reason) }
    }

    /// Ends the session with an unbind.
    func leave(_ reason: String) {
        change { $0.state.leave(reason, now: .now) }
    }

    /// Everything that is to be written now, in one piece, and whether the connection is to be closed after it.
    func takeOutput() -> (octets: [UInt8], isLast: Bool) {
        guarded.withLock { guarded in
            defer { guarded.output.removeAll(keepingCapacity: true) }
            guarded.isRung = false
            return (guarded.output, guarded.closing != nil)
        }
    }
}

// MARK: - What follows an event

extension Session {
    private func change(_ body: (inout Guarded) -> [SessionState.Action]) {
        let consequences = guarded.withLock { guarded in
            var consequences = Consequences()
            let wasClosed = guarded.closing != nil
            for action in body(&guarded) { perform(action, &guarded, &consequences) }
            // A connection that cannot be written to has left an earlier ring unheard; an end it has to hear.
            let hasEnded = guarded.closing != nil && !wasClosed
            let hasOutput = !guarded.output.isEmpty && !guarded.isRung
            if hasEnded || hasOutput, let ring = guarded.ring {
                guarded.isRung = true
                consequences.ring = ring
            }
            return consequences
        }
        consequences.ring?()
        for batch in consequences.finished { batch.continuation.resume(returning: batch.outcomes) }
        if consequences.isBound { onBound(self) }
    }

    private func perform(
        _ action: SessionState.Action,
        _ guarded: inout Guarded,
        _ consequences: inout Consequences
    ) {
        switch action {
        case .write(let unit): write(unit, &guarded, &consequences)
        case .finish(let id, let outcome):
            guard var batch = guarded.batches[id >> 8] else { return }
            batch.outcomes[Int(id & 0xFF)] = outcome
            batch.left -= 1
            guarded.batches[id >> 8] = batch.left == 0 ? nil : batch
            if batch.left == 0 { consequences.finished.append(batch) }
        case .bound:
            guarded.boundAt = .now
            consequences.isBound = true
        case .throttled: tally.count("simlink_submits_throttled", label)
        case .deliver(let delivery):
            guard guarded.unanswered < Self.mostUnanswered else {
                return write(delivery.answer(.temporaryApplicationError), &guarded, &consequences)
            }
            guarded.unanswered += 1
            deliveryInput.yield(delivery)
        case .close(let reason):
            guarded.closing = reason
            deliveryInput.finish()
        }
    }

    private func write(_ unit: PDU, _ guarded: inout Guarded, _ consequences: inout Consequences) {
        guard guarded.closing == nil else { return }
        var reason: String?
        do throws(SMPPError) {
            guarded.output += try unit.octets()
            if guarded.output.count > Self.mostOutput { reason = "the message centre does not read" }
        } catch {
            // Segments and addresses always fit: this is a setting, such as a system_id of 16 characters.
            reason = "a setting does not fit SMPP: \(error)"
        }
        guard let reason else { return }
        for action in guarded.state.close(reason) { perform(action, &guarded, &consequences) }
    }
}
