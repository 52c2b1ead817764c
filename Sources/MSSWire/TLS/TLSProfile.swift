import NIOCore
import NIOSSL

/// The TLS of the platform; floors stand in code, not in a setting.
public enum TLSProfile: Sendable {
    /// What application providers and agents meet: TLS 1.2 with forward secrecy, and 1.3.
    case edge
    /// Between the platform's own services: TLS 1.3 alone.
    case mesh

    private static let suites12 = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ]
    /// How long the other side's farewell is waited for; it proves nothing that matters here.
    private static let farewell = TimeAmount.milliseconds(500)

    /// Every caller must show a certificate under the roots.
    func server(_ material: TLSMaterial) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: material.chain.map { .certificate($0) },
            privateKey: .privateKey(material.key)
        )
        configuration.trustRoots = .certificates(material.trust)
        configuration.certificateVerification = .noHostnameVerification
        configuration.sendCANameList = true
        configuration.minimumTLSVersion = self == .edge ? .tlsv12 : .tlsv13
        configuration.cipherSuites = Self.suites12.joined(separator: ":")
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = Self.farewell
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    /// The server must stand under the roots; whether it is the one that is meant, ``PinnedServer`` decides.
    func client(_ material: TLSMaterial) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(material.trust)
        // Names of hosts are not what identifies a service here: its one URI is.
        configuration.certificateVerification = .noHostnameVerification
        configuration.certificateChain = material.chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(material.key)
        configuration.minimumTLSVersion = .tlsv13
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = Self.farewell
        return configuration
    }

    /// Towards a provider's own server: the name in its certificate decides who it is.
    ///
    /// - Parameters:
    ///   - material: What is shown if it asks.
    ///   - roots: Under which it must stand; `nil` for those of the system.
    /// - Returns: TLS 1.2 with forward secrecy, and 1.3.
    static func outward(_ material: TLSMaterial, roots: [NIOSSLCertificate]?) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let roots { configuration.trustRoots = .certificates(roots) }
        configuration.certificateVerification = .fullVerification
        configuration.certificateChain = material.chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(material.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = suites12.joined(separator: ":")
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = farewell
        return configuration
    }
}
