import Crypto

/// Reads and writes packets of every protection that the standard has, the unsound ones too.
///
/// For tests alone: they show that what others wrote is read octet for octet, and that every profile refuses what it
/// must. No program may import it (`ImportLawTests`).
@_spi(AnyPacket) public struct AnyPacket: Sendable {
    private let header: CommandPacket.Header
    private let command: PacketProtection
    private let response: PacketProtection

    /// A command's content.
    public struct Content: Sendable, Equatable {
        public var packet: CommandPacket
        public var counter: UInt64

        public init(packet: CommandPacket, counter: UInt64) {
            self.packet = packet
            self.counter = counter
        }
    }

    /// - Parameters:
    ///   - header: SPI tells what is done, KIc and KID by which algorithm.
    ///   - kic: A key as KIc names it; not looked at if nothing is ciphered.
    ///   - kid: Likewise.
    ///   - checksumLength: 8 or 4.
    /// - Throws: ``OTAError/insufficientSecurity`` for an algorithm that is not known, ``OTAError/cryptography`` for
    ///   keys that do not fit it.
    public init(
        _ header: CommandPacket.Header,
        kic: [UInt8],
        kid: [UInt8],
        checksumLength: Int = 8
    ) throws(OTAError) {
        self.header = header
        let check: (SPI.Check) throws(OTAError) -> PacketProtection.Check = { wanted throws(OTAError) in
            switch wanted {
            case .none: return .none
            case .redundancy:
                switch header.kid.octet & 0x0F {
                case 0x01: return .redundancy16
                case 0x05: return .redundancy32
                default: throw .insufficientSecurity
                }
            case .cryptographic:
                let (cipher, key, _) = try Self.cipher(header.kid, kid)
                return .cryptographic(cipher, key, length: checksumLength)
            case .digitalSignature: throw .insufficientSecurity
            }
        }
        let ciphering: (Bool) throws(OTAError) -> PacketProtection.Ciphering = { isCiphered throws(OTAError) in
            guard isCiphered else { return .none }
            let (cipher, key, isChained) = try Self.cipher(header.kic, kic)
            return isChained ? .chained(cipher, key) : .blockwise(cipher, key)
        }
        command = PacketProtection(
            ciphering: try ciphering(header.spi.isCiphered),
            check: try check(header.spi.check)
        )
        response = PacketProtection(
            ciphering: try ciphering(header.spi.isReceiptCiphered),
            check: try check(header.spi.receiptCheck)
        )
    }

    /// Writes a command packet: CPL and what follows.
    public func command(_ data: [UInt8], counter: UInt64) throws(OTAError) -> [UInt8] {
        try CommandPacket(header: header, data: data).octets(command, counter: counter)
    }

    /// Reads a command packet.
    public func content(ofCommand octets: [UInt8]) throws(OTAError) -> Content {
        guard try OpenedCommand.header(octets) == header, Int(octets[2]) == 13 + command.checkLength else {
            throw .insufficientSecurity
        }
        let opened = try OpenedCommand(octets, header, command)
        return Content(packet: opened.packet, counter: opened.counter)
    }

    /// Writes a response packet as the command's SPI wants it: RPL and what follows.
    public func octets(ofResponse packet: ResponsePacket) throws(OTAError) -> [UInt8] {
        try packet.octets(response)
    }

    /// Reads a response packet.
    public func content(ofResponse octets: [UInt8]) throws(OTAError) -> ResponsePacket {
        try ResponsePacket(octets, response)
    }

    /// Single DES is triple DES under one key twice.
    private static func cipher(
        _ indication: KeyIndication,
        _ key: [UInt8]
    ) throws(OTAError) -> (cipher: BlockCipher, key: SymmetricKey, isChained: Bool) {
        let (cipher, lengths, isChained): (BlockCipher, [Int], Bool) =
            switch indication.octet & 0x0F {
            case 0x01: (.tripleDES, [8], true)
            case 0x05: (.tripleDES, [16], true)
            case 0x09: (.tripleDES, [24], true)
            case 0x0D: (.tripleDES, [8], false)
            case 0x02: (.aes, [16, 24, 32], true)
            default: throw .insufficientSecurity
            }
        guard lengths.contains(key.count) else { throw .cryptography }
        return (cipher, SymmetricKey(data: key.count == 8 ? key + key : key), isChained)
    }

    /// CRC-16 and CRC-32 of a message, for the standard's own example.
    public static func redundancyChecks(_ octets: [UInt8]) -> (crc16: [UInt8], crc32: [UInt8]) {
        (RedundancyCheck.crc16(octets), RedundancyCheck.crc32(octets))
    }
}
