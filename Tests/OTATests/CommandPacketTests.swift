import Foundation
import MSSTestSupport
@_spi(AnyPacket) @_spi(KeyMaterial) import OTA
import Testing

@Suite("A command packet")
struct CommandPacketTests {
    private let kic = [UInt8](repeating: 0xA0, count: 16)
    private let kid = [UInt8](repeating: 0xB0, count: 16)

    private func header(_ version: UInt8 = 1, spi: SPI = .secured) throws -> CommandPacket.Header {
        let key = KeyIndication.aes(keyVersion: version)
        return CommandPacket.Header(spi: spi, kic: key, kid: key, tar: try #require(TAR([0xB0, 0, 1])))
    }

    private func seal(_ data: [UInt8], counter: UInt64 = 7, checksumLength: Int = 8) throws -> [UInt8] {
        let keyset = try OTAKeyset(kic: kic, kid: kid)
        let command = CommandPacket(header: try header(), data: data)
        return try SealedCommand(command, under: keyset, counter: counter, checksumLength: checksumLength).packet
    }

    private func open(_ packet: [UInt8], checksumLength: Int = 8) throws -> OpenedCommand {
        let profile = try CardProfile(algorithm: .aes128, keyVersion: 1, checksumLength: checksumLength)
        return try OpenedCommand(packet, profile: profile, under: try OTAKeyset(kic: kic, kid: kid))
    }

    @Test("opens to what was sealed, at every length of data and with either checksum", arguments: [4, 8])
    func roundTrip(_ checksumLength: Int) throws {
        for length in 0...100 {
            let data = (0..<length).map { UInt8($0) }
            let sealed = try seal(data, counter: UInt64(length) << 32 | 5, checksumLength: checksumLength)
            let opened = try open(sealed, checksumLength: checksumLength)
            #expect(opened.packet == CommandPacket(header: try header(), data: data))
            #expect(opened.counter == UInt64(length) << 32 | 5)
        }
    }

    @Test("opens under keys of 24 and 32 octets", arguments: [24, 32])
    func longKeys(_ length: Int) throws {
        let key = [UInt8](repeating: 5, count: length)
        let command = CommandPacket(header: try header(), data: [1, 2, 3])
        let sealed = try SealedCommand(command, under: try OTAKeyset(kic: key, kid: key), counter: 1).packet
        let profile = try CardProfile(algorithm: length == 24 ? .aes192 : .aes256, keyVersion: 1)
        #expect(try OpenedCommand(sealed, profile: profile, under: try OTAKeyset(kic: key, kid: key)).packet == command)
    }

    @Test("is refused with any bit changed, for the reason of the field that holds it")
    func bitFlips() throws {
        let packet = try seal([1, 2, 3])
        for (index, flipped) in DamagedOctets.bitFlips(of: packet).enumerated() {
            let reasons: [OTAError] =
                switch index / 8 {
                case 0, 1: [.malformed]
                // CHL: does not fit the packet, or names a checksum of another length.
                case 2: [.malformed, .insufficientSecurity, .notAuthentic]
                // SPI's second octet and TAR are not the profile's business but for reserved bits; the checksum covers them.
                case 4: [.insufficientSecurity, .notAuthentic]
                case 3, 5, 6: [.insufficientSecurity]
                default: [.notAuthentic]
                }
            let error = #expect(throws: OTAError.self, "octet \(index / 8)") { try open(flipped) }
            #expect(error.map { reasons.contains($0) } == true, "octet \(index / 8): \(String(describing: error))")
        }
    }

    @Test("is refused when it is cut anywhere or goes on")
    func truncation() throws {
        let packet = try seal([UInt8](repeating: 9, count: 60))
        for cut in DamagedOctets.truncations(of: packet) { #expect(throws: OTAError.malformed) { try open(cut) } }
        #expect(throws: OTAError.malformed) { try open(packet + [0]) }
    }

    @Test("is refused under another card's keys")
    func otherKeys() throws {
        let packet = try seal([1, 2, 3])
        let profile = try CardProfile(algorithm: .aes128, keyVersion: 1)
        #expect(throws: OTAError.notAuthentic) {
            try OpenedCommand(packet, profile: profile, under: try OTAKeyset(kic: kic, kid: kic))
        }
        #expect(throws: OTAError.notAuthentic) {
            try OpenedCommand(packet, profile: profile, under: try OTAKeyset(kic: kid, kid: kid))
        }
    }

