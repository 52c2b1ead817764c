import Alauda
import OTA
import Simulation
import Testing

/// What SIMtester's header fuzzing does to a card: every key set, every way to ask for less protection or for an answer.
///
/// A card that answers such a probe with a checksum or ciphered gives away material to attack its keys with.
struct HeaderProbeTests {
    /// SPI of the probe: no protection, a checksum of every kind, ciphering, and each way to ask for a proof of receipt.
    private static let indications: [(UInt8, UInt8)] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x12, 0x16].flatMap {
        first in
        [0x00, 0x01, 0x02, 0x09, 0x11, 0x19, 0x21, 0x29, 0x31, 0x39, 0x3A].map { (first, $0) }
    }
    /// DES, DES-ECB, 3DES with two and three keys, AES, proprietary, "known implicitly", and CRC in KID's place.
    private static let algorithms: [UInt8] = [0x0, 0x1, 0x2, 0x3, 0x5, 0x9, 0xD]
    /// The applet, the issuer's domain, remote file management, S@T, WIB, and a chance one.
    private static let addresses: [[UInt8]] = [
        [0xB0, 0, 1], [0, 0, 0], [0xB0, 0, 0], [0x53, 0x40, 0x54], [0x50, 0x53, 0x48], [0xAB, 0xCD, 0xEF],
    ]

    /// TS 102 225 §5.1: what stands in TP-UD of one message.
    private static func probe(
        _ spi: (UInt8, UInt8),
        kic: UInt8,
        kid: UInt8,
        tar: [UInt8],
        data: [UInt8]
    ) -> [UInt8] {
        let checksum: Int =
            switch spi.0 & 3 {
            case 1: 4
            case 2, 3: 8
            default: 0
            }
        let body = [spi.0, spi.1, kic, kid] + tar + [0, 0, 0, 0, 1, 0] + [UInt8](repeating: 0xA5, count: checksum)
        let packet = [UInt8(13 + checksum)] + body + data
        return [2, 0x70, 0, UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet
    }

    /// Whether an answer holds what an attacker could work with: a Response Packet's header octets tell.
    private static func isProtected(_ userData: [UInt8]) -> Bool {
        guard let data = try? UserData(userData), data.octets.count >= 3 else { return true }
        // RHL is 0A without a checksum; without ciphering PCNTR stands in clear and is zero.
        return data.octets[2] != 0x0A || (try? ResponsePacket(data.octets)) == nil
    }

    @Test("no key set, algorithm, address or wish for an answer gets one that is ciphered or has a checksum")
    func probes() async throws {
        let phones = try Phones([HomeSide.record])
        var sent = 0
        for keySet in UInt8(1)...15 {
            for algorithm in Self.algorithms {
                for spi in Self.indications {
                    for tar in Self.addresses {
                        let indication = keySet << 4 | algorithm
                        let probe = Self.probe(spi, kic: indication, kid: indication, tar: tar, data: [0x13, 0, 0, 0])
                        let message = ShortMessage(
                            source: "4444",
                            destination: HomeSide.record.msisdn,
                            protocolID: 0x7F,
                            dataCoding: 0xF6,
                            hasUserDataHeader: true,
                            userData: probe
                        )
                        sent += 1
                        _ = await phones.receive(message) { answer in
                            #expect(!Self.isProtected(answer.userData), "\(probe)")
                        }
                    }
                }
            }
        }
        #expect(sent == 15 * 7 * 88 * 6)
    }

    @Test("mixed key sets and \"known implicitly\" are no way in either, and the card lives on")
    func mixed() throws {
        let card = try Conversation()
        for kic in UInt8(0)...255 {
            for kid in stride(from: UInt8(0), through: 255, by: 5) {
                let probe = Self.probe(
                    (0x16, 0x39),
                    kic: kic,
                    kid: kid,
                    tar: [0xB0, 0, 1],
                    data: [UInt8](repeating: 0, count: 32)
                )
                if let answer = card.take([probe]).answer {
                    #expect(answer.allSatisfy { !Self.isProtected($0) })
                }
            }
        }
        #expect(try card.tell(.status(.random())).status == .ok)
    }
}
