import Foundation
import MSSTestSupport
@_spi(AnyPacket) @_spi(KeyMaterial) import OTA
import Testing

@Suite("Packets that others published")
struct PublishedPacketTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    @Test(
        "as commands come out octet for octet, and read as they were meant",
        arguments: try PublishedPackets.read().commands
    )
    func commands(_ vector: PublishedPackets.Command) throws {
        let codec = try vector.codec()
        #expect(try codec.command(vector.data.octets, counter: vector.counter.number) == vector.packet.octets)
        let content = try codec.content(ofCommand: vector.packet.octets)
        #expect(content.packet == CommandPacket(header: try vector.header(), data: vector.data.octets))
        #expect(content.counter == vector.counter.number)
    }

    @Test(
        "as responses come out octet for octet, and read as they were meant",
        arguments: try PublishedPackets.read().responses
    )
    func responses(_ vector: PublishedPackets.Response) throws {
        let userData = try UserData(vector.userData.octets)
        #expect(userData.packetIdentifier == Segmentation.response)
        guard let content = vector.content else {
            // A card's unprotected answer to a request that asked for more.
            #expect(throws: OTAError.insufficientSecurity) { try vector.codec().content(ofResponse: userData.octets) }
            return
        }
        guard content.isAuthentic != false else {
            #expect(throws: OTAError.notAuthentic) { try vector.codec().content(ofResponse: userData.octets) }
            return
        }
        #expect(try vector.codec().content(ofResponse: userData.octets) == content.packet())
        #expect(try vector.codec().octets(ofResponse: try content.packet()) == userData.octets)
    }

    @Test("that a card batch's profile permits are sealed and opened under it")
    func permitted() throws {
        let vector = try #require(
            try PublishedPackets.read().commands.first { $0.name == "sja2card/counter_higher_100" }
        )
        let profile = try CardProfile(
            algorithm: .tripleDES2,
            keyVersion: 1,
            receipt: .protected,
            legacy: LegacyPermission(batch: "old", algorithm: .tripleDES2, lastDay: "2030-12-31")
        )
        let keyset = try OTAKeyset(
            kic: vector.cipheringKey.octets,
            kid: vector.checksumKey.octets,
            algorithm: .tripleDES2
        )
        let opened = try OpenedCommand(vector.packet.octets, profile: profile, under: keyset)
        #expect(opened.packet.data == vector.data.octets && opened.counter == 100)
        // The trace asks for the receipt in the delivery report, ours by a message of its own: all else is the same.
        let sealed = try SealedCommand(
            vector.data.octets,
            to: try #require(TAR(vector.tar.octets)),
            profile: profile,
            under: keyset,
            counter: 100,
            at: now
        )
        var header = try vector.header()
        header.spi.second = 0x39
        let codec = try AnyPacket(header, kic: vector.cipheringKey.octets, kid: vector.checksumKey.octets)
        #expect(sealed.packet == (try codec.command(vector.data.octets, counter: 100)))
    }

    @Test(
        "under single DES, ECB, implicit keys, or without checksum or ciphering are refused by every profile",
        arguments: try PublishedPackets.read().commands.filter { !$0.isPermitted }
    )
    func refused(_ vector: PublishedPackets.Command) throws {
        for profile in try everyProfile() {
            let keyset = try someKeyset(profile.algorithm)
            #expect(!profile.accepts(try vector.header()))
            #expect(throws: OTAError.insufficientSecurity) {
                try OpenedCommand(vector.packet.octets, profile: profile, under: keyset)
            }
        }
        for version in UInt8(1)...15 {
            let profile = try CardProfile(algorithm: .aes128, keyVersion: version)
            let keyset = try someKeyset(.aes128)
            #expect(throws: OTAError.insufficientSecurity) {
                try OpenedCommand(vector.packet.octets, profile: profile, under: keyset)
            }
        }
        let command = CommandPacket(header: try vector.header(), data: vector.data.octets)
        let keyset = try someKeyset(.aes128)
        #expect(throws: OTAError.insufficientSecurity) { _ = try SealedCommand(command, under: keyset, counter: 1) }
    }

    @Test(
        "whose counter is not to be higher are refused by every profile, though nothing else is wrong",
        arguments: try PublishedPackets.read().commands.filter { $0.isPermitted && $0.spi.octets[0] != 0x16 }
    )
    func counterRule(_ vector: PublishedPackets.Command) throws {
        for profile in try everyProfile() {
            let keyset = try someKeyset(profile.algorithm)
            #expect(throws: OTAError.insufficientSecurity) {
                try OpenedCommand(vector.packet.octets, profile: profile, under: keyset)
            }
        }
        let command = CommandPacket(header: try vector.header(), data: vector.data.octets)
        let keyset = try someKeyset(.aes128)
        #expect(throws: OTAError.insufficientSecurity) { _ = try SealedCommand(command, under: keyset, counter: 1) }
    }

    @Test(
        "as protected receipts are evidence to a home",
        arguments: try PublishedPackets.read().responses.filter(\.isPermitted)
    )
    func receipts(_ vector: PublishedPackets.Response) throws {
        let content = try #require(vector.content).packet()
        let octets = try UserData(vector.userData.octets).octets
        let receipt = try Receipt(octets, profile: try vector.profile(), under: try vector.keyset())
        guard case .authentic(let authentic) = receipt else { Issue.record("a hint"); return }
        #expect(authentic.tar == content.tar && authentic.counter == content.counter)
        #expect(authentic.status == .ok && authentic.data == content.data)
        #expect(try content.sealed(profile: try vector.profile(), under: try vector.keyset()) == octets)
    }

    @Test("as receipts in the clear are hints, also where more was asked for")
    func hints() throws {
        for vector in try PublishedPackets.read().responses {
            guard let content = vector.plain else { continue }
            let octets = try UserData(vector.userData.octets).octets
            let packet = try ResponsePacket(octets)
            #expect(try packet == content.packet() && packet.octets == octets)
            #expect(try packet.segments(reference: 0) == [vector.userData.octets])
            let profiles = try everyProfile(receipt: .protected) + everyProfile(receipt: .plain)
            for profile in profiles {
                let receipt = try Receipt(octets, profile: profile, under: try someKeyset(profile.algorithm))
                #expect(receipt == .hint(packet.hint))
            }
        }
        let replay = try #require(
            try PublishedPackets.read().responses.first { $0.name == "sja2card/replay_of_counter_100" }
        )
        #expect(try ResponsePacket(UserData(replay.userData.octets).octets).hint.status == .securityError)
    }

    @Test("as receipts with half a protection are neither evidence nor hint")
    func halves() throws {
        let halves = try PublishedPackets.read().responses.filter { $0.plain == nil && !$0.isPermitted }
        #expect(halves.count == 5)
        for vector in halves {
            let octets = try UserData(vector.userData.octets).octets
            #expect(throws: OTAError.self) {
                try Receipt(octets, profile: try vector.profile(), under: try vector.keyset())
            }
            #expect(throws: OTAError.malformed) { try ResponsePacket(octets) }
        }
    }

    @Test("stand in the vectors in all kinds that are told apart")
    func all() throws {
        let packets = try PublishedPackets.read()
        #expect(packets.commands.count == 26 && packets.responses.count == 16)
        let kinds = ["single_des", "des_ecb", "triple_des_cbc2", "triple_des_cbc3", "aes_cbc", "implicit"]
        #expect(Set(packets.commands.map(\.ciphering)) == Set(kinds))
        #expect(packets.commands.count(where: \.isPermitted) == 9)
        #expect(packets.responses.count(where: \.isPermitted) == 6)
        #expect(packets.responses.count { $0.plain != nil } == 5)
    }

    @Test("have the redundancy checks of the standard's example")
    func redundancy() {
        let checks = AnyPacket.redundancyChecks([1, 2, 3, 4, 5])
        #expect(checks.crc16 == [0x22, 0xEC] && checks.crc32 == [0x47, 0x0B, 0x99, 0xF4])
    }

    @Test("with a redundancy check are read, and refused by every profile", arguments: [UInt8(0x11), 0x15])
    func redundant(_ kid: UInt8) throws {
        let header = CommandPacket.Header(
            spi: SPI(first: 0x15, second: 0),
            kic: KeyIndication(octet: 0x12),
            kid: KeyIndication(octet: kid),
            tar: try #require(TAR([1, 2, 3]))
        )
        let codec = try AnyPacket(header, kic: [UInt8](repeating: 1, count: 16), kid: [])
        let packet = try codec.command([1, 2, 3], counter: 9)
        #expect(packet[2] == (kid == 0x11 ? 0x0F : 0x11))
        #expect(try codec.content(ofCommand: packet).packet.data == [1, 2, 3])
        var changed = packet
        changed[packet.count - 1] ^= 1
        #expect(throws: OTAError.notAuthentic) { try codec.content(ofCommand: changed) }
        for profile in try everyProfile() {
            #expect(throws: OTAError.insufficientSecurity) {
                try OpenedCommand(packet, profile: profile, under: try someKeyset(profile.algorithm))
            }
        }
    }
}
