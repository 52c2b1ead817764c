/// Cutting packets into short messages and reading what comes back (3GPP TS 23.040 §9.2.3.24, 31.115 §4).
public enum Segmentation {
    /// IEI of a command packet and of a response packet.
    public static let command: UInt8 = 0x70
    public static let response: UInt8 = 0x71
    /// What cards' buffers hold.
    public static let mostSegments = 5
    static let userDataLength = 140
    /// What the first and each further segment leave beside their user data headers.
    static let firstLength = 132
    static let furtherLength = 134
    static let longestPacket = firstLength + (mostSegments - 1) * furtherLength

    static func segments(
        _ packet: [UInt8],
        identifier: UInt8,
        reference: UInt8
    ) throws(OTAError) -> [[UInt8]] {
        guard packet.count <= longestPacket else { throw .tooLong }
        if packet.count <= userDataLength - 3 { return [[2, identifier, 0] + packet] }
        var parts: [ArraySlice<UInt8>] = [packet.prefix(firstLength)]
        var rest = packet.dropFirst(firstLength)
        while !rest.isEmpty {
            parts.append(rest.prefix(furtherLength))
            rest = rest.dropFirst(furtherLength)
        }
        let total = UInt8(parts.count)
        return parts.enumerated().map { index, part in
            let concatenation = [0, 3, reference, total, UInt8(index + 1)]
            return (index == 0 ? [7] + concatenation + [identifier, 0] : [5] + concatenation) + part
        }
    }
}

/// The user data of one short message, its header read.
public struct UserData: Sendable, Equatable {
    /// Which part of a longer packet this is.
    public struct Part: Sendable, Equatable {
        public var reference: UInt16
        public var total: Int
        public var index: Int
    }

    public var part: Part?
    /// IEI 70 or 71 if the header held one.
    public var packetIdentifier: UInt8?
    public var octets: [UInt8]

    /// - Throws: ``OTAError/malformed`` if the header is longer than the data or its elements do not fit.
    public init(_ userData: [UInt8]) throws(OTAError) {
        guard let headerLength = userData.first.map({ Int($0) }), userData.count > headerLength else {
            throw .malformed
        }
        octets = Array(userData[(headerLength + 1)...])
        var header = userData[1..<(headerLength + 1)]
        while !header.isEmpty {
            guard header.count >= 2 else { throw .malformed }
            let identifier = header[header.startIndex]
            let length = Int(header[header.startIndex + 1])
            header = header.dropFirst(2)
            guard header.count >= length else { throw .malformed }
            try read(identifier, Array(header.prefix(length)))
            header = header.dropFirst(length)
        }
    }

    private mutating func read(_ identifier: UInt8, _ value: [UInt8]) throws(OTAError) {
        switch (identifier, value.count) {
        case (0x00, 3):
            part = Part(reference: UInt16(value[0]), total: Int(value[1]), index: Int(value[2]))
        case (0x08, 4):
            let reference = UInt16(value[0]) << 8 | UInt16(value[1])
            part = Part(reference: reference, total: Int(value[2]), index: Int(value[3]))
        case (Segmentation.command, 0), (Segmentation.response, 0): packetIdentifier = identifier
        case (0x00, _), (0x08, _): throw .malformed
        default: break
        }
        if let part {
            guard (1...Segmentation.mostSegments).contains(part.total), (1...part.total).contains(part.index)
            else { throw .malformed }
        }
    }
}

/// The parts of one packet as they come: out of order, doubled.
public struct Reassembly: Sendable {
    private let total: Int
    private var identifier: UInt8?
    private var parts: [Int: [UInt8]] = [:]

    public init(total: Int) {
        self.total = total
    }

    public enum Progress: Sendable, Equatable {
        case incomplete
        case complete(identifier: UInt8, packet: [UInt8])
    }

    /// Takes a part; one that came before is the same again.
    ///
    /// - Throws: ``OTAError/malformed`` for a part of another packet, or when no part named the packet's kind.
    public mutating func add(_ userData: UserData) throws(OTAError) -> Progress {
        guard let part = userData.part, part.total == total else { throw .malformed }
        if let known = parts[part.index], known != userData.octets { throw .malformed }
        parts[part.index] = userData.octets
        identifier = userData.packetIdentifier ?? identifier
        guard parts.count == total else { return .incomplete }
        guard let identifier else { throw .malformed }
        return .complete(identifier: identifier, packet: (1...total).flatMap { parts[$0] ?? [] })
    }
}
