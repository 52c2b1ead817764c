import MSSCore
@_spi(KeyMaterial) import OTA
import SIMLink
import SMPP
import Testing

/// What the tests of this module send and receive; the keys are made up for each command.
enum Fixtures {
    static let number = "358401234567"

    static func msisdn(_ digits: String = number) throws -> MSISDN {
        try #require(MSISDN(digits))
    }

    static func settings(port: Int = 2775) throws -> SMSCSettings {
        SMSCSettings(
            host: "127.0.0.1",
            port: port,
            systemID: "home",
            password: try #require(SMSCPassword("s3cr3t")),
            sourceAddress: "17017"
        )
    }

    /// A command of so many octets of data: up to 98 fit into one segment.
    static func command(_ length: Int = 20) throws -> SealedCommand {
        let key = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let header = CommandPacket.Header(
            spi: SPI(first: 0x16, second: 0x21),
            kic: KeyIndication(octet: 0x12),
            kid: KeyIndication(octet: 0x12),
            tar: try #require(TAR([0xB0, 0, 0x10]))
        )
        let packet = CommandPacket(header: header, data: [UInt8](repeating: 1, count: length))
        return try SealedCommand(packet, under: try OTAKeyset(kic: key, kid: key), counter: 1)
    }

    /// An answer of a card: two segments from 125 octets of data on.
    static func answer(_ length: Int = 20, filler: UInt8 = 5) throws -> ResponsePacket {
        let tar = try #require(TAR([0xB0, 0, 0x10]))
        return ResponsePacket(tar: tar, counter: 1, status: 0, data: [UInt8](repeating: filler, count: length))
    }

    /// The message of a handset, as a message centre hands it over.
    static func uplink(_ userData: [UInt8], from source: String = number, esmClass: UInt8 = 0x40) -> ShortMessageUnit {
        ShortMessageUnit(
            source: .international(source),
            destination: .shortCode("17017"),
            esmClass: esmClass,
            protocolID: 0,
            dataCoding: DataCoding.octets,
            shortMessage: userData
        )
    }
}
