@_spi(KeyMaterial) import Alauda
import OTA

/// A card's answer to SIGN, altered on its way: opened and sealed again under the card's own keys, its counter kept.
///
/// It needs nothing of the card but its keys. What is no answer to SIGN stays as it is.
struct AnswerAccident: ~Copyable {
    private let packet: ResponsePacket
    private let counter: UInt32
    private let reference: UInt8
    private let keys: WPKIKeys
    private let message: UpMessage

    /// - Returns: `nil` unless the short messages are one answer to SIGN of this card.
    init?(_ segments: [[UInt8]], from state: CardState, _ record: CardRecord) {
        guard let octets = Self.whole(segments), let packet = try? ResponsePacket(octets.packet),
            let header = try? FrameHeader(packet.data), let iccid = record.iccidOctets,
            let root = state.roots.first(where: { $0.keyVersion == header.keyVersion }),
            let key = Hex.octets(root.key),
            let keys = try? WPKIKeys(root: key, iccid: iccid, keyVersion: root.keyVersion),
            let plaintext = try? keys.open(packet.data, direction: .up),
            let message = try? UpMessage(decoding: plaintext), message.kind == .sign
        else { return nil }
        (self.packet, counter, reference) = (packet, header.counter, octets.reference)
        self.keys = keys
        self.message = message
    }

    /// The same answer with another content.
    func changed(_ change: (inout UpMessage) -> Void) -> [[UInt8]] {
        var changed = message
        change(&changed)
        guard let frame = try? keys.seal(changed.octets, counter: counter, direction: .up) else { return [] }
        return segments(packet.status, frame)
    }

    /// The same frame with one bit of its checksum changed.
    func damaged() -> [[UInt8]] {
        var frame = packet.data
        if let last = frame.popLast() { frame.append(last ^ 1) }
        return segments(packet.status, frame)
    }

    /// What the card's framework says instead of the applet.
    func receipt(_ status: UInt8) -> [[UInt8]] {
        segments(status, [])
    }

    private func segments(_ status: UInt8, _ data: [UInt8]) -> [[UInt8]] {
        let packet = ResponsePacket(tar: packet.tar, counter: packet.counter, status: status, data: data)
        return (try? packet.segments(reference: reference)) ?? []
    }

    private static func whole(_ segments: [[UInt8]]) -> (packet: [UInt8], reference: UInt8)? {
        guard let first = segments.first.flatMap({ try? UserData($0) }) else { return nil }
        guard let part = first.part else { return segments.count == 1 ? (first.octets, 0) : nil }
        var parts = Reassembly(total: part.total)
        for segment in segments {
            guard let data = try? UserData(segment), let progress = try? parts.add(data) else { return nil }
            if case .complete(_, let packet) = progress { return (packet, UInt8(truncatingIfNeeded: part.reference)) }
        }
        return nil
    }
}

extension CardRecord {
    /// Ten octets, the printed digits in their order with a filler; `nil` for anything but 18 to 20 digits.
    var iccidOctets: [UInt8]? {
        let digits = Array(iccid.utf8)
        guard (18...20).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let nibbles = digits.map { $0 - 0x30 } + [15, 15]
        return (0..<10).map { nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1] }
    }
}
