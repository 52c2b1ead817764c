import CLibPQ

/// The rows that a statement returned.
///
/// Columns are read by index, each in the type it must have.
public final class ResultSet: @unchecked Sendable {
    // libpq never changes a result once it is made, so any thread may read it.
    private let result: OpaquePointer

    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit { PQclear(result) }

    public var count: Int { Int(PQntuples(result)) }

    public func optionalBytes(_ row: Int, _ column: Int) throws(PostgreSQLError) -> [UInt8]? {
        defer { withExtendedLifetime(self) {} }
        return try octets(row, column).map { Array($0) }
    }

    /// A value as libpq keeps it, as long as this object lives; `nil` is NULL.
    private func octets(_ row: Int, _ column: Int) throws(PostgreSQLError) -> UnsafeRawBufferPointer? {
        guard (0..<count).contains(row), (0..<Int(PQnfields(result))).contains(column) else {
            throw .decoding("no value at row \(row), column \(column)")
        }
        guard PQgetisnull(result, Int32(row), Int32(column)) == 0,
            let value = PQgetvalue(result, Int32(row), Int32(column))
        else { return nil }
        return UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, Int32(row), Int32(column))))
    }

    public func bytes(_ row: Int, _ column: Int) throws(PostgreSQLError) -> [UInt8] {
        guard let value = try optionalBytes(row, column) else { throw .decoding("column \(column) is NULL") }
        return value
    }

    public func optionalText(_ row: Int, _ column: Int) throws(PostgreSQLError) -> String? {
        defer { withExtendedLifetime(self) {} }
        guard let octets = try octets(row, column) else { return nil }
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw .decoding("column \(column) is not UTF-8")
        }
        return text
    }

    public func text(_ row: Int, _ column: Int) throws(PostgreSQLError) -> String {
        guard let value = try optionalText(row, column) else { throw .decoding("column \(column) is NULL") }
        return value
    }

    /// An int4 or int8.
    public func optionalInt64(_ row: Int, _ column: Int) throws(PostgreSQLError) -> Int64? {
        defer { withExtendedLifetime(self) {} }
        guard let octets = try octets(row, column) else { return nil }
        let bits = octets.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch octets.count {
        case 2: return Int64(Int16(truncatingIfNeeded: bits))
        case 4: return Int64(Int32(truncatingIfNeeded: bits))
        case 8: return Int64(bitPattern: bits)
        default: throw .decoding("column \(column) is no integer")
        }
    }

    public func int64(_ row: Int, _ column: Int) throws(PostgreSQLError) -> Int64 {
        guard let value = try optionalInt64(row, column) else { throw .decoding("column \(column) is NULL") }
        return value
    }

    public func bool(_ row: Int, _ column: Int) throws(PostgreSQLError) -> Bool {
        defer { withExtendedLifetime(self) {} }
        guard let octets = try octets(row, column) else { throw .decoding("column \(column) is NULL") }
        guard octets.count == 1 else { throw .decoding("column \(column) is no boolean") }
        return octets[0] != 0
    }
}
