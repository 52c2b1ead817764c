/// A signature value as a transaction's result: with the certificate that verifies it, which nothing else holds.
struct SignatureValue: Equatable {
    var value: [UInt8]
    var certificate: [UInt8]

    init(value: [UInt8], certificate: [UInt8]) {
        self.value = value
        self.certificate = certificate
    }

    /// The value's length in two octets, the value, the certificate.
    var octets: [UInt8] {
        [UInt8(truncatingIfNeeded: value.count >> 8), UInt8(truncatingIfNeeded: value.count)] + value + certificate
    }

    init?(_ octets: [UInt8]) {
        guard octets.count >= 2 else { return nil }
        let count = Int(octets[0]) << 8 | Int(octets[1])
        guard octets.count > 2 + count else { return nil }
        value = Array(octets[2..<(2 + count)])
        certificate = Array(octets[(2 + count)...])
    }
}
