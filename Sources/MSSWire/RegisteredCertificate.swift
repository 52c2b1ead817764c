public import MSSCore
import NIOSSL

/// A certificate as somebody brings it to be registered: whose it is, and what it will be known by.
public struct RegisteredCertificate: Sendable {
    public let identity: PeerIdentity
    public let certificate: ProviderCertificate

    /// Reads a PEM text; of several certificates the first, for those above it come along.
    ///
    /// - Throws: ``PeerRefusal`` for what a listener would not let in either; its end is not looked at.
    public init(pem: [UInt8]) throws(PeerRefusal) {
        guard let leaf = try? NIOSSLCertificate.fromPEMBytes(pem).first else {
            throw PeerRefusal(reason: "holds no PEM certificate")
        }
        let read = try PeerCertificate(leaf, for: .client)
        guard let digest = PeerCertificate.fingerprint(of: leaf),
            let certificate = ProviderCertificate(sha256: digest, expires: read.end)
        else { throw PeerRefusal(reason: "the certificate cannot be read") }
        self.certificate = certificate
        identity = read.identity
    }
}
