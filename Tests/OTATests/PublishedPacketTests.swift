import MSSTestSupport
@_spi(KeyMaterial) import OTA
import Testing

/// Tests/Vectors/ota/packets.json.
struct PublishedPackets: Decodable {
    struct Command: Decodable, CustomTestStringConvertible {
        var name: String
        var ciphering: String
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
        var isAES: Bool { ciphering == "aes_cbc" }

        func header() throws -> CommandPacket.Header {
            CommandPacket.Header(
                spi: SPI(first: spi.octets[0], second: spi.octets[1]),
                kic: KeyIndication(octet: kic.octets[0]),
                kid: KeyIndication(octet: kid.octets[0]),
                tar: try #require(TAR(tar.octets))
            )
        }
    }

    struct Response: Decodable, CustomTestStringConvertible {
        struct Plain: Decodable {
            var tar: Vectors.Octets
            var counter: Vectors.Octets
            var status: Vectors.Octets
            var data: Vectors.Octets
        }

        var name: String
        var userData: Vectors.Octets
        /// What it says, if it is neither ciphered nor under a checksum.
        var plain: Plain?

        var testDescription: String { name }
    }

    var commands: [Command]
    var responses: [Response]

    static func read() throws -> PublishedPackets { try Vectors.read("ota/packets.json") }
}

@Suite("Packets that others published")
struct PublishedPacketTests {
    @Test("under AES come out octet for octet", arguments: try PublishedPackets.read().commands.filter(\.isAES))
    func sealed(_ vector: PublishedPackets.Command) throws {
        let keyset = try OTAKeyset(kic: vector.cipheringKey.octets, kid: vector.checksumKey.octets)
        let command = CommandPacket(header: try vector.header(), data: vector.data.octets)
        let sealed = try SealedCommand(command, under: keyset, counter: vector.counter.number)
        #expect(sealed.packet == vector.packet.octets)
    }

    @Test("under AES are read as far as their header, and then refused: their counter is not checked")
    func opened() throws {
        for vector in try PublishedPackets.read().commands where vector.isAES {
            #expect(try OpenedCommand.header(vector.packet.octets) == vector.header())
            let keyset = try OTAKeyset(kic: vector.cipheringKey.octets, kid: vector.checksumKey.octets)
            let profile = try #require(SecurityProfile(keyVersion: vector.kic.octets[0] >> 4))
            #expect(throws: OTAError.insufficientSecurity) {
                try OpenedCommand(vector.packet.octets, profile: profile, under: keyset)
            }
        }
    }

    @Test(
        "under DES, 3DES or nothing are refused, whatever the card's key version",
        arguments: try PublishedPackets.read().commands.filter { !$0.isAES }
    )
    func refused(_ vector: PublishedPackets.Command) throws {
        let keyset = try OTAKeyset(kic: [UInt8](repeating: 1, count: 16), kid: [UInt8](repeating: 2, count: 16))
        for version in 1...15 {
            let profile = try #require(SecurityProfile(keyVersion: UInt8(version)))
            #expect(throws: OTAError.insufficientSecurity) {
                try OpenedCommand(vector.packet.octets, profile: profile, under: keyset)
            }
        }
        let command = CommandPacket(header: try vector.header(), data: vector.data.octets)
        #expect(throws: OTAError.insufficientSecurity) {
            _ = try SealedCommand(command, under: keyset, counter: vector.counter.number)
        }
    }

    @Test("that answer in the clear are read", arguments: try PublishedPackets.read().responses)
    func responses(_ vector: PublishedPackets.Response) throws {
        let userData = try UserData(vector.userData.octets)
        #expect(userData.packetIdentifier == Segmentation.response)
        guard let plain = vector.plain else {
            #expect(throws: OTAError.malformed) { try ResponsePacket(userData.octets) }
            return
        }
        let response = try ResponsePacket(userData.octets)
        #expect(response.tar.octets == plain.tar.octets)
        #expect(response.counter == plain.counter.number)
        #expect(response.status == plain.status.octets[0])
        #expect(response.data == plain.data.octets)
        #expect(response.octets == userData.octets)
        #expect(try response.segments(reference: 0) == [vector.userData.octets])
    }

    @Test("stand in the vectors in all kinds that are told apart")
    func all() throws {
        let packets = try PublishedPackets.read()
        #expect(packets.commands.count(where: \.isAES) == 3)
        #expect(Set(packets.commands.map(\.ciphering)).isSuperset(of: ["single_des", "des_ecb", "triple_des_cbc2"]))
        #expect(packets.responses.contains { $0.plain == nil } && packets.responses.contains { $0.plain != nil })
    }
}
