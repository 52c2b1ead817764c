import Foundation
import MSSTestSupport
@_spi(AnyPacket) @_spi(KeyMaterial) import OTA
import Testing

@Suite("A published packet that was changed on the way")
struct DamagedPacketTests {
    /// A field of a packet and what a change in it is answered with.
    private struct Field {
        var name: String
        var octets: Range<Int>
        var reasons: Set<OTAError>
    }

    /// Fields of a sound command, ciphered from octet 10 on.
    private func commandFields(_ count: Int) -> [Field] {
        [
            Field(name: "CPL", octets: 0..<2, reasons: [.malformed]),
            // What CHL leaves no room for is malformed, another length of checksum is not the profile's.
            Field(name: "CHL", octets: 2..<3, reasons: [.malformed, .insufficientSecurity]),
            Field(name: "SPI1", octets: 3..<4, reasons: [.insufficientSecurity]),
            // Wishes of a receipt are the sender's business, and under the checksum; reserved bits are nobody's.
            Field(name: "SPI2", octets: 4..<5, reasons: [.notAuthentic, .insufficientSecurity]),
            Field(name: "KIc", octets: 5..<6, reasons: [.insufficientSecurity]),
            Field(name: "KID", octets: 6..<7, reasons: [.insufficientSecurity]),
            Field(name: "TAR", octets: 7..<10, reasons: [.notAuthentic]),
            Field(name: "CNTR, PCNTR, checksum, data", octets: 10..<count, reasons: [.notAuthentic]),
        ]
    }

    private func check(_ packet: [UInt8], _ fields: [Field], open: ([UInt8]) throws(OTAError) -> Void) throws {
        #expect(fields.map(\.octets.count).reduce(0, +) == packet.count)
        for field in fields {
            for index in field.octets {
                for bit in 0..<8 {
                    var changed = packet
                    changed[index] ^= 1 << UInt8(bit)
                    let error = #expect(throws: OTAError.self, "\(field.name), octet \(index), bit \(bit)") {
                        try open(changed)
                    }
                    #expect(
                        error.map { field.reasons.contains($0) } == true,
                        "\(field.name), octet \(index), bit \(bit): \(String(describing: error))"
                    )
                }
            }
        }
        for cut in DamagedOctets.truncations(of: packet) { #expect(throws: OTAError.malformed) { try open(cut) } }
        #expect(throws: OTAError.malformed) { try open(packet + [0]) }
    }

    @Test("is refused for the reason of its field: a command under triple DES")
    func tripleDES() throws {
        let packets = try PublishedPackets.read().commands
        let vector = try #require(packets.first { $0.name == "sja2card/counter_higher_100" })
        let profile = try CardProfile(
            algorithm: .tripleDES2,
            keyVersion: 1,
            legacy: LegacyPermission(batch: "old", algorithm: .tripleDES2, lastDay: "2030-12-31")
        )
        let keyset = try OTAKeyset(
            kic: vector.cipheringKey.octets,
            kid: vector.checksumKey.octets,
            algorithm: .tripleDES2
        )
        let packet = vector.packet.octets
        try check(packet, commandFields(packet.count)) { octets throws(OTAError) in
            _ = try OpenedCommand(octets, profile: profile, under: keyset)
        }
    }

    /// The published AES command with the counter rule of this platform, which is all that differs.
    @Test("is refused for the reason of its field: a command under AES", arguments: [8, 4])
    func aes(_ checksumLength: Int) throws {
        let packets = try PublishedPackets.read().commands
        let vector = try #require(packets.first { $0.name == "pysim/AES128-SJA5-CIPHERED-CC" })
        let profile = try CardProfile(algorithm: .aes128, keyVersion: 2, checksumLength: checksumLength)
        let keyset = try OTAKeyset(kic: vector.cipheringKey.octets, kid: vector.checksumKey.octets)
        var header = try vector.header()
        header.spi.first = 0x16
        let codec = try AnyPacket(
            header,
            kic: vector.cipheringKey.octets,
            kid: vector.checksumKey.octets,
            checksumLength: checksumLength
        )
        let packet = try codec.command(vector.data.octets, counter: vector.counter.number)
        #expect(try OpenedCommand(packet, profile: profile, under: keyset).packet.data == vector.data.octets)
        try check(packet, commandFields(packet.count)) { octets throws(OTAError) in
            _ = try OpenedCommand(octets, profile: profile, under: keyset)
        }
    }

    @Test(
        "is refused for the reason of its field: a protected receipt",
        arguments: ["pysim/AES128-SJA5-CIPHERED-CC", "sja2card/counter_higher_100"]
    )
    func receipt(_ name: String) throws {
        let vector = try #require(try PublishedPackets.read().responses.first { $0.name == name })
        let packet = try UserData(vector.userData.octets).octets
        let profile = try vector.profile()
        let keyset = try vector.keyset()
        let fields = [
            Field(name: "RPL", octets: 0..<2, reasons: [.malformed]),
            Field(name: "RHL", octets: 2..<3, reasons: [.malformed, .insufficientSecurity]),
            Field(name: "TAR", octets: 3..<6, reasons: [.notAuthentic]),
            Field(name: "CNTR, PCNTR, status, checksum, data", octets: 6..<packet.count, reasons: [.notAuthentic]),
        ]
        try check(packet, fields) { octets throws(OTAError) in
            _ = try Receipt(octets, profile: profile, under: keyset)
        }
    }

    @Test("opens as it was or is refused, whatever the octets, under every kind of protection")
    func fuzz() throws {
        let packets = try PublishedPackets.read()
        var damage = DamagedOctets(seed: 102_225)
        for vector in packets.commands {
            let codec = try vector.codec()
            for _ in 0..<400 {
                let octets = damage.like(vector.packet.octets)
                guard let content = try? codec.content(ofCommand: octets), vector.isPermitted else { continue }
                #expect(octets == vector.packet.octets && content.packet.data == vector.data.octets)
            }
        }
        for vector in packets.responses {
            let codec = try vector.codec()
            let sample = try UserData(vector.userData.octets).octets
            let profile = try vector.profile()
            let keyset = try vector.keyset()
            for _ in 0..<400 {
                let octets = damage.like(sample)
                _ = try? codec.content(ofResponse: octets)
                guard let receipt = try? Receipt(octets, profile: profile, under: keyset) else { continue }
                if case .authentic = receipt { #expect(octets == sample) }
            }
        }
    }
}
