/// The parts of one packet as they come: out of order, doubled.
///
/// It is a value of its parts, so parts that came to several processes can be put together by any of them: each keeps
/// ``UserData/stored`` of what came to it where all can read, and ``whole(of:)`` is the packet.
public struct Reassembly: Sendable, Equatable {
    private let total: Int
    private var reference: UInt16?
    private var identifier: UInt8?
    private var parts: [Int: UserData] = [:]

    public init(total: Int) {
        self.total = total
    }

    public enum Progress: Sendable, Equatable {
        case incomplete
        case complete(identifier: UInt8, packet: [UInt8])
    }

    /// Takes a part; one that came before is the same again.
    ///
    /// - Throws: ``OTAError/malformed`` for a part of another packet, or when no part named the packet's kind.
    public mutating func add(_ userData: UserData) throws(OTAError) -> Progress {
        guard let part = userData.part, part.total == total, part.reference == reference ?? part.reference else {
            throw .malformed
        }
        // A copy that names the packet's kind, or leaves it out, is no copy: else it would matter which came first.
        if let known = parts[part.index], known != userData { throw .malformed }
        if let named = userData.packetIdentifier, named != identifier ?? named { throw .malformed }
        parts[part.index] = userData
        reference = part.reference
        identifier = userData.packetIdentifier ?? identifier
        guard parts.count == total else { return .incomplete }
        guard let identifier else { throw .malformed }
        return .complete(identifier: identifier, packet: (1...total).flatMap { parts[$0]?.octets ?? [] })
    }

    /// The octets of every part that came, by its place; each is ``UserData`` again.
    public var stored: [[UInt8]] {
        parts.sorted { $0.key < $1.key }.map(\.value.stored)
    }

    /// Parts of one packet from wherever they were kept, in any order.
    ///
    /// - Parameter stored: ``UserData/stored`` of each, at least one.
    /// - Returns: The packet, or that parts are missing.
    /// - Throws: ``OTAError/malformed`` if they are not of one packet, or are none.
    public static func whole(of stored: [[UInt8]]) throws(OTAError) -> Progress {
        var reassembly: Reassembly?
        var progress = Progress.incomplete
        for octets in stored {
            let userData = try UserData(octets)
            var current = reassembly ?? Reassembly(total: userData.part?.total ?? 0)
            progress = try current.add(userData)
            reassembly = current
        }
        guard reassembly != nil else { throw .malformed }
        return progress
    }
}
