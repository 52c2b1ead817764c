import Glibc

extension [UInt8] {
    /// Overwrites every octet, in a way that the compiler may not leave out; copies made before are others.
    public mutating func wipe() {
        withUnsafeMutableBytes { octets in
            guard let start = octets.baseAddress else { return }
            explicit_bzero(start, octets.count)
        }
    }
}
