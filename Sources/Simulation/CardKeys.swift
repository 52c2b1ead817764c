@_spi(KeyMaterial) import OTA

/// The keys of a card's security domain, derived once, and what else of it never changes.
final class CardKeys: Sendable {
    private let securityDomain: OTAKeyset
    private let profile: CardProfile
    /// Ten octets, as they enter the derivation and the proof of possession.
    let iccid: [UInt8]
    let tar: TAR

    /// - Throws: ``SimulationError`` that names no card and no key.
    init(_ record: CardRecord) throws(SimulationError) {
        guard let kic = Hex.octets(record.ssd.kic), let kid = Hex.octets(record.ssd.kid),
            let tar = Hex.octets(record.ssd.tar).flatMap({ TAR($0) }),
            let profile = record.ssd.profile,
            (18...20).contains(record.iccid.utf8.count),
            record.iccid.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw SimulationError("the keys of a card are not as they must be") }
        let nibbles = record.iccid.utf8.map { $0 - 0x30 } + Array(repeating: 15, count: 20)
        let iccid = (0..<10).map { nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1] }
        do {
            securityDomain = try OTAKeyset(kic: kic, kid: kid, algorithm: profile.algorithm)
        } catch { throw SimulationError("the keys of a card are not as they must be") }
        self.iccid = iccid
        self.tar = tar
        self.profile = profile
    }

    /// A command packet's address, counter and content, once it was found authentic.
    func open(packet: [UInt8]) throws(OTAError) -> (tar: TAR, counter: UInt64, frame: [UInt8]) {
        let opened = try OpenedCommand(packet, profile: profile, under: securityDomain)
        return (opened.packet.header.tar, opened.counter, opened.packet.data)
    }
}

extension CardRecord.SecurityDomain {
    /// What the card's security domain accepts; `nil` if its keys are of no algorithm.
    ///
    /// A card does not know that its algorithm is out of date: its permission never ends.
    var profile: CardProfile? {
        guard let algorithm = otaAlgorithm else { return nil }
        let legacy = LegacyPermission(batch: "simulated", algorithm: algorithm, lastDay: "2999-12-31")
        return try? CardProfile(algorithm: algorithm, keyVersion: keyVersion, legacy: legacy)
    }

    var otaAlgorithm: OTAAlgorithm? {
        if let algorithm { return OTAAlgorithm(rawValue: algorithm) }
        return OTAAlgorithm.allCases.first { !$0.isLegacy && $0.keyLength * 2 == kic.utf8.count }
    }
}
