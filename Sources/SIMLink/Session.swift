import MSSCore
import SMPP
import Synchronization

/// A session as several tasks share it: the state machine behind a lock, who waits for what, and what is to be written.
final class Session: Sendable {
    /// What concerns the uplink.
    enum Event: Sendable {
        case delivered(UInt32, ShortMessageUnit)
        /// What became of an answer that was to be stored.
        case stored(Uplink.Answer, Bool)
        case tick(ContinuousClock.Instant)
    }

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
        var wasBound = false
        var closing: String?
    }

    /// Messages of handsets that may be without their answer; more are put off.
    static let mostUnanswered = 5_000
    /// What may wait to be written; a message centre that asks and does not read is left.
    static let mostOutput = 4_194_304

    private let tally: any Tally
    private let guarded: Mutex<Guarded>
    private let ring: AsyncStream<Void>.Continuation
    private let eventInput: AsyncStream<Event>.Continuation
    /// Rings when there is something to write or the session has ended.
    let writes: AsyncStream<Void>
    let events: AsyncStream<Event>

    init(_ settings: SMSCSettings, tally: any Tally) {
        self.tally = tally
        (writes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (events, eventInput) = AsyncStream.makeStream()
        guarded = Mutex(Guarded(state: SessionState(settings, now: .now)))
        change { $0.state.start() }
    }

    var isBound: Bool { guarded.withLock { $0.state.phase == .bound } }
    /// Whether the message centre ever accepted it.
    var wasBound: Bool { guarded.withLock { $0.wasBound } }
    /// Why the session ended, once it has.
    var closeReason: String? { guarded.withLock { $0.closing } }

    /// Sends messages in this order; returns when the message centre has spoken on each, at the latest at the deadline
    /// or when the caller is cancelled.
    func submit(_ units: [ShortMessageUnit], until deadline: ContinuousClock.Instant) async -> [SubmitOutcome] {
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
        tally.count("simlink_units_unreadable")
        let sequence = PDU.sequence(of: frame)
        if PDU.isResponse(frame) { return guarded.state.unreadableAnswer(sequence, now: .now) }
        return [.write(PDU(.genericNack, sequence: sequence, status: .invalidCommandLength))]
    }

    func tick() {
        let now = ContinuousClock.now
        change { $0.state.tick(now) }
        eventInput.yield(.tick(now))
    }

    /// Ends the session after what cannot be helped.
    func close(_ reason: String) {
        change { $0.state.close(reason) }
    }

    /// Ends the session with an unbind.
    func leave(_ reason: String) {
        change { $0.state.leave(reason) }
    }

    /// Tells the uplink what became of an answer.
    func stored(_ answer: Uplink.Answer, _ isStored: Bool) {
        eventInput.yield(.stored(answer, isStored))
    }

    /// Answers a deliver_sm.
    func acknowledge(_ sequence: UInt32, _ status: CommandStatus) {
        change { guarded in
            guarded.unanswered -= 1
            return [.write(PDU(.deliverResponse, sequence: sequence, status: status))]
        }
    }

    /// Everything that is to be written now, in one piece.
    func takeOutput() -> [UInt8] {
        guarded.withLock { guarded in
            defer { guarded.output.removeAll(keepingCapacity: true) }
            return guarded.output
        }
    }

    private func change(_ body: (inout Guarded) -> [SessionState.Action]) {
        let finished = guarded.withLock { guarded in
            var finished: [Batch] = []
            for action in body(&guarded) { perform(action, &guarded, &finished) }
            return finished
        }
        for batch in finished { batch.continuation.resume(returning: batch.outcomes) }
    }

    private func perform(_ action: SessionState.Action, _ guarded: inout Guarded, _ finished: inout [Batch]) {
        switch action {
        case .write(let unit): write(unit, &guarded, &finished)
        case .finish(let id, let outcome):
            guard var batch = guarded.batches[id >> 8] else { return }
            batch.outcomes[Int(id & 0xFF)] = outcome
            batch.left -= 1
            guarded.batches[id >> 8] = batch.left == 0 ? nil : batch
            if batch.left == 0 { finished.append(batch) }
        case .bound: guarded.wasBound = true
        case .deliver(let sequence, let message):
            guard guarded.unanswered < Self.mostUnanswered else {
                let later = PDU(.deliverResponse, sequence: sequence, status: .temporaryApplicationError)
                return perform(.write(later), &guarded, &finished)
            }
            guarded.unanswered += 1
            eventInput.yield(.delivered(sequence, message))
        case .close(let reason):
            guarded.closing = reason
            ring.yield()
            ring.finish()
            eventInput.finish()
        }
    }

    private func write(_ unit: PDU, _ guarded: inout Guarded, _ finished: inout [Batch]) {
        guard guarded.closing == nil else { return }
        var reason: String?
        do throws(SMPPError) {
            guarded.output += try unit.octets()
            if guarded.output.count > Self.mostOutput { reason = "the message centre does not read" }
        } catch {
            // Segments and addresses always fit: this is a setting, such as a system_id of 16 characters.
            reason = "a setting does not fit SMPP: \(error)"
        }
        ring.yield()
        guard let reason else { return }
        for action in guarded.state.close(reason) { perform(action, &guarded, &finished) }
    }
}
