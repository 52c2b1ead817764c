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
}

/// A command under a card's keys with its counter spent: it can be sent once.
public struct SealedCommand: ~Copyable, Sendable {
    /// CPL, CHL, header, and what is ciphered; without the user data header.
    public let packet: [UInt8]

    /// Seals a command (TS 102 225 §5.1: CC over CPL…PCNTR, data and padding; ciphered from CNTR on).
    ///
    /// - Parameters:
    ///   - command: Its SPI must ask for ciphering and a checksum, its keys be AES of one key version.
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
        let header = command.header
        guard header.spi.hasChecksum, header.spi.isCiphered, header.kic.isAES, header.kid.isAES,
            header.kic.keyVersion == header.kid.keyVersion, header.kic.keyVersion != 0
        else { throw .insufficientSecurity }
        guard counter < 0xFF_FFFF_FFFF, checksumLength == 8 || checksumLength == 4 else { throw .malformed }
        let padding = (16 - (6 + checksumLength + command.data.count) % 16) % 16
        let padded = command.data + [UInt8](repeating: 0, count: padding)
        let headerLength = 13 + checksumLength
        let packetLength = 1 + headerLength + padded.count
        guard packetLength + 2 <= Segmentation.longestPacket else { throw .tooLong }
        var counted: [UInt8] = (0..<5).map { UInt8(truncatingIfNeeded: counter >> (32 - 8 * $0)) }
        counted.append(UInt8(padding))
        let clear =
            [UInt8(packetLength >> 8), UInt8(packetLength & 0xFF), UInt8(headerLength)] + header.octets
        let checksum = try keyset.checksum(clear + counted + padded, length: checksumLength)
        packet = clear + (try keyset.encrypt(counted + checksum + padded))
    }

    /// The short messages that carry the command, each with its user data header, at most 140 octets
    /// (3GPP TS 31.115 §4, 23.040 §9.2.3.24.1).
    ///
    /// - Parameter reference: Tells the segments of one command from those of another.
    /// - Returns: One to five.
    /// - Throws: ``OTAError/tooLong``.
    public consuming func segments(reference: UInt8) throws(OTAError) -> [[UInt8]] {
        try Segmentation.segments(packet, identifier: Segmentation.command, reference: reference)
    }
}

/// A command packet as a card opens it.
@_spi(KeyMaterial) public struct OpenedCommand: Sendable, Equatable {
    public var packet: CommandPacket
    public var counter: UInt64

    /// Decodes, authenticates and deciphers; the caller compares the counter.
    ///
    /// - Throws: ``OTAError/insufficientSecurity`` if the profile does not accept the header;
    ///   ``OTAError/notAuthentic`` if the checksum is wrong.
    public init(
        _ octets: [UInt8],
        profile: SecurityProfile,
        under keyset: borrowing OTAKeyset
    ) throws(OTAError) {
        let header = try Self.header(octets)
        guard profile.accepts(header) else { throw .insufficientSecurity }
        let headerLength = Int(octets[2])
        let checksumLength = headerLength - 13
        guard checksumLength == 8 || checksumLength == 4 else { throw .insufficientSecurity }
        let ciphered = octets[10...]
        guard ciphered.count.isMultiple(of: 16), ciphered.count >= 6 + checksumLength else { throw .malformed }
        let plain = try keyset.decrypt(ciphered)
        let data = Array(plain[(6 + checksumLength)...])
        let padding = Int(plain[5])
        guard padding <= data.count, padding < 16 else { throw .notAuthentic }
        let counted = Array(octets[..<10]) + plain[..<6] + data
        guard try keyset.isChecksum(plain[6..<(6 + checksumLength)], of: counted) else { throw .notAuthentic }
        packet = CommandPacket(header: header, data: Array(data.dropLast(padding)))
        counter = plain[..<5].reduce(0) { $0 << 8 | UInt64($1) }
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
