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

    /// The same as octets, for whoever keeps parts until the others come.
    ///
    /// It is user data again, whose header has what was understood of the one that came, in one form; ``init(_:)``
    /// reads it back to an equal value.
    public var stored: [UInt8] {
        var header: [UInt8] = []
        if let part {
            let reference = SegmentReference.wide(part.reference)
            header += reference.element(
                total: UInt8(truncatingIfNeeded: part.total),
                index: UInt8(truncatingIfNeeded: part.index)
            )
        }
        if let packetIdentifier { header += [packetIdentifier, 0] }
        return [UInt8(header.count)] + header + octets
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
