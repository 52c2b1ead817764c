@_spi(KeyMaterial) import Alauda
import MSSTestSupport
import Testing

@Suite("A frame")
struct FrameTests {
    private static let iccid = [UInt8](repeating: 0x89, count: 10)

    private func keys(_ root: UInt8 = 7, version: UInt8 = 1, iccid: [UInt8] = Self.iccid) throws -> WPKIKeys {
        try WPKIKeys(root: [UInt8](repeating: root, count: 16), iccid: iccid, keyVersion: version)
    }

    @Test("opens to what was sealed, at every length")
    func roundTrip() throws {
        let keys = try keys()
        for length in 0...70 {
            // Ends like padding on purpose.
            let plaintext =
                [UInt8](repeating: 0x80, count: length / 2) + [UInt8](repeating: 0, count: length - length / 2)
            for direction in [Direction.down, .up] {
                let frame = try keys.seal(plaintext, counter: .max, direction: direction)
                #expect(frame.count == 14 + (length / 16 + 1) * 16)
                #expect(try keys.open(frame, direction: direction) == plaintext)
            }
        }
    }

    @Test("is refused with any bit changed, and cut anywhere")
    func damage() throws {
        let keys = try keys()
        let frame = try keys.seal(Array("0123456789abcdef0".utf8), counter: 3, direction: .up)
        for (index, flipped) in DamagedOctets.bitFlips(of: frame).enumerated() {
            let error = #expect(throws: WPKIError.self) { try keys.open(flipped, direction: .up) }
            // The first octet may be no direction at all.
            #expect(error == .notAuthentic || index < 8 && error == .malformed)
        }
        for cut in DamagedOctets.truncations(of: frame) {
            #expect(throws: WPKIError.self) { try keys.open(cut, direction: .up) }
        }
        #expect(throws: WPKIError.malformed) { try keys.open(frame + [0], direction: .up) }
    }

    @Test("opens only in its direction, under its root, its key version and its card")
    func bound() throws {
        let frame = try keys().seal([1, 2, 3], counter: 3, direction: .up)
        let other = Self.iccid.dropLast() + [0x88]
        #expect(throws: WPKIError.notAuthentic) { try keys().open(frame, direction: .down) }
        #expect(throws: WPKIError.notAuthentic) { try keys(8).open(frame, direction: .up) }
        #expect(throws: WPKIError.notAuthentic) { try keys(version: 2).open(frame, direction: .up) }
        #expect(throws: WPKIError.notAuthentic) { try keys(iccid: Array(other)).open(frame, direction: .up) }
        var reflected = frame
        reflected[0] = Direction.down.rawValue
        #expect(throws: WPKIError.notAuthentic) { try keys().open(reflected, direction: .down) }
    }

    @Test("under another counter shows nothing of what two frames have in common")
    func counters() throws {
        let keys = try keys()
        let first = try keys.seal([1, 2, 3], counter: 1, direction: .down)
        let second = try keys.seal([1, 2, 3], counter: 2, direction: .down)
        #expect(first[6..<22] != second[6..<22])
    }

    @Test("needs a root of 16 or 32 octets and an ICCID of ten")
    func keyLengths() {
        for length in 0...40 where length != 16 && length != 32 {
            #expect(throws: WPKIError.cryptography) {
                _ = try WPKIKeys(root: [UInt8](repeating: 1, count: length), iccid: Self.iccid, keyVersion: 1)
            }
        }
        #expect(throws: WPKIError.cryptography) { _ = try keys(iccid: [1, 2, 3]) }
    }

    @Test("opens or is refused, whatever the octets")
    func fuzz() throws {
        let keys = try keys()
        let samples = [
            try keys.seal([], counter: 1, direction: .down), try keys.seal([1, 2, 3], counter: 2, direction: .down),
            try keys.seal([UInt8](repeating: 4, count: 40), counter: 3, direction: .down),
        ]
        var damage = DamagedOctets(seed: 10)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 4) ? damage.octets(upTo: 80) : damage.like(samples[round % 3])
            guard (try? keys.open(octets, direction: .down)) != nil else { continue }
            #expect(samples.contains(octets))
        }
    }
}
