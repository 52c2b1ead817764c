import MSSCore
import OTA
import SMPP

/// What handsets send, put together again: the parts of one answer are acknowledged together, once it is stored.
struct Uplink {
    enum Action: Equatable {
        /// Answers messages that are of no further use, or that are to be sent again.
        case acknowledge([UInt32], CommandStatus)
        /// A whole answer: to be stored; ``Uplink/stored(_:_:now:)`` then tells what to acknowledge.
        case receive(Answer)
    }

    /// A whole answer and the messages that brought it.
    struct Answer: Equatable, Sendable {
        var packet: ResponsePacket
        var msisdn: MSISDN
        /// The message it came in, unless it came in parts.
        var sequence: UInt32?
        var parts: Key?
    }

    /// Which parts belong together.
    struct Key: Hashable, Sendable {
        var source: String
        var reference: UInt16
        var total: Int
    }

    private struct Partial {
        var reassembly: Reassembly
        var parts: [Int: [UInt8]] = [:]
        var sequences: [UInt32] = []
        var began: ContinuousClock.Instant
    }

    /// Answers that one source may have half sent: a stranger's litter takes no other's place.
    static let mostOfOneSource = 4

    private let patience: Duration
    private let mostPartials: Int
    private var collecting: [Key: Partial] = [:]
    private var storing: [Key: Partial] = [:]
    /// What was stored lately: a message centre that missed an acknowledgement sends a part again.
    private var known: [Key: Partial] = [:]

    init(patience: Duration, mostPartials: Int) {
        self.patience = patience
        self.mostPartials = mostPartials
    }

    /// Takes a message; `refused` is told a constant reason for what is acknowledged without being used.
    mutating func delivered(
        _ sequence: UInt32,
        _ message: ShortMessageUnit,
        now: ContinuousClock.Instant,
        refused: (String) -> Void
    ) -> [Action] {
        guard !message.isReceipt else { return [.acknowledge([sequence], .ok)] }
        guard let msisdn = MSISDN(message.source.digits), let userData = UserData(of: message) else {
            refused("no_answer_of_a_card")
            return [.acknowledge([sequence], .ok)]
        }
        guard let part = userData.part else {
            guard let packet = Self.packet(userData.packetIdentifier, userData.octets) else {
                refused("no_response_packet")
                return [.acknowledge([sequence], .ok)]
            }
            return [.receive(Answer(packet: packet, msisdn: msisdn, sequence: sequence))]
        }
        let key = Key(source: msisdn.description, reference: part.reference, total: part.total)
        if let answer = repeated(sequence, part.index, userData.octets, of: key) { return answer }
        return collect(sequence, userData, part.index, of: key, from: msisdn, now: now, refused: refused)
    }

    /// Tells what became of an answer.
    ///
    /// - Returns: The messages that can now be acknowledged.
    mutating func stored(_ answer: Answer, _ isStored: Bool, now: ContinuousClock.Instant) -> [UInt32] {
        guard let key = answer.parts else { return answer.sequence.map { [$0] } ?? [] }
        guard var partial = storing.removeValue(forKey: key) else { return [] }
        let sequences = partial.sequences
        partial.sequences = []
        partial.began = now
        if isStored, known.count < mostPartials { known[key] = partial }
        return sequences
    }

    /// Parts whose others did not come: the message centre is to send them again.
    mutating func overdue(_ now: ContinuousClock.Instant) -> [UInt32] {
        known = known.filter { $0.value.began + patience > now }
        let late = collecting.filter { $0.value.began + patience <= now }
        for key in late.keys { collecting[key] = nil }
        return late.values.flatMap(\.sequences)
    }

