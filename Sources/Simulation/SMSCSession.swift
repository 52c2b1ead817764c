import SMPP
import Synchronization

/// One ESME's connection: what is to be written to it, and which deliveries it has not answered.
final class SMSCSession: Sendable {
    private struct Delivery {
        var entry: Outbox.Entry
        var sent: ContinuousClock.Instant
    }

    private struct Guarded {
        var output: [UInt8] = []
        var inFlight: [UInt32: Delivery] = [:]
        var sequence: UInt32 = 0
        var heard: ContinuousClock.Instant
        var isBound = false
        var isClosed = false
    }

    /// Deliveries that may be without their answer.
    static let window = 100
    /// Octets that wait for an ESME that does not read.
    private static let longestOutput = 1_048_576

    private let guarded: Mutex<Guarded>
    private let ring: AsyncStream<Void>.Continuation
    /// Rings when there is something to write; ends with the session.
    let writes: AsyncStream<Void>
    /// Ends the connection, which ends the session.
    let hangUp: @Sendable () -> Void

    init(now: ContinuousClock.Instant = .now, hangUp: @escaping @Sendable () -> Void) {
        (writes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        guarded = Mutex(Guarded(heard: now))
        self.hangUp = hangUp
    }

    var isBound: Bool { guarded.withLock { $0.isBound } }

    func bound() { guarded.withLock { $0.isBound = true } }

    func heard(now: ContinuousClock.Instant = .now) { guarded.withLock { $0.heard = now } }

    /// Whether nothing came for so long that the connection is given up: ten seconds before the bind, then two minutes.
    func isIdle(now: ContinuousClock.Instant = .now) -> Bool {
        guarded.withLock { now - $0.heard > ($0.isBound ? .seconds(120) : .seconds(10)) }
    }

    func write(_ unit: PDU) {
        guard let octets = try? unit.octets() else { return }
        let hasRoom = guarded.withLock { guarded in
            guarded.output += octets
            return guarded.output.count <= Self.longestOutput
        }
        if hasRoom { ring.yield() } else { hangUp() }
    }

    /// Sends a message of a handset; `false` if there is no room now.
    func deliver(_ entry: Outbox.Entry, now: ContinuousClock.Instant = .now) -> Bool {
        let unit = guarded.withLock { guarded -> PDU? in
            guard guarded.isBound, !guarded.isClosed, guarded.inFlight.count < Self.window else { return nil }
            guarded.sequence = guarded.sequence >= 0x7FFF_FFFF ? 1 : guarded.sequence + 1
            guarded.inFlight[guarded.sequence] = Delivery(entry: entry, sent: now)
            return PDU(.deliver(entry.unit), sequence: guarded.sequence)
        }
        guard let unit else { return false }
        write(unit)
        return true
    }

    /// The delivery that an answer belongs to.
    func answered(_ sequence: UInt32) -> Outbox.Entry? {
        guarded.withLock { $0.inFlight.removeValue(forKey: sequence)?.entry }
    }

    /// Takes back the deliveries that have been without their answer for so long.
    func unanswered(for time: Duration, now: ContinuousClock.Instant = .now) -> [Outbox.Entry] {
        guarded.withLock { guarded in
            let old = guarded.inFlight.filter { now - $0.value.sent >= time }
            for sequence in old.keys { guarded.inFlight[sequence] = nil }
            return old.sorted { $0.key < $1.key }.map(\.value.entry)
        }
    }

    func takeOutput() -> [UInt8] {
        guarded.withLock { guarded in
            defer { guarded.output.removeAll(keepingCapacity: true) }
            return guarded.output
        }
    }

    /// Ends the session.
    ///
    /// - Returns: What was delivered and not answered, in its order.
    func close() -> [Outbox.Entry] {
        ring.finish()
        return guarded.withLock { guarded in
            guarded.isClosed = true
            defer { guarded.inFlight = [:] }
            return guarded.inFlight.sorted { $0.key < $1.key }.map(\.value.entry)
        }
    }
}