    @Test("is not sealed without checksum, ciphering, or a key version that both keys share")
    func policy() throws {
        let keyset = try OTAKeyset(kic: kic, kid: kid)
        var headers: [CommandPacket.Header] = []
        for first in UInt8(0)...0x1F where first & 0x07 != 0x06 {
            headers.append(try header(spi: SPI(first: first, second: 0)))
        }
        for octet in UInt8(0)...255 where octet != 0x12 {
            var changed = try header()
            changed.kic.octet = octet
            headers.append(changed)
        }
        headers.append(try header(0))
        for header in headers {
            #expect(throws: OTAError.insufficientSecurity) {
                _ = try SealedCommand(CommandPacket(header: header, data: []), under: keyset, counter: 1)
            }
        }
    }

    @Test("is not sealed with the counter that would block the card's")
    func lastCounter() throws {
        #expect(throws: OTAError.malformed) { try seal([], counter: 0xFF_FFFF_FFFF) }
        #expect(throws: OTAError.malformed) { try seal([], counter: 0x100_0000_0000) }
        #expect(try open(try seal([], counter: 0xFF_FFFF_FFFE)).counter == 0xFF_FFFF_FFFE)
        #expect(throws: OTAError.malformed) { try seal([], checksumLength: 6) }
    }

    @Test("is not sealed when it is longer than five short messages, and the longest one fits them")
    func longest() throws {
        let keyset = try OTAKeyset(kic: kic, kid: kid)
        let longest = CommandPacket(header: try header(), data: [UInt8](repeating: 1, count: 642))
        let sealed = try SealedCommand(longest, under: keyset, counter: 1)
        #expect(try sealed.segments(reference: 1).count == 5)
        #expect(throws: OTAError.tooLong) { try seal([UInt8](repeating: 1, count: 643)) }
    }

    /// Data octets that so many short messages hold, computed from the field lengths.
    struct Capacity: CustomTestStringConvertible {
        var algorithm: OTAAlgorithm
        var isUp = false
        var data: [Int]

        var testDescription: String { "\(isUp ? "up" : "down"), \(algorithm.rawValue)" }
    }

    @Test(
        "holds exactly what its short messages leave, and one octet more takes another",
        arguments: [
            Capacity(algorithm: .aes128, data: [98, 242, 370, 498, 642]),
            Capacity(algorithm: .aes256, data: [98, 242, 370, 498, 642]),
            Capacity(algorithm: .tripleDES2, data: [106, 242, 370, 506, 642]),
            Capacity(algorithm: .tripleDES3, data: [106, 242, 370, 506, 642]),
            Capacity(algorithm: .aes128, isUp: true, data: [113, 241, 369]),
        ]
    )
    func capacity(_ capacity: Capacity) throws {
        let permission = LegacyPermission(batch: "old", algorithm: capacity.algorithm, lastDay: "2030-12-31")
        let profile = try CardProfile(
            algorithm: capacity.algorithm,
            keyVersion: 1,
            receipt: .protected,
            legacy: permission
        )
        let keyset = try someKeyset(capacity.algorithm)
        let tar = try #require(TAR([0xB0, 0, 1]))
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        func segments(_ length: Int) throws -> Int {
            let data = [UInt8](repeating: 7, count: length)
            guard capacity.isUp else {
                let sealed = try SealedCommand(data, to: tar, profile: profile, under: keyset, counter: 1, at: now)
                return try sealed.segments(reference: 1).count
            }
            let response = ResponsePacket(tar: tar, counter: 1, status: 0, data: data)
            return try response.sealedSegments(profile: profile, under: keyset, reference: .octet(1)).count
        }
        for (index, length) in capacity.data.enumerated() {
            #expect(try segments(length) == index + 1, "\(length)")
            guard index < 4 else {
                #expect(throws: OTAError.tooLong) { try segments(length + 1) }
                continue
            }
            #expect(try segments(length + 1) == index + 2, "\(length + 1)")
        }
        #expect(throws: OTAError.tooLong) { try segments(100_000) }
    }

    @Test("that is only under a checksum would hold 113 octets in one short message")
    func checksumOnly() throws {
        let header = CommandPacket.Header(
            spi: SPI(first: 0x12, second: 0),
            kic: .aes(keyVersion: 1),
            kid: .aes(keyVersion: 1),
            tar: try #require(TAR([0xB0, 0, 1]))
        )
        let codec = try AnyPacket(header, kic: kic, kid: kid)
        #expect(try codec.command([UInt8](repeating: 7, count: 113), counter: 1).count == 137)
    }

    @Test("has keys of 16, 24 or 32 octets")
    func keyLengths() {
        for length in 0...40 where ![16, 24, 32].contains(length) {
            #expect(throws: OTAError.cryptography) {
                _ = try OTAKeyset(kic: [UInt8](repeating: 1, count: length), kid: kid)
            }
            #expect(throws: OTAError.cryptography) {
                _ = try OTAKeyset(kic: kic, kid: [UInt8](repeating: 1, count: length))
            }
        }
        for version in [UInt8(0), 16] {
            #expect(throws: CardProfileError.keyVersion) { try CardProfile(algorithm: .aes128, keyVersion: version) }
        }
        #expect(TAR([1, 2]) == nil && TAR([1, 2, 3, 4]) == nil)
    }

    @Test("opens or is refused, whatever the octets")
    func fuzz() throws {
        let samples = [
            try seal([]), try seal([1, 2, 3]), try seal([UInt8](repeating: 1, count: 80), checksumLength: 4),
        ]
        var damage = DamagedOctets(seed: 348)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 4) ? damage.octets(upTo: 200) : damage.like(samples[round % 3])
            guard let opened = try? open(octets) else { continue }
            // What opens is what was sealed: nothing else is authentic.
            #expect(samples.contains(octets) && opened.counter == 7)
        }
    }
}
