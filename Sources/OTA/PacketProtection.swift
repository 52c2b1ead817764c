import Crypto

/// How the protected part of a packet is ciphered and checked: one form for commands and responses.
///
/// ```
///            │ covered by the check, in clear │ counted                    │      │ covered │
/// command    │ CPL CHL SPI KIc KID TAR        │ CNTR PCNTR                 │ check│ data pad│
/// response   │ 02 71 00 RPL RHL TAR           │ CNTR PCNTR status          │ check│ data pad│
///                                             └──────────────── ciphered ────────────────────┘
/// ```
///
/// `CardProfile` decides which of its forms exist outside tests: ``Ciphering/chained(_:_:)`` with
/// ``Check/cryptographic(_:_:length:)`` and nothing else.
struct PacketProtection: Sendable {
    enum Ciphering: Sendable {
        case none
        /// CBC with a zero vector.
        case chained(BlockCipher, SymmetricKey)
        /// ECB: no card is sent it.
        case blockwise(BlockCipher, SymmetricKey)
    }

    enum Check: Sendable {
        case none
        case redundancy16
        case redundancy32
        case cryptographic(BlockCipher, SymmetricKey, length: Int)
    }

    /// The protected part in clear.
    struct Part: Sendable, Equatable {
        var counter: UInt64
        var padding: Int
        var status: UInt8?
        var data: [UInt8]
    }

    var ciphering: Ciphering
    var check: Check

    var checkLength: Int {
        switch check {
        case .none: 0
        case .redundancy16: 2
        case .redundancy32: 4
        case .cryptographic(_, _, let length): length
        }
    }

    private var blockLength: Int {
        switch ciphering {
        case .none: 1
        case .chained(let cipher, _), .blockwise(let cipher, _): cipher.blockLength
        }
    }

    /// How many octets fill the last block.
    func padding(counted: Int, data: Int) -> Int {
        (blockLength - (counted + checkLength + data) % blockLength) % blockLength
    }

    /// Everything after the clear octets; zeros are the padding.
    func seal(_ part: Part, after clear: [UInt8]) throws(OTAError) -> [UInt8] {
        var counted = PacketCounter.octets(part.counter)
        counted.append(UInt8(truncatingIfNeeded: part.padding))
        if let status = part.status { counted.append(status) }
        let padded = part.data + [UInt8](repeating: 0, count: part.padding)
        let checksum = try self.checksum(clear + counted + padded)
        return try encrypt(counted + checksum + padded)
    }

    /// Deciphers, authenticates, and only then believes the padding counter, so that it tells an enemy nothing.
    ///
    /// - Throws: ``OTAError/malformed`` for lengths that cannot be, ``OTAError/notAuthentic`` for a wrong check.
    func open(_ ciphered: ArraySlice<UInt8>, after clear: [UInt8], hasStatus: Bool) throws(OTAError) -> Part {
        let counted = hasStatus ? 7 : 6
        guard ciphered.count.isMultiple(of: blockLength), ciphered.count >= counted + checkLength else {
            throw .malformed
        }
        let plain = try decrypt(Array(ciphered))
        let padded = plain[(counted + checkLength)...]
        let expected = try checksum(clear + plain[..<counted] + padded)
        guard isEqualInConstantTime(expected, plain[counted..<(counted + checkLength)]) else { throw .notAuthentic }
        let padding = Int(plain[5])
        guard padding <= padded.count, padding < blockLength else { throw .malformed }
        return Part(
            counter: PacketCounter.number(plain[..<5]),
            padding: padding,
            status: hasStatus ? plain[6] : nil,
            data: Array(padded.dropLast(padding))
        )
    }

    private func checksum(_ octets: [UInt8]) throws(OTAError) -> [UInt8] {
        switch check {
        case .none: return []
        case .redundancy16: return RedundancyCheck.crc16(octets)
        case .redundancy32: return RedundancyCheck.crc32(octets)
        case .cryptographic(let cipher, let key, let length): return try cipher.checksum(octets, key, length: length)
        }
    }

    private func encrypt(_ octets: [UInt8]) throws(OTAError) -> [UInt8] {
        switch ciphering {
        case .none: return octets
        case .chained(let cipher, let key): return try cipher.encrypt(octets, key)
        case .blockwise(let cipher, let key):
            var blocks: [UInt8] = []
            for block in Self.blocks(octets, cipher.blockLength) { blocks += try cipher.encrypt(block, key) }
            return blocks
        }
    }

    private func decrypt(_ octets: [UInt8]) throws(OTAError) -> [UInt8] {
        switch ciphering {
        case .none: return octets
        case .chained(let cipher, let key): return try cipher.decrypt(octets, key)
        case .blockwise(let cipher, let key):
            var blocks: [UInt8] = []
            for block in Self.blocks(octets, cipher.blockLength) { blocks += try cipher.decrypt(block, key) }
            return blocks
        }
    }

    /// A block alone in CBC with a zero vector is a block in ECB.
    private static func blocks(_ octets: [UInt8], _ length: Int) -> [[UInt8]] {
        stride(from: 0, to: octets.count, by: length).map { Array(octets[$0..<min($0 + length, octets.count)]) }
    }
}

/// CNTR: 40 bits, the most significant octet first (TS 102 225 §5.1.4).
enum PacketCounter {
    /// At this value a card blocks its counter for ever.
    static let last: UInt64 = 0xFF_FFFF_FFFF

    static func octets(_ counter: UInt64) -> [UInt8] {
        (0..<5).map { UInt8(truncatingIfNeeded: counter >> (32 - 8 * $0)) }
    }

    static func number(_ octets: some Sequence<UInt8>) -> UInt64 {
        octets.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// CRCs as ISO/IEC 13239 has them (TS 102 225 §5.1.3): they find accidents and prove nothing.
enum RedundancyCheck {
    static func crc16(_ octets: [UInt8]) -> [UInt8] {
        let value = ~reflected(octets, polynomial: 0x8408, start: 0xFFFF) & 0xFFFF
        return [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    static func crc32(_ octets: [UInt8]) -> [UInt8] {
        let value = ~reflected(octets, polynomial: 0xEDB8_8320, start: 0xFFFF_FFFF)
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
    }

    private static func reflected(_ octets: [UInt8], polynomial: UInt32, start: UInt32) -> UInt32 {
        octets.reduce(start) { value, octet in
            (0..<8).reduce(value ^ UInt32(octet)) { value, _ in
                value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
            }
        }
    }
}
