import Synchronization

/// Users' certificates that were read before, with their keys: reading them again would cost more than to verify.
public final class UserCertificates: Sendable {
    /// A certificate's octets; an array's own hash takes them one by one.
    private struct Octets: Hashable {
        var der: [UInt8]

        func hash(into hasher: inout Hasher) {
            der.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private let known = Mutex<[Octets: UserCertificate]>([:])
    private let most: Int

    /// - Parameter most: How many are kept, some 2 KiB each; when there are more, all of them go.
    public init(most: Int = 16_384) {
        self.most = most
    }

    /// How many are kept now.
    var count: Int { known.withLock { $0.count } }

    /// A certificate in DER, read now or before.
    public func certificate(der: [UInt8]) throws(SignatureError) -> UserCertificate {
        let key = Octets(der: der)
        if let certificate = known.withLock({ $0[key] }) { return certificate }
        let certificate = try UserCertificate(der: der)
        known.withLock { known in
            if known.count >= most { known = [:] }
            known[key] = certificate
        }
        return certificate
    }
}
