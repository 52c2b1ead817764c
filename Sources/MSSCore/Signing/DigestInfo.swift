/// DigestInfo (RFC 8017 §9.2): the input of FiCom's PKCS#1 format.
public struct DigestInfo: Sendable, Equatable {
    public let algorithm: DigestAlgorithm
    public let digest: [UInt8]

    /// Reads one strictly: DER, parameters NULL, nothing after it.
    ///
    /// Only the digest goes to the card, which builds the DigestInfo again; one that was written in another way would
    /// not be what is signed.
    ///
    /// - Throws: 107 for anything else, and for digests other than SHA-256 and SHA-384.
    public init(_ octets: [UInt8]) throws(MSSFault) {
        for algorithm in DigestAlgorithm.allCases {
            let prefix = algorithm.digestInfoPrefix
            guard octets.starts(with: prefix), octets.count == prefix.count + algorithm.length else { continue }
            self.algorithm = algorithm
            digest = Array(octets.dropFirst(prefix.count))
            return
        }
        throw MSSFault(
            .inappropriateData,
            "DataToBeSigned must be a DigestInfo in DER with a SHA-256 or SHA-384 digest and parameters NULL."
        )
    }
}

extension DigestAlgorithm {
    /// What stands before the digest in a DigestInfo.
    public var digestInfoPrefix: [UInt8] {
        let identifier: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, self == .sha256 ? 1 : 2]
        return [0x30, UInt8(17 + length), 0x30, 0x0D, 0x06, 0x09] + identifier + [0x05, 0x00, 0x04, UInt8(length)]
    }
}
