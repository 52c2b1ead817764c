/// Which of the last 32 counters of one card and key version the home has seen, as short messages overtake each other.
///
/// To be asked only about frames whose checksum was right.
public struct ReplayWindow: Sendable, Equatable {
    /// What a frame's counter means.
    public enum Verdict: Sendable, Equatable {
        /// Not seen before; now it is.
        case accepted
        /// The same frame once more: to be dropped without a word.
        case duplicate
        /// Another frame under a counter that was used: two cards have the keys. To be suspended, with an alarm.
        case cloneSuspected
        /// A counter before the window, which no short message can be late enough for: the same suspicion.
        case farBehind

        /// Whether the card must be suspended and registered anew.
        public var isAlarming: Bool { self == .cloneSuspected || self == .farBehind }
    }

    /// Counters that are remembered one by one.
    public static let width: UInt32 = 32
    /// From here on the key must be rolled.
    public static let rolloverMark: UInt32 = 0x8000_0000

    /// The highest counter seen; 0 before the first.
    public private(set) var highest: UInt32 = 0
    /// Checksum by counter, of the frames seen within the window.
    private var seen: [UInt32: [UInt8]] = [:]

    /// Nothing seen yet.
    public init() {}

    /// Whether the key version has used up its half of the counters.
    public var isDueForRollover: Bool { highest >= Self.rolloverMark }

    /// Judges a frame and remembers it if it is accepted; anything else changes nothing.
    public mutating func judge(_ frame: FrameHeader) -> Verdict {
        judge(counter: frame.counter, checksum: frame.checksum)
    }

    /// Judges a counter; `checksum` is T of its frame, 8 octets.
    public mutating func judge(counter: UInt32, checksum: [UInt8]) -> Verdict {
        guard counter > 0, counter > highest || highest - counter < Self.width else { return .farBehind }
        if let known = seen[counter] { return known == checksum ? .duplicate : .cloneSuspected }
        seen[counter] = checksum
        if counter > highest {
            highest = counter
            seen = seen.filter { counter - $0.key < Self.width }
        }
        return .accepted
    }
}

extension ReplayWindow {
    /// As it is stored: the highest counter, a bit for each counter seen (the highest's first), their checksums.
    public var octets: [UInt8] {
        let counters = seen.keys.sorted(by: >)
        let bits = counters.reduce(UInt32(0)) { $0 | 0x8000_0000 >> (highest - $1) }
        return highest.bigEndianOctets + bits.bigEndianOctets + counters.flatMap { seen[$0] ?? [] }
    }

    /// - Returns: `nil` unless the octets are a window's.
    public init?(_ octets: [UInt8]) {
        guard octets.count >= 8 else { return nil }
        highest = octets[0..<4].reduce(0) { $0 << 8 | UInt32($1) }
        let bits = octets[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard octets.count == 8 + 8 * bits.nonzeroBitCount, (bits >> 31 == 1) == (highest > 0) else { return nil }
        var rest = octets[8...]
        for place in UInt32(0)..<Self.width where bits & 0x8000_0000 >> place != 0 {
            guard place < highest else { return nil }
            seen[highest - place] = Array(rest.prefix(8))
            rest = rest.dropFirst(8)
        }
    }
}
