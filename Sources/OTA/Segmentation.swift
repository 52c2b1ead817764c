/// Tells the segments of one packet from those of another (3GPP TS 23.040 §9.2.3.24.1, §9.2.3.24.8).
public enum SegmentReference: Sendable, Equatable {
    /// 8 bits, element 00.
    case octet(UInt8)
    /// 16 bits, element 08: an octet less fits each segment.
    case wide(UInt16)

    /// The element with the segment's place.
    func element(total: UInt8, index: UInt8) -> [UInt8] {
        switch self {
        case .octet(let reference): [0, 3, reference, total, index]
        case .wide(let reference): [8, 4, UInt8(reference >> 8), UInt8(reference & 0xFF), total, index]
        }
    }
}

/// Cutting packets into short messages (3GPP TS 23.040 §9.2.3.24, 31.115 §4).
public enum Segmentation {
    /// IEI of a command packet and of a response packet.
    public static let command: UInt8 = 0x70
    public static let response: UInt8 = 0x71
    /// What cards' buffers hold.
    public static let mostSegments = 5
    static let userDataLength = 140
    /// What five segments with a reference of 8 bits hold: 132 octets beside the first header, 134 beside the others.
    static let longestPacket = 132 + (mostSegments - 1) * 134

    static func segments(
        _ packet: [UInt8],
        identifier: UInt8,
        reference: SegmentReference
    ) throws(OTAError) -> [[UInt8]] {
        if packet.count <= userDataLength - 3 { return [[2, identifier, 0] + packet] }
        let further = userDataLength - 1 - reference.element(total: 0, index: 0).count
        let first = further - 2
        guard packet.count <= first + (mostSegments - 1) * further else { throw .tooLong }
        var parts: [ArraySlice<UInt8>] = [packet.prefix(first)]
        var rest = packet.dropFirst(first)
        while !rest.isEmpty {
            parts.append(rest.prefix(further))
            rest = rest.dropFirst(further)
        }
        let total = UInt8(parts.count)
        return parts.enumerated().map { index, part in
            var header = reference.element(total: total, index: UInt8(index + 1))
            if index == 0 { header += [identifier, 0] }
            return [UInt8(header.count)] + header + part
        }
    }
}
