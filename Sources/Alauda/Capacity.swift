/// How much a message may hold: what its short messages leave after the packet and the frame (docs/ota.md, "Sizes").
public enum Capacity {
    /// What cards' buffers hold.
    public static let mostSegments = 5

    /// Octets of secured data in so many short messages, by number: downlink with ciphering and a checksum of 8
    /// octets (AES; 3DES leaves as many whole frames), uplink in a plain response packet.
    private static let securedData: [Direction: [Int]] = [
        .down: [98, 242, 370, 498, 642], .up: [124, 253, 387, 521, 655],
    ]

    /// Octets of plaintext, MT and fields, that fit into so many short messages; 0 for a number that cannot be.
    public static func plaintext(_ direction: Direction, segments: Int) -> Int {
        guard let data = securedData[direction], data.indices.contains(segments - 1) else { return 0 }
        // Header and checksum, then whole blocks, of which padding takes at least one octet.
        return (data[segments - 1] - 14) / 16 * 16 - 1
    }

    /// How many short messages a plaintext takes; `nil` if it does not fit at all.
    public static func segments(_ direction: Direction, plaintext count: Int) -> Int? {
        (1...mostSegments).first { count <= plaintext(direction, segments: $0) }
    }
}
