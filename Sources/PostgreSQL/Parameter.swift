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

    /// The value in the server's binary form; `nil` is NULL.
    var octets: [UInt8]? {
        switch self {
        case .text(let value): value.map { Array($0.utf8) }
        case .bytea(let value): value
        case .int4(let value): value.map(Self.octets)
        case .int8(let value): value.map(Self.octets)
        case .bool(let value): value.map { [$0 ? 1 : 0] }
        case .textArray(let values): Self.array(values.map { $0.map { Array($0.utf8) } }, of: 25)
        case .byteaArray(let values): Self.array(values, of: 17)
        case .int4Array(let values): Self.array(values.map { $0.map(Self.octets) }, of: 23)
        case .int8Array(let values): Self.array(values.map { $0.map(Self.octets) }, of: 20)
        case .boolArray(let values): Self.array(values.map { $0.map { [$0 ? 1 : 0] } }, of: 16)
        }
    }

    private static func octets(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// One dimension, lower bound 1 (array_recv).
    private static func array(_ values: [[UInt8]?], of type: UInt32) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(20 + values.reduce(0) { $0 + 4 + ($1?.count ?? 0) })
        octets += Self.octets(Int32(values.isEmpty ? 0 : 1))
        octets += Self.octets(Int32(values.contains { $0 == nil } ? 1 : 0))
        octets += Self.octets(type)
        guard !values.isEmpty else { return octets }
        octets += Self.octets(Int32(values.count))
        octets += Self.octets(Int32(1))
        for value in values {
            octets += Self.octets(value.map { Int32($0.count) } ?? -1)
            octets += value ?? []
        }
        return octets
    }
}
