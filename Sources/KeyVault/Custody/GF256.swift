/// The field of 256 elements with the polynomial x⁸ + x⁴ + x³ + x + 1, as in AES.
///
/// Every product takes the same steps whatever its factors are, and reads no table: neither time nor cache tells a secret.
enum GF256 {
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var (left, right, product) = (left, right, UInt8(0))
        for _ in 0..<8 {
            product ^= left & (0 &- (right & 1))
            let overflow = 0 &- (left >> 7)
            left = (left << 1) ^ (overflow & 0x1B)
            right >>= 1
        }
        return product
    }

    /// The element that gives 1 with this one; 0, which has none, gives 0.
    static func inverse(_ element: UInt8) -> UInt8 {
        // element^254: the group has 255 elements.
        var (square, product) = (element, UInt8(1))
        for _ in 0..<7 {
            square = multiply(square, square)
            product = multiply(product, square)
        }
        return product
    }
}
