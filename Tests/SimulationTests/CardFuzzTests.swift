@_spi(KeyMaterial) import Alauda
import Simulation
import Testing

/// Octets from outside: a card answers nothing but what is authentic, and never traps.
struct CardFuzzTests {
    /// A generator whose run can be repeated (SplitMix64).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("a command cut anywhere is nothing")
    func truncation() throws {
        let card = try Conversation()
        let segments = try card.home.segments(.status(.random()))
        let segment = try #require(segments.first)
        for length in 0..<segment.count { #expect(card.take([Array(segment.prefix(length))]).isSilence) }
        #expect(card.take([segment]).answer != nil)
    }

    @Test("a command with any bit flipped is nothing")
    func bitFlips() throws {
        var home = HomeSide()
        let segments = try home.segments(.status(.random()))
        let segment = try #require(segments.first)
        // UDHL, IEI and IEIDL say how to read what follows; from CPL on everything is under the checksum.
        for bit in 24..<segment.count * 8 {
            let card = try Conversation()
            var changed = segment
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(card.take([changed]).isSilence)
        }
    }

    @Test("chance octets are nothing, and the card still works after them")
    func chance() throws {
        let card = try Conversation()
        var random = Seeded(state: 4711)
        for _ in 0..<20_000 {
            let octets = Self.octets(upTo: 140, in: 0...255, &random)
            #expect(card.take([octets]).isSilence)
        }
        #expect(try card.tell(.status(.random())).status == .ok)
    }

    @Test("authentic chance gets at most a refusal")
    func authenticChance() throws {
        let card = try Conversation()
        var random = Seeded(state: 1147)
        let sign = try HomeSide.sign("Pay?", mid: [0x30, 3, 6, 1, 1]).octets
        for round in 0..<2_000 {
            var octets = sign
            if round.isMultiple(of: 2) {
                octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            } else {
                octets = Self.octets(upTo: 60, in: 0...10, &random)
            }
            let outcome = card.take(try card.home.segments(octets))
            #expect(outcome.question == nil)
        }
    }

    private static func octets(upTo most: Int, in range: ClosedRange<UInt8>, _ random: inout Seeded) -> [UInt8] {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in UInt8.random(in: range, using: &random) }
    }
}
