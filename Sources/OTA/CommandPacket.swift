public import struct Foundation.Date

/// A command packet before it is sealed: for whom, how secured, and the data (TS 102 225 §5.1).
public struct CommandPacket: Sendable, Equatable {
    public var header: Header
    public var data: [UInt8]

    public init(header: Header, data: [UInt8]) {
        self.header = header
        self.data = data
    }

    /// SPI, KIc, KID and TAR: eight octets that travel in the clear.
    public struct Header: Sendable, Equatable {
        public var spi: SPI
        public var kic: KeyIndication
        public var kid: KeyIndication
        public var tar: TAR

        public init(spi: SPI, kic: KeyIndication, kid: KeyIndication, tar: TAR) {
            self.spi = spi
            self.kic = kic
            self.kid = kid
            self.tar = tar
        }

        var octets: [UInt8] { [spi.first, spi.second, kic.octet, kid.octet] + tar.octets }
    }

    /// CPL, CHL, header, and the protected part.
    func octets(_ protection: PacketProtection, counter: UInt64) throws(OTAError) -> [UInt8] {
        // What no packet holds is refused before its length is computed with.
        guard data.count <= Segmentation.longestPacket else { throw .tooLong }
        let padding = protection.padding(counted: 6, data: data.count)
        let headerLength = 13 + protection.checkLength
        let length = 1 + headerLength + data.count + padding
        guard length + 2 <= Segmentation.longestPacket else { throw .tooLong }
        let clear = [UInt8(length >> 8), UInt8(length & 0xFF), UInt8(headerLength)] + header.octets
        let part = PacketProtection.Part(counter: counter, padding: padding, data: data)
        return clear + (try protection.seal(part, after: clear))
    }
}

/// A command under a card's keys with its counter spent: it can be sent once.
public struct SealedCommand: ~Copyable, Sendable {
    /// CPL, CHL, header, and what is ciphered; without the user data header.
    public let packet: [UInt8]

    /// Seals data for a card of a batch (TS 102 225 §5.1: the checksum covers CPL…PCNTR, data and padding; ciphered
    /// from CNTR on).
    ///
    /// - Parameters:
    ///   - data: For the application, at most what five short messages hold.
    ///   - tar: The application.
    ///   - profile: The card's batch; there is no way around it.
    ///   - keyset: The card's keys, of the profile's algorithm.
    ///   - counter: CNTR, 40 bits; FFFFFFFFFF would block the card's counter and is refused.
    ///   - time: Now: triple DES ends with its permission.
    /// - Throws: ``OTAError/insufficientSecurity`` for keys of another algorithm, ``OTAError/legacyEnded``,
    ///   ``OTAError/malformed`` for the counter, ``OTAError/tooLong``.
    @_spi(KeyMaterial) public init(
        _ data: [UInt8],
        to tar: TAR,
        profile: CardProfile,
        under keyset: borrowing OTAKeyset,
        counter: UInt64,
        at time: Date
    ) throws(OTAError) {
        guard keyset.algorithm == profile.algorithm else { throw .insufficientSecurity }
        if let legacy = profile.legacy, legacy.isOver(at: time) { throw .legacyEnded }
        guard counter < PacketCounter.last else { throw .malformed }
        let protection = keyset.protection(checksumLength: profile.checksumLength)
        packet = try CommandPacket(header: profile.header(to: tar), data: data).octets(protection, counter: counter)
    }

    /// Seals a command under AES.
    ///
    /// - Parameters:
    ///   - command: Its SPI must ask for checksum, ciphering and a higher counter, its keys be AES of one key version.
    ///   - keyset: The keys of that version.
    ///   - counter: CNTR, 40 bits; FFFFFFFFFF would block the card's counter and is refused.
    ///   - checksumLength: 8 or 4 octets.
    /// - Throws: ``OTAError/insufficientSecurity``, ``OTAError/malformed`` for the counter or the checksum's length,
    ///   ``OTAError/tooLong``.
    @_spi(KeyMaterial) public init(
        _ command: CommandPacket,
        under keyset: borrowing OTAKeyset,
        counter: UInt64,
        checksumLength: Int = 8
    ) throws(OTAError) {
        guard !keyset.algorithm.isLegacy,
            command.header.isSound(keyset.algorithm, keyVersion: command.header.kic.keyVersion)
        else { throw .insufficientSecurity }
        guard counter < PacketCounter.last, checksumLength == 8 || checksumLength == 4 else { throw .malformed }
        packet = try command.octets(keyset.protection(checksumLength: checksumLength), counter: counter)
    }

    /// The short messages that carry the command, each with its user data header, at most 140 octets
    /// (3GPP TS 31.115 §4, 23.040 §9.2.3.24.1).
    ///
    /// - Parameter reference: Tells the segments of one command from those of another.
    /// - Returns: One to five.
    /// - Throws: ``OTAError/tooLong``.
    public consuming func segments(reference: UInt8) throws(OTAError) -> [[UInt8]] {
        try Segmentation.segments(packet, identifier: Segmentation.command, reference: .octet(reference))
    }

    /// The same with a reference of either size; the longer one leaves an octet less in each segment.
    public consuming func segments(reference: SegmentReference) throws(OTAError) -> [[UInt8]] {
        try Segmentation.segments(packet, identifier: Segmentation.command, reference: reference)
    }
}

/// A command packet as a card opens it.
@_spi(KeyMaterial) public struct OpenedCommand: Sendable, Equatable {
    public var packet: CommandPacket
    public var counter: UInt64

    /// Decodes, deciphers and authenticates as a card of a batch; the caller compares the counter.
    ///
    /// - Throws: ``OTAError/malformed`` for lengths that do not fit; ``OTAError/insufficientSecurity`` if the profile
    ///   does not accept the header or the keys are of another algorithm; ``OTAError/notAuthentic`` if the checksum is
    ///   wrong.
    public init(
        _ octets: [UInt8],
        profile: CardProfile,
        under keyset: borrowing OTAKeyset
    ) throws(OTAError) {
        let header = try Self.header(octets)
        guard profile.accepts(header), keyset.algorithm == profile.algorithm,
            Int(octets[2]) == 13 + profile.checksumLength
        else { throw .insufficientSecurity }
        try self.init(octets, header, keyset.protection(checksumLength: profile.checksumLength))
    }

    /// Opens a packet whose ``header(_:)`` was read.
    init(_ octets: [UInt8], _ header: CommandPacket.Header, _ protection: PacketProtection) throws(OTAError) {
        let part = try protection.open(octets[10...], after: Array(octets[..<10]), hasStatus: false)
        packet = CommandPacket(header: header, data: part.data)
        counter = part.counter
    }

    /// The clear part of a packet, after its lengths were found to fit.
    public static func header(_ octets: [UInt8]) throws(OTAError) -> CommandPacket.Header {
        guard octets.count >= 16, Int(octets[0]) << 8 | Int(octets[1]) == octets.count - 2,
            Int(octets[2]) >= 13, Int(octets[2]) + 3 <= octets.count, let tar = TAR(Array(octets[7..<10]))
        else { throw .malformed }
        return CommandPacket.Header(
            spi: SPI(first: octets[3], second: octets[4]),
            kic: KeyIndication(octet: octets[5]),
            kid: KeyIndication(octet: octets[6]),
            tar: tar
        )
    }
}
