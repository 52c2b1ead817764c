import SMPP
import Synchronization

/// One ESME's connection: what is to be written to it, and which deliveries it has not answered.
final class SMSCSession: Sendable {
    private struct Guarded {
        var output: [UInt8] = []
        var inFlight: [UInt32: Outbox.Entry] = [:]
        var sequence: UInt32 = 0
        var isBound = false
        var isClosed = false
    }

    /// Deliveries that may be without their answer.
    private static let window = 100

    private let guarded = Mutex(Guarded())
    private let ring: AsyncStream<Void>.Continuation
    /// Rings when there is something to write; ends with the session.
    let writes: AsyncStream<Void>

    init() {
        (writes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var isBound: Bool { guarded.withLock { $0.isBound } }

    func bound() { guarded.withLock { $0.isBound = true } }

    func write(_ unit: PDU) {
        guard let octets = try? unit.octets() else { return }
        guarded.withLock { $0.output += octets }
        ring.yield()
    }

    /// Sends a message of a handset; `false` if there is no room now.
    func deliver(_ entry: Outbox.Entry) -> Bool {
        let unit = guarded.withLock { guarded -> PDU? in
            guard guarded.isBound, !guarded.isClosed, guarded.inFlight.count < Self.window else { return nil }
            guarded.sequence = guarded.sequence >= 0x7FFF_FFFF ? 1 : guarded.sequence + 1
            guarded.inFlight[guarded.sequence] = entry
            return PDU(.deliver(entry.unit), sequence: guarded.sequence)
        }
        guard let unit else { return false }
        write(unit)
        return true
    }

    /// The delivery that an answer belongs to.
    func answered(_ sequence: UInt32) -> Outbox.Entry? {
        guarded.withLock { $0.inFlight.removeValue(forKey: sequence) }
    }

    func takeOutput() -> [UInt8] {
        guarded.withLock { guarded in
            defer { guarded.output.removeAll(keepingCapacity: true) }
            return guarded.output
        }
    }

    /// Ends the session.
    ///
    /// - Returns: What was delivered and not answered.
    func close() -> [Outbox.Entry] {
        ring.finish()
        return guarded.withLock { guarded in
            guarded.isClosed = true
            defer { guarded.inFlight = [:] }
            return Array(guarded.inFlight.values)
        }
    }
}
