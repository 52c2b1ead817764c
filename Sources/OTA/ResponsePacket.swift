/// A response packet without checksum and ciphering (TS 102 225 §5.2).
///
/// It is transport and proves nothing: what an applet says is authenticated inside `data`, and what the packet says
/// by itself is a ``hint``.
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
        counter = PacketCounter.number(octets[6..<11])
        status = octets[12]
        data = Array(octets[13...])
    }

    /// RPL, RHL, TAR, CNTR, PCNTR, status, data.
    public var octets: [UInt8] {
        let length = 11 + data.count
        return [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length), 0x0A] + tar.octets
            + PacketCounter.octets(counter) + [0, status] + data
    }

    /// What the packet says by itself, which anybody could have written.
    public var hint: ReceiptHint { ReceiptHint(tar: tar, counter: counter, status: ReceiptStatus(rawValue: status)) }

    /// The short messages that carry it, each with its user data header.
    public func segments(reference: UInt8) throws(OTAError) -> [[UInt8]] {
        try segments(reference: .octet(reference))
    }

    /// The same with a reference of either size.
    public func segments(reference: SegmentReference) throws(OTAError) -> [[UInt8]] {
        guard data.count <= Segmentation.longestPacket else { throw .tooLong }
        return try Segmentation.segments(octets, identifier: Segmentation.response, reference: reference)
    }

    /// RPL, RHL, TAR and the protected part.
    func octets(_ protection: PacketProtection) throws(OTAError) -> [UInt8] {
        guard data.count <= Segmentation.longestPacket else { throw .tooLong }
        let padding = protection.padding(counted: 7, data: data.count)
        let length = 11 + protection.checkLength + data.count + padding
        guard length + 2 <= Segmentation.longestPacket else { throw .tooLong }
        let clear =
            [UInt8(length >> 8), UInt8(length & 0xFF), UInt8(10 + protection.checkLength)] + tar.octets
        let part = PacketProtection.Part(counter: counter, padding: padding, status: status, data: data)
        return clear + (try protection.seal(part, after: Self.userDataHeader + clear))
    }

    /// Opens a protected packet.
    ///
    /// - Throws: ``OTAError/malformed``, ``OTAError/insufficientSecurity`` if it has no check of that length,
    ///   ``OTAError/notAuthentic``.
    init(_ octets: [UInt8], _ protection: PacketProtection) throws(OTAError) {
        guard octets.count >= 13, Int(octets[0]) << 8 | Int(octets[1]) == octets.count - 2,
            Int(octets[2]) >= 10, Int(octets[2]) + 3 <= octets.count, let tar = TAR(Array(octets[3..<6]))
        else { throw .malformed }
        guard Int(octets[2]) == 10 + protection.checkLength else { throw .insufficientSecurity }
        let clear = Self.userDataHeader + octets[..<6]
        let part = try protection.open(octets[6...], after: clear, hasStatus: true)
        self.init(tar: tar, counter: part.counter, status: part.status ?? 0, data: part.data)
    }

    /// A response's checksum covers its user data header, a command's does not.
    ///
    /// In parts the header is longer on the wire; this form is covered then too.
    private static let userDataHeader: [UInt8] = [0x02, Segmentation.response, 0x00]
}

/// What a proof of receipt says that nothing protects: it may shorten a wait, and that is all.
///
/// No counter, no key and no state of a transaction may follow from it. It holds no data of an application.
public struct ReceiptHint: Sendable, Equatable {
    public let tar: TAR
    public let counter: UInt64
    public let status: ReceiptStatus
}

/// A proof of receipt whose checksum a card's own keys made.
///
/// There is no way to construct one but to open it, so it cannot be mistaken for a ``ReceiptHint``.
public struct AuthenticReceipt: Sendable, Equatable {
    public let tar: TAR
    /// CNTR of the command that was answered.
    public let counter: UInt64
    public let status: ReceiptStatus
    public let data: [UInt8]

    fileprivate init(_ packet: ResponsePacket) {
        tar = packet.tar
        counter = packet.counter
        status = ReceiptStatus(rawValue: packet.status)
        data = packet.data
    }
}

/// What a home makes of a proof of receipt.
public enum Receipt: Sendable, Equatable {
    case authentic(AuthenticReceipt)
    /// Unprotected, as a card answers what it cannot read, or anybody.
    case hint(ReceiptHint)

    /// Reads a response packet under a card's profile.
    ///
    /// A packet without protection is a hint, also from a card that was asked for more. One that is protected is
    /// believed only as the profile has it: ciphered, with a checksum of its length.
    ///
    /// - Throws: ``OTAError/malformed``; ``OTAError/insufficientSecurity`` for a protection that the profile does not
    ///   have; ``OTAError/notAuthentic``.
    @_spi(KeyMaterial) public init(
        _ octets: [UInt8],
        profile: CardProfile,
        under keyset: borrowing OTAKeyset
    ) throws(OTAError) {
        guard keyset.algorithm == profile.algorithm else { throw .insufficientSecurity }
        if let packet = try? ResponsePacket(octets) {
            self = .hint(packet.hint)
            return
        }
        guard profile.receipt == .protected else { throw .insufficientSecurity }
        let protection = keyset.protection(checksumLength: profile.checksumLength)
        self = .authentic(AuthenticReceipt(try ResponsePacket(octets, protection)))
    }
}

extension ResponsePacket {
    /// The packet ciphered and with a checksum, as a card answers a command that asked for both.
    ///
    /// - Throws: ``OTAError/insufficientSecurity`` if the profile asks for no such thing or the keys are of another
    ///   algorithm; ``OTAError/tooLong``.
    @_spi(KeyMaterial) public func sealed(
        profile: CardProfile,
        under keyset: borrowing OTAKeyset
    ) throws(OTAError) -> [UInt8] {
        guard profile.receipt == .protected, keyset.algorithm == profile.algorithm else {
            throw .insufficientSecurity
        }
        return try octets(keyset.protection(checksumLength: profile.checksumLength))
    }

    /// The same in short messages, each with its user data header.
    @_spi(KeyMaterial) public func sealedSegments(
        profile: CardProfile,
        under keyset: borrowing OTAKeyset,
        reference: SegmentReference
    ) throws(OTAError) -> [[UInt8]] {
        let packet = try sealed(profile: profile, under: keyset)
        return try Segmentation.segments(packet, identifier: Segmentation.response, reference: reference)
    }
}
