/// A bound value, sent in binary with its type.
public enum Parameter: Sendable {
    case text(String?)
    case bytea([UInt8]?)
    case int4(Int32?)
    case int8(Int64?)
    case bool(Bool?)
    case textArray([String?])
    case byteaArray([[UInt8]?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    case boolArray([Bool?])

    /// The type's object id (pg_type.dat).
    var type: UInt32 {
        switch self {
        case .bool: 16
        case .bytea: 17
        case .int8: 20
        case .int4: 23
        case .text: 25
        case .boolArray: 1000
        case .byteaArray: 1001
        case .int4Array: 1007
        case .textArray: 1009
        case .int8Array: 1016
        }
    }

    /// Appends the value in the server's binary form.
    ///
    /// - Returns: `false` for NULL, of which nothing is appended.
    func append(to octets: inout [UInt8]) -> Bool {
        switch self {
        case .text(let value): Self.append(value, to: &octets) { $1.append(contentsOf: $0.utf8) }
        case .bytea(let value): Self.append(value, to: &octets) { $1.append(contentsOf: $0) }
        case .int4(let value): Self.append(value, to: &octets, Self.append)
        case .int8(let value): Self.append(value, to: &octets, Self.append)
        case .bool(let value): Self.append(value, to: &octets) { $1.append($0 ? 1 : 0) }
        case .textArray(let values):
            Self.append(values, of: 25, to: &octets, length: \.utf8.count) { $1.append(contentsOf: $0.utf8) }
        case .byteaArray(let values):
            Self.append(values, of: 17, to: &octets, length: \.count) { $1.append(contentsOf: $0) }
        case .int4Array(let values): Self.append(values, of: 23, to: &octets, length: { _ in 4 }, Self.append)
        case .int8Array(let values): Self.append(values, of: 20, to: &octets, length: { _ in 8 }, Self.append)
        case .boolArray(let values):
            Self.append(values, of: 16, to: &octets, length: { _ in 1 }) { $1.append($0 ? 1 : 0) }
        }
    }

    private static func append<Value>(
        _ value: Value?,
        to octets: inout [UInt8],
        _ write: (Value, inout [UInt8]) -> Void
    ) -> Bool {
        guard let value else { return false }
        write(value, &octets)
        return true
    }

    private static func append(_ value: some FixedWidthInteger, to octets: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { octets.append(contentsOf: $0) }
    }

    /// One dimension, lower bound 1 (array_recv).
    private static func append<Value>(
        _ values: [Value?],
        of type: UInt32,
        to octets: inout [UInt8],
        length: (Value) -> Int,
        _ write: (Value, inout [UInt8]) -> Void
    ) -> Bool {
        append(Int32(values.isEmpty ? 0 : 1), to: &octets)
        append(Int32(values.contains { $0 == nil } ? 1 : 0), to: &octets)
        append(type, to: &octets)
        guard !values.isEmpty else { return true }
        append(Int32(values.count), to: &octets)
        append(Int32(1), to: &octets)
        for value in values {
            append(value.map { Int32(length($0)) } ?? -1, to: &octets)
            if let value { write(value, &octets) }
        }
        return true
    }
}
