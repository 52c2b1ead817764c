import MSSTestSupport
@_spi(AnyPacket) @_spi(KeyMaterial) import OTA
import Testing

/// Tests/Vectors/ota/packets.json.
struct PublishedPackets: Decodable {
    struct Command: Decodable, CustomTestStringConvertible {
        var name: String
        var ciphering: String
        var checksum: String
        var spi: Vectors.Octets
        var kic: Vectors.Octets
        var kid: Vectors.Octets
        var cipheringKey: Vectors.Octets
        var checksumKey: Vectors.Octets
        var tar: Vectors.Octets
        var counter: Vectors.Octets
        var data: Vectors.Octets
        var packet: Vectors.Octets

        var testDescription: String { name }

        /// Whether its algorithms and its protection are such that a card batch may use them.
        var isPermitted: Bool {
            let spi = SPI(first: spi.octets[0], second: spi.octets[1])
            let sound = ["aes_cbc", "aes_cmac", "triple_des_cbc2", "triple_des_cbc3"]
            return spi.hasChecksum && spi.isCiphered && sound.contains(ciphering) && sound.contains(checksum)
        }

        func header() throws -> CommandPacket.Header {
            CommandPacket.Header(
                spi: SPI(first: spi.octets[0], second: spi.octets[1]),
                kic: KeyIndication(octet: kic.octets[0]),
                kid: KeyIndication(octet: kid.octets[0]),
                tar: try #require(TAR(tar.octets))
            )
        }

        func codec() throws -> AnyPacket {
            try AnyPacket(try header(), kic: cipheringKey.octets, kid: checksumKey.octets)
        }
    }

    struct Response: Decodable, CustomTestStringConvertible {
        struct Content: Decodable {
            var tar: Vectors.Octets
            var counter: Vectors.Octets
            var status: Vectors.Octets
            var data: Vectors.Octets
            var isAuthentic: Bool?

            func packet() throws -> ResponsePacket {
                ResponsePacket(
                    tar: try #require(TAR(tar.octets)),
                    counter: counter.number,
                    status: status.octets[0],
                    data: data.octets
                )
            }
        }

        var name: String
        var userData: Vectors.Octets
        /// What the command asked for, and the keys.
        var spi: Vectors.Octets
        var kic: Vectors.Octets
        var kid: Vectors.Octets
        var cipheringKey: Vectors.Octets
        var checksumKey: Vectors.Octets
        /// What it says, if it is neither ciphered nor under a checksum.
        var plain: Content?
        /// What it says under its protection.
        var content: Content?

        var testDescription: String { name }

        var wish: SPI { SPI(first: spi.octets[0], second: spi.octets[1]) }
        /// Whether it is protected as a profile wants it.
        var isPermitted: Bool { plain == nil && wish.receiptCheck == .cryptographic && wish.isReceiptCiphered }
        var isTripleDES: Bool { kid.octets[0] & 0x0F == 0x05 }

        func codec() throws -> AnyPacket {
            let header = CommandPacket.Header(
                spi: wish,
                kic: KeyIndication(octet: kic.octets[0]),
                kid: KeyIndication(octet: kid.octets[0]),
                tar: try #require(TAR([0, 0, 0]))
            )
            return try AnyPacket(header, kic: cipheringKey.octets, kid: checksumKey.octets)
        }

        /// What a card batch that asks for protected receipts would have, under the keys here.
        func profile() throws -> CardProfile {
            let algorithm: OTAAlgorithm = isTripleDES ? .tripleDES2 : .aes128
            return try CardProfile(
                algorithm: algorithm,
                keyVersion: kic.octets[0] >> 4,
                receipt: .protected,
                legacy: LegacyPermission(batch: "old", algorithm: algorithm, lastDay: "2030-12-31")
            )
        }

        func keyset() throws -> OTAKeyset {
            try OTAKeyset(
                kic: cipheringKey.octets,
                kid: checksumKey.octets,
                algorithm: isTripleDES ? .tripleDES2 : .aes128
            )
        }
    }

    var commands: [Command]
    var responses: [Response]

    static func read() throws -> PublishedPackets { try Vectors.read("ota/packets.json") }
}

/// Every profile that a card batch could have.
func everyProfile(receipt: CardProfile.Receipt = .none) throws -> [CardProfile] {
    try OTAAlgorithm.allCases.flatMap { algorithm in
        try (UInt8(1)...15).flatMap { keyVersion in
            try (algorithm.isLegacy ? [8] : [8, 4]).map { checksumLength in
                try CardProfile(
                    algorithm: algorithm,
                    keyVersion: keyVersion,
                    checksumLength: checksumLength,
                    receipt: receipt,
                    legacy: LegacyPermission(batch: "old", algorithm: algorithm, lastDay: "2030-12-31")
                )
            }
        }
    }
}

/// Keys of any algorithm; no two octets are the same, so no two keys of triple DES are.
func someKeyset(_ algorithm: OTAAlgorithm) throws -> OTAKeyset {
    let key = (0..<algorithm.keyLength).map { UInt8($0 * 7 + 1) }
    return try OTAKeyset(kic: key, kid: key.map { $0 ^ 0xF0 }, algorithm: algorithm)
}
