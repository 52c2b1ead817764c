import MSSTestSupport
import OTA
import Testing

@Suite("A response packet")
struct ResponsePacketTests {
    private let packet: [UInt8] = [0, 14, 0x0A, 1, 2, 3, 0, 0, 0, 1, 2, 0, 0, 0xAA, 0xBB, 0xCC]

    @Test("is refused when it is cut anywhere or goes on")
    func truncation() throws {
        #expect(try ResponsePacket(packet).data == [0xAA, 0xBB, 0xCC])
        for cut in DamagedOctets.truncations(of: packet) {
            #expect(throws: OTAError.malformed) { try ResponsePacket(cut) }
        }
        #expect(throws: OTAError.malformed) { try ResponsePacket(packet + [0]) }
    }

    @Test("is refused with a bit changed in its lengths or its padding counter, and reads as changed elsewhere")
    func bitFlips() throws {
        let original = try ResponsePacket(packet)
        for (index, flipped) in DamagedOctets.bitFlips(of: packet).enumerated() {
            if [0, 1, 2, 11].contains(index / 8) {
                #expect(throws: OTAError.malformed) { try ResponsePacket(flipped) }
            } else {
                #expect(try ResponsePacket(flipped) != original)
                #expect(try ResponsePacket(flipped).octets == flipped)
            }
        }
    }

    @Test("reads or is refused, whatever the octets")
    func fuzz() {
        var damage = DamagedOctets(seed: 71)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 4) ? damage.octets(upTo: 40) : damage.like(packet)
            guard let read = try? ResponsePacket(octets) else { continue }
            #expect(read.octets == octets)
        }
    }
}
