/// Octets as damage or an enemy would make them; the same seed makes the same.
public struct DamagedOctets: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Random octets, at most so many.
    public mutating func octets(upTo most: Int) -> [UInt8] {
        let length = Int.random(in: 0...most, using: &self)
        return (0..<length).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Something like `sample`: some octets changed, some cut out, doubled or put in.
    public mutating func like(_ sample: [UInt8]) -> [UInt8] {
        var octets = sample
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard let place = octets.indices.randomElement(using: &self) else { return self.octets(upTo: 8) }
            switch next() % 6 {
            case 0: octets[place] ^= 1 << UInt8(next() % 8)
            case 1: octets[place] = UInt8(truncatingIfNeeded: next())
            case 2: octets[place] = [0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF][Int(next() % 8)]
            case 3: octets.removeSubrange(place..<min(octets.count, place + Int(next() % 8)))
            case 4: octets.insert(contentsOf: self.octets(upTo: 8), at: place)
            default: octets.insert(contentsOf: octets[place..<min(octets.count, place + Int(next() % 16))], at: place)
            }
        }
        return octets
    }

    /// All beginnings of `sample` that are shorter than it.
    public static func truncations(of sample: [UInt8]) -> [[UInt8]] {
        sample.indices.map { Array(sample[..<$0]) }
    }

    /// `sample` with each of its bits changed in turn.
    public static func bitFlips(of sample: [UInt8]) -> [[UInt8]] {
        sample.indices.flatMap { index in
            (0..<8).map { bit in
                var octets = sample
                octets[index] ^= 1 << UInt8(bit)
                return octets
            }
        }
    }
}
