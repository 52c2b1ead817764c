import CLibCrypto
import Synchronization

/// A certificate as libcrypto has parsed it; only read, so many may use it at once.
final class ParsedCertificate: @unchecked Sendable {
    private let object: OpaquePointer
    private let known = Mutex<CertificatePath?>(nil)

    /// - Returns: `nil` if the octets are no certificate in DER.
    init?(der: [UInt8]) {
        guard let object = LibCrypto.read(der, { d2i_X509_bio($0, nil) }) else { return nil }
        self.object = object
        // Its extensions are read now, before others see it.
        X509_check_purpose(object, -1, 0)
    }

    deinit { X509_free(object) }

    /// The path to one of the anchors of a store, always the same one: found at the first time.
    func path(in store: OpaquePointer) -> CertificatePath {
        if let path = known.withLock({ $0 }) { return path }
        let path = use { CertificatePath(of: $0, in: store) }
        known.withLock { $0 = path }
        return path
    }

    /// Lends the object.
    func use<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(object) }
    }
}

/// Parsed certificates, kept for the next time: parsing one costs as much as verifying a signature.
final class ParsedCertificates: Sendable {
    private let known = Mutex<[[UInt8]: ParsedCertificate]>([:])
    private let most: Int

    /// - Parameter most: How many are kept, some 6 KiB each; when there are more, all of them go.
    init(most: Int) {
        self.most = most
    }

    /// A certificate in DER; `nil` if it is none.
    func certificate(der: [UInt8]) -> ParsedCertificate? {
        if let certificate = known.withLock({ $0[der] }) { return certificate }
        guard let certificate = ParsedCertificate(der: der) else { return nil }
        known.withLock { known in
            if known.count >= most { known = [:] }
            known[der] = certificate
        }
        return certificate
    }
}
