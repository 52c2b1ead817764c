import HomeMSSP
import OTA
import PostgreSQL

/// A card's counters as a statement returned them after it had spent them.
struct StoredCounters: Sendable {
    private let packet: Int64
    private let frame: Int64
    private let keyVersion: Int64?

    /// Reads `packet`, `frame` and `frame_key`, from `column` on.
    init(_ rows: ResultSet, _ row: Int, from column: Int) throws {
        packet = try rows.int64(row, column)
        frame = try rows.int64(row, column + 1)
        keyVersion = try rows.optionalInt64(row, column + 2)
    }

    /// For one command.
    func spent() throws(StoreError) -> SpentCounters {
        guard let packet = UInt64(exactly: packet), let frame = UInt32(exactly: frame),
            keyVersion.map({ UInt8(exactly: $0) != nil }) ?? true
        else { throw .conflict("a counter of the card is out of its range") }
        return SpentCounters(packet: packet, frame: frame, keyVersion: keyVersion.flatMap { UInt8(exactly: $0) })
    }
}
