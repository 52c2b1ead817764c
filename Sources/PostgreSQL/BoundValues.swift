/// The storage of a statement's values, lent to libpq for one call.
struct BoundValues {
    /// All values, one behind the other; one octet more, for an empty value needs an address that is not NULL.
    private var octets: [UInt8] = []
    /// Where each value stands; `nil` is NULL.
    private var places: [Range<Int>?] = []

    init(_ parameters: [Parameter]) {
        octets.reserveCapacity(2_048)
        places.reserveCapacity(parameters.count)
        for parameter in parameters {
            let start = octets.count
            places.append(parameter.append(to: &octets) ? start..<octets.count : nil)
        }
        octets.append(0)
    }

    func withPointers<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
    ) -> Value {
        octets.withUnsafeBytes { buffer in
            let pointers = places.map { place -> UnsafePointer<CChar>? in
                guard let place else { return nil }
                return buffer.baseAddress.map { ($0 + place.lowerBound).assumingMemoryBound(to: CChar.self) }
            }
            let lengths = places.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: places.count)
            return body(pointers, lengths, formats)
        }
    }
}
