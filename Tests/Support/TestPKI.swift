import Crypto
import Foundation
public import MSSWire
import SwiftASN1
import X509

/// A certification authority that lives in memory as long as a test.
public struct TestAuthority: Sendable {
    /// What a certificate is for.
    public enum Usage: Sendable {
        case client
        case server
    }

    /// The root's certificate.
    public let pem: [UInt8]

    private let key: Certificate.PrivateKey
    private let name: DistinguishedName

    /// Makes a root with this common name.
    public init(_ commonName: String) throws {
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        name = try DistinguishedName { CommonName(commonName) }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }
        pem = try Self.sign(key.publicKey, name, extensions, .seconds(3600), by: key, name).pem
    }

    /// Issues a certificate for a new key.
    ///
    /// - Parameters:
    ///   - uris: Names of the holder; a good certificate has one.
    ///   - dnsNames: Names of its host.
    ///   - usages: What it may be used for; none leaves the extension out.
    ///   - isAuthority: Whether it says of itself that it is a CA.
    ///   - lifetime: From now; negative for one that has expired.
    /// - Returns: The certificate and its key.
    /// - Throws: When X509 cannot write it.
    public func issue(
        uris: [String],
        dnsNames: [String] = [],
        for usages: [Usage],
        isAuthority: Bool = false,
        lifetime: Duration = .seconds(3600)
    ) throws -> TestCredential {
        let holder = P256.Signing.PrivateKey()
        let names = uris.map { GeneralName.uniformResourceIdentifier($0) } + dnsNames.map { GeneralName.dnsName($0) }
        let extensions = try Certificate.Extensions {
            Critical(
                isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority
            )
            Critical(KeyUsage(digitalSignature: true))
            if !names.isEmpty { SubjectAlternativeNames(names) }
            if !usages.isEmpty { try ExtendedKeyUsage(usages.map { $0 == .client ? .clientAuth : .serverAuth }) }
        }
        let signed = try Self.sign(
            Certificate.PublicKey(holder.publicKey),
            try DistinguishedName { CommonName("the common name is never looked at") },
            extensions,
            lifetime,
            by: key,
            name
        )
        return TestCredential(
            certificate: signed.pem,
            key: Array(holder.pemRepresentation.utf8),
            fingerprint: signed.fingerprint
        )
    }

    private static func sign(
        _ subjectKey: Certificate.PublicKey,
        _ subject: DistinguishedName,
        _ extensions: Certificate.Extensions,
        _ lifetime: Duration,
        by key: Certificate.PrivateKey,
        _ issuer: DistinguishedName
    ) throws -> (pem: [UInt8], fingerprint: String) {
        let end = Date(timeIntervalSinceNow: TimeInterval(lifetime.components.seconds))
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: subjectKey,
            notValidBefore: min(Date(), end).addingTimeInterval(-3600),
            notValidAfter: end,
            issuer: issuer,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: key
        )
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        let digest = SHA256.hash(data: serializer.serializedBytes)
        return (
            Array(try certificate.serializeAsPEM().pemString.utf8), digest.map { String(format: "%02x", $0) }.joined()
        )
    }
}

/// A certificate and its key, in PEM.
public struct TestCredential: Sendable {
    public let certificate: [UInt8]
    public let key: [UInt8]
    /// SHA-256 of the certificate, in lower-case hexadecimal digits.
    public let fingerprint: String

    /// The same as a service uses it, with the roots of its peers.
    public func material(trusting authority: TestAuthority) throws -> TLSMaterial {
        try TLSMaterial(certificateChain: certificate, privateKey: key, trustRoots: authority.pem)
    }

    /// The same as a service may exchange it while it runs.
    public func credential(trusting authority: TestAuthority) throws -> TLSCredential {
        TLSCredential(try material(trusting: authority))
    }
}
