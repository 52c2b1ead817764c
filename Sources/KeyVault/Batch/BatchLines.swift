/// The lines of a batch file as its octets come: it is never whole in memory.
public struct BatchLines: Sendable {
    /// Octets of a line at most, without its end; a row with the longest keys has some 400.
    public static let longest = 1_000

    /// One line, without its end (LF or CR LF).
    public enum Line: Sendable, Equatable {
        case octets([UInt8])
        /// Longer than ``longest``; its content was dropped.
        case tooLong
    }

    private var pending: [UInt8] = []
    private var start = 0
    private var isDropping = false

    public init() {}

    public mutating func append(_ octets: some Sequence<UInt8>) {
        pending.removeFirst(start)
        start = 0
        pending += octets
    }

    /// The next line that is whole; `nil` until more octets come.
    public mutating func next() -> Line? {
        guard let end = pending[start...].firstIndex(of: 0x0A) else {
            // A line without an end must not fill the memory.
            if pending.count - start > Self.longest + 1 {
                isDropping = true
                pending.removeAll(keepingCapacity: true)
                start = 0
            }
            return nil
        }
        defer { start = end + 1 }
        return line(pending[start..<end])
    }

    /// What stands after the last line's end; `nil` if nothing does.
    public mutating func last() -> Line? {
        defer {
            pending = []
            start = 0
        }
        guard pending.count > start || isDropping else { return nil }
        return line(pending[start...])
    }

    private mutating func line(_ octets: ArraySlice<UInt8>) -> Line {
        let content = octets.last == 0x0D ? octets.dropLast() : octets
        guard !isDropping, content.count <= Self.longest else {
            isDropping = false
            return .tooLong
        }
        return .octets(Array(content))
    }
}
