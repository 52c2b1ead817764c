import MSSCore
import OTA
import SMPP

/// What handsets send, put together again: the parts of one answer are acknowledged together, once it is stored.
struct Uplink {
    enum Action {
        /// Answers messages that are of no further use, or that are to be sent again.
        case acknowledge([UInt32], CommandStatus)
        /// A whole answer: to be stored, then its messages acknowledged.
        case receive(ResponsePacket, MSISDN, [UInt32])
    }

    private struct Key: Hashable {
        var source: String
        var reference: UInt16
        var total: Int
    }

    private struct Partial {
        var reassembly: Reassembly
        var sequences: [UInt32]
        var began: ContinuousClock.Instant
    }

    private static let mostPartials = 1_000

    private let patience: Duration
    private var partials: [Key: Partial] = [:]

    init(patience: Duration) {
        self.patience = patience
    }

    /// Takes a message; `refused` is told a constant reason for what is acknowledged without being used.
    mutating func delivered(
        _ sequence: UInt32,
        _ message: ShortMessageUnit,
        now: ContinuousClock.Instant,
        refused: (String) -> Void
    ) -> Action {
        guard !message.isReceipt else { return .acknowledge([sequence], .ok) }
        guard message.hasUserDataHeader, let msisdn = MSISDN(message.source.digits),
            let userData = try? UserData(message.userData)
        else {
            refused("no_answer_of_a_card")
            return .acknowledge([sequence], .ok)
        }
        guard let part = userData.part else {
            return whole(userData.packetIdentifier, userData.octets, msisdn, [sequence], refused)
        }
        let key = Key(source: message.source.digits, reference: part.reference, total: part.total)
        guard partials[key] != nil || partials.count < Self.mostPartials else {
            refused("too_many_parts")
            return .acknowledge([sequence], .temporaryApplicationError)
        }
        var partial =
            partials[key] ?? Partial(reassembly: Reassembly(total: part.total), sequences: [], began: now)
        partial.sequences.append(sequence)
        do {
            guard case .complete(let identifier, let packet) = try partial.reassembly.add(userData) else {
                partials[key] = partial
                return .acknowledge([], .ok)
            }
            partials[key] = nil
            return whole(identifier, packet, msisdn, partial.sequences, refused)
        } catch {
            // Parts of two answers under one reference: both go, the card repeats its answer when it is asked.
            partials[key] = nil
            refused("parts_do_not_fit")
            return .acknowledge(partial.sequences, .ok)
        }
    }

    /// Parts whose others did not come: the message centre is to send them again.
    mutating func overdue(_ now: ContinuousClock.Instant) -> [UInt32] {
        let late = partials.filter { $0.value.began + patience <= now }
        for key in late.keys { partials[key] = nil }
        return late.values.flatMap(\.sequences)
    }

    private func whole(
        _ identifier: UInt8?,
        _ packet: [UInt8],
        _ msisdn: MSISDN,
        _ sequences: [UInt32],
        _ refused: (String) -> Void
    ) -> Action {
        guard identifier == Segmentation.response, let response = try? ResponsePacket(packet) else {
            refused("no_response_packet")
            return .acknowledge(sequences, .ok)
        }
        return .receive(response, msisdn, sequences)
    }
}