    /// A part of an answer that is whole already: acknowledged with it, or at once.
    private mutating func repeated(_ sequence: UInt32, _ index: Int, _ octets: [UInt8], of key: Key) -> [Action]? {
        if let partial = storing[key] {
            // Another answer under the same reference has to wait until this one is out of the way.
            guard partial.parts[index] == octets else {
                return [.acknowledge([sequence], .temporaryApplicationError)]
            }
            storing[key]?.sequences.append(sequence)
            return []
        }
        guard let partial = known[key] else { return nil }
        if partial.parts[index] == octets { return [.acknowledge([sequence], .ok)] }
        known[key] = nil
        return nil
    }

    private mutating func collect(
        _ sequence: UInt32,
        _ userData: UserData,
        _ index: Int,
        of key: Key,
        from msisdn: MSISDN,
        now: ContinuousClock.Instant,
        refused: (String) -> Void
    ) -> [Action] {
        var actions: [Action] = []
        if let other = collecting[key], let octets = other.parts[index], octets != userData.octets {
            // The reference is used again: what was half sent before is not coming any more.
            collecting[key] = nil
            refused("parts_do_not_fit")
            actions.append(.acknowledge(other.sequences, .ok))
        }
        if collecting[key] == nil {
            guard collecting.count + storing.count < mostPartials,
                collecting.keys.count(where: { $0.source == key.source }) < Self.mostOfOneSource
            else {
                refused("too_many_parts")
                return actions + [.acknowledge([sequence], .temporaryApplicationError)]
            }
        }
        var partial = collecting[key] ?? Partial(reassembly: Reassembly(total: key.total), began: now)
        partial.sequences.append(sequence)
        partial.parts[index] = userData.octets
        do {
            guard case .complete(let identifier, let octets) = try partial.reassembly.add(userData) else {
                collecting[key] = partial
                return actions
            }
            collecting[key] = nil
            guard let packet = Self.packet(identifier, octets) else { throw OTAError.malformed }
            storing[key] = partial
            return actions + [.receive(Answer(packet: packet, msisdn: msisdn, parts: key))]
        } catch {
            collecting[key] = nil
            refused("no_response_packet")
            return actions + [.acknowledge(partial.sequences, .ok)]
        }
    }

    private static func packet(_ identifier: UInt8?, _ octets: [UInt8]) -> ResponsePacket? {
        identifier == Segmentation.response ? try? ResponsePacket(octets) : nil
    }
}

extension UserData {
    /// The user data of a handset's message with its header, wherever the message centre put either.
    ///
    /// `nil` if it has no header, and so is no packet. A message centre that speaks of parts by sar_* parameters
    /// (SMPP 3.4 §5.3.2.22–24) has taken the concatenation out of the header: it is put back. A response's header is
    /// read without UDHI too, since a card cannot ask for the bit in a delivery report (3GPP TS 31.115 §4).
    init?(of message: ShortMessageUnit) {
        let octets = message.userData
        let isMarked = message.hasUserDataHeader || octets.starts(with: [2, Segmentation.response, 0])
        guard let concatenation = Self.concatenation(message) else {
            guard isMarked, let userData = try? UserData(octets) else { return nil }
            self = userData
            return
        }
        var header: ArraySlice<UInt8> = []
        var rest = octets[...]
        if isMarked {
            guard let length = rest.popFirst().map({ Int($0) }), length <= rest.count else { return nil }
            header = rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        guard header.count + concatenation.count <= 255 else { return nil }
        let whole = [UInt8(header.count + concatenation.count)] + concatenation + header + rest
        guard let userData = try? UserData(whole) else { return nil }
        self = userData
    }

    private static func concatenation(_ message: ShortMessageUnit) -> [UInt8]? {
        func value(_ tag: UInt16, _ length: Int) -> [UInt8]? {
            message.parameters.first { $0.tag == tag && $0.value.count == length }?.value
        }
        guard let reference = value(OptionalParameter.sarReference, 2),
            let total = value(OptionalParameter.sarTotalSegments, 1),
            let index = value(OptionalParameter.sarSegment, 1)
        else { return nil }
        return [8, 4] + reference + total + index
    }
}
