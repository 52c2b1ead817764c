import NIOCore
import NIOSSL

/// TLS to a message centre: its certificate must stand under the roots and name the host, always.
public struct SMSCTLS: Sendable {
    let configuration: TLSConfiguration
    /// The name that the certificate must carry, where that is not the host of the address.
    let serverName: String?

    /// Reads PEM texts.
    ///
    /// - Parameters:
    ///   - trust: The roots, no others being trusted.
    ///   - serverName: The name that the centre's certificate must carry instead of the address's host.
    ///   - credential: A certificate and its key where the centre asks for one.
    /// - Throws: ``SMSCTLSError`` naming the part that is of no use.
    public init(
        trust: [UInt8],
        serverName: String? = nil,
        credential: (certificate: [UInt8], key: [UInt8])? = nil
    ) throws(SMSCTLSError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        guard let roots = try? NIOSSLCertificate.fromPEMBytes(trust), !roots.isEmpty else {
            throw SMSCTLSError(part: "trust")
        }
        configuration.trustRoots = .certificates(roots)
        configuration.certificateVerification = .fullVerification
        configuration.minimumTLSVersion = .tlsv12
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = .milliseconds(500)
        if let credential {
            guard let chain = try? NIOSSLCertificate.fromPEMBytes(credential.certificate), !chain.isEmpty else {
                throw SMSCTLSError(part: "certificate")
            }
            guard let key = try? NIOSSLPrivateKey(bytes: credential.key, format: .pem) else {
                throw SMSCTLSError(part: "key")
            }
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(key)
        }
        // A key of another certificate is found here, not at the first connection.
        guard (try? NIOSSLContext(configuration: configuration)) != nil else { throw SMSCTLSError(part: "key") }
        self.configuration = configuration
        self.serverName = serverName
    }

    /// The handler of a connection to a host.
    func handler(host: String, port: Int) throws -> NIOSSLClientHandler {
        // SNI holds names only; without it the certificate has to name the address.
        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
        return try NIOSSLClientHandler(
            context: try NIOSSLContext(configuration: configuration),
            serverHostname: serverName ?? (isAddress ? nil : host)
        )
    }
}

/// Which part of a message centre's TLS holds nothing that can be used.
public struct SMSCTLSError: Error, Sendable, Equatable {
    /// `trust`, `certificate` or `key`.
    public var part: String
}
