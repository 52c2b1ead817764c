import SMPP
import Synchronization

/// A session as several tasks share it: the state machine behind a lock, who waits for what, and what is to be written.
final class Session: Sendable {
    /// What concerns the uplink.
    enum Event: Sendable {
        case delivered(UInt32, ShortMessageUnit)
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
        var closing: String?
    }

    /// Messages of handsets that may be without their answer; more are put off.
    private static let mostUnanswered = 2_000

    private let guarded: Mutex<Guarded>
    private let ring: AsyncStream<Void>.Continuation
    private let eventInput: AsyncStream<Event>.Continuation
    /// Rings when there is something to write or the session has ended.
    let writes: AsyncStream<Void>
    let events: AsyncStream<Event>

    init(_ settings: SMSCSettings) {
        (writes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (events, eventInput) = AsyncStream.makeStream()
        guarded = Mutex(Guarded(state: SessionState(settings, now: .now)))
        change { $0.state.start() }
    }

    var isBound: Bool { guarded.withLock { $0.state.phase == .bound } }
    /// Why the session ended, once it has.
    var closeReason: String? { guarded.withLock { $0.closing } }

    /// Sends messages in this order; returns when the message centre has spoken on each.
    func submit(_ units: [ShortMessageUnit], until deadline: ContinuousClock.Instant) async -> [SubmitOutcome] {
        await withCheckedContinuation { continuation in
            change { guarded in
                let batch = guarded.nextBatch
                guarded.nextBatch += 1
                guarded.batches[batch] = Batch(
                    outcomes: Array(repeating: .notSent, count: units.count),
                    left: units.count,
                    continuation: continuation
                )
                return units.enumerated().flatMap { index, unit in
                    guarded.state.submit(batch << 8 | UInt64(index), unit, until: deadline, now: .now)
                }
            }
        }
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
                        let nack = PDU(.genericNack, sequence: PDU.sequence(of: frame), status: .invalidCommandLength)
                        actions.append(.write(nack))
                    }
                }
            } catch {
                actions += guarded.state.close("the message centre sent what is no SMPP")
            }
            return actions
        }
    }

    func tick() {
        let now = ContinuousClock.now
        change { $0.state.tick(now) }
        eventInput.yield(.tick(now))
    }

    func close(_ reason: String) {
        change { $0.state.close(reason) }
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
        case .write(let unit):
            // A unit that does not fit its fields was never taken from a caller: segments are at most 140 octets.
            if let octets = try? unit.octets() { guarded.output += octets }
            ring.yield()
        case .finish(let id, let outcome):
            guard var batch = guarded.batches[id >> 8] else { return }
            batch.outcomes[Int(id & 0xFF)] = outcome
            batch.left -= 1
            guarded.batches[id >> 8] = batch.left == 0 ? nil : batch
            if batch.left == 0 { finished.append(batch) }
        case .bound: break
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
}
