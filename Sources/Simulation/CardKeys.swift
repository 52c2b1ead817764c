@_spi(KeyMaterial) import Alauda
@_spi(KeyMaterial) import OTA

/// A card's symmetric keys, as its memory holds them.
struct CardKeys {
    private let record: CardRecord
    private let kic: [UInt8]
    private let kid: [UInt8]
    private let root: [UInt8]
    let iccid: [UInt8]
    let tar: TAR
    let profile: SecurityProfile

    init(_ record: CardRecord) throws {
        guard let kic = Hex.octets(record.ssd.kic), let kid = Hex.octets(record.ssd.kid),
            let root = Hex.octets(record.wpki.root), let tar = Hex.octets(record.ssd.tar).flatMap({ TAR($0) }),
            let profile = SecurityProfile(keyVersion: record.ssd.keyVersion), (18...20).contains(record.iccid.count),
            record.iccid.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw SimulationError("the keys of card \(record.iccid) are not as they must be") }
        self.record = record
        (self.kic, self.kid, self.root) = (kic, kid, root)
        self.tar = tar
        self.profile = profile
        let nibbles = record.iccid.utf8.map { $0 - 0x30 } + Array(repeating: 15, count: 20)
        iccid = (0..<10).map { nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1] }
    }

    var appletKeyVersion: UInt8 { record.wpki.keyVersion }

    /// A command packet's address, counter and content, once it was found authentic.
    func open(_ packet: [UInt8]) throws -> (tar: TAR, counter: UInt64, frame: [UInt8]) {
        let opened = try OpenedCommand(packet, profile: profile, under: try OTAKeyset(kic: kic, kid: kid))
        return (opened.packet.header.tar, opened.counter, opened.packet.data)
    }

    func open(frame: [UInt8]) throws -> [UInt8] {
        try WPKIKeys(root: root, iccid: iccid, keyVersion: appletKeyVersion).open(frame, direction: .down)
    }

    func seal(_ plaintext: [UInt8], counter: UInt32) throws -> [UInt8] {
        try WPKIKeys(root: root, iccid: iccid, keyVersion: appletKeyVersion)
            .seal(plaintext, counter: counter, direction: .up)
    }
}

/// Hexadecimal digits to octets and back.
enum Hex {
    static func octets(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { digit -> UInt8 in
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x61...0x66: digit - 0x61 + 10
            case 0x41...0x46: digit - 0x41 + 10
            default: 255
            }
        }
        guard digits.count.isMultiple(of: 2), !digits.contains(255) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static func text(_ octets: some Sequence<UInt8>) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
