/// A response packet without checksum and ciphering (TS 102 225 §5.2).
///
/// It is transport and proves nothing: what an applet says is authenticated inside `data`.
public struct ResponsePacket: Sendable, Equatable {
    public var tar: TAR
    /// CNTR of the command that is answered, 40 bits.
    public var counter: UInt64
    /// 00 is "PoR OK"; table 5 of TS 102 225 §5.2.
    public var status: UInt8
    public var data: [UInt8]

    public init(tar: TAR, counter: UInt64, status: UInt8, data: [UInt8]) {
        self.tar = tar
        self.counter = counter
        self.status = status
        self.data = data
    }

    /// Reads RPL and what follows.
    ///
    /// - Throws: ``OTAError/malformed`` for anything but an unprotected packet whose lengths fit.
    public init(_ octets: [UInt8]) throws(OTAError) {
        guard octets.count >= 13, Int(octets[0]) << 8 | Int(octets[1]) == octets.count - 2, octets[2] == 0x0A,
            let tar = TAR(Array(octets[3..<6])), octets[11] == 0
        else { throw .malformed }
        self.tar = tar
        counter = octets[6..<11].reduce(0) { $0 << 8 | UInt64($1) }
        status = octets[12]
        data = Array(octets[13...])
    }

    /// RPL, RHL, TAR, CNTR, PCNTR, status, data.
    public var octets: [UInt8] {
        let length = 11 + data.count
        return [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length), 0x0A] + tar.octets
            + (0..<5).map { UInt8(truncatingIfNeeded: counter >> (32 - 8 * $0)) } + [0, status] + data
    }

    /// The short messages that carry it, each with its user data header.
    public func segments(reference: UInt8) throws(OTAError) -> [[UInt8]] {
        try Segmentation.segments(octets, identifier: Segmentation.response, reference: reference)
    }
}
