/// Numbers and the homes that they were ported to, eight octets each, in their order; or what has changed of them.
public struct PortedNumbers: Sendable, Equatable {
    /// What a list is.
    public enum Kind: Sendable, Equatable {
        /// Every ported number there is.
        case table
        /// What is other than in the table of this number.
        case changes(of: UInt64)

        /// Numbers in a list: a table of the most takes 160 MB.
        var most: Int {
            switch self {
            case .table: 20_000_000
            case .changes: 1_000_000
            }
        }
    }

    /// What stands in the place of a home for a number that is not ported any more.
    static let nowhere: UInt64 = 255

    public let kind: Kind
    /// The number of the list itself.
    public let serial: UInt64
    /// The number times 256, and the home's place.
    private let rows: [UInt64]
    public var count: Int { rows.count }
    /// What the rows take of memory.
    var octets: Int { rows.count * MemoryLayout<UInt64>.stride }

    /// Takes rows in their order, each number once.
    init(_ kind: Kind, serial: UInt64, rows: [UInt64]) {
        self.kind = kind
        self.serial = serial
        self.rows = rows
    }

    static func row(_ number: UInt64, _ home: UInt64) -> UInt64 { number << 8 | home }

    /// Where a number is, or ``nowhere``; `nil` if the list does not have it.
    func home(of number: UInt64) -> UInt64? {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] >> 8 < number { low = middle + 1 } else { high = middle }
        }
        guard low < rows.count, rows[low] >> 8 == number else { return nil }
        return rows[low] & 0xFF
    }
}
