/// The storage of a statement's values, lent to libpq for one call.
enum BoundValues {
    static func withPointers<Value>(
        _ values: [[UInt8]?],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
    ) -> Value {
        // One buffer for all values; an empty value still needs an address that is not NULL.
        let joined: [UInt8] = values.compactMap { $0 }.flatMap { $0 } + [0]
        return joined.withUnsafeBytes { buffer in
            var offset = 0
            let pointers = values.map { value -> UnsafePointer<CChar>? in
                guard let value else { return nil }
                defer { offset += value.count }
                return buffer.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
            }
            let lengths = values.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: values.count)
            return body(pointers, lengths, formats)
        }
    }
}
