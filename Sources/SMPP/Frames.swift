/// Cuts a stream of octets into protocol units (SMPP 3.4 §3.2).
public struct Frames: Sendable {
    /// The longest unit that is taken, 64 KiB.
    public static let longest = 65_536

    private var buffer: [UInt8] = []
    private var start = 0

    public init() {}

    /// Takes what was read.
    public mutating func append(_ octets: some Collection<UInt8>) {
        if start > 0, start == buffer.count || start > 16_384 {
            buffer.removeSubrange(0..<start)
            start = 0
        }
        buffer.append(contentsOf: octets)
    }

    /// The next whole unit, or `nil` until more is read.
    ///
    /// - Throws: ``SMPPError/length(_:)`` when the stream cannot be followed: the connection is to be closed.
    public mutating func next() throws(SMPPError) -> [UInt8]? {
        guard buffer.count - start >= 16 else { return nil }
        let length = PDU.uint32(buffer[start..<start + 4])
        guard (16...UInt32(Self.longest)).contains(length) else { throw .length(length) }
        guard buffer.count - start >= Int(length) else { return nil }
        defer { start += Int(length) }
        return Array(buffer[start..<start + Int(length)])
    }
}
