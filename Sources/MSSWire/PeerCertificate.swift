import Crypto
import MSSCore
import NIOSSL
import SwiftASN1
import X509

import struct Foundation.Date

/// What a verified certificate says of its holder: one URI, and whether it is for this side of TLS.
struct PeerCertificate: Sendable, Equatable {
    enum Usage: Sendable {
        case client
        case server
    }

    let identity: PeerIdentity
    /// The end of its validity.
    ///
    /// The handshake looks at it too, but connections and resumed sessions outlive handshakes.
    let end: Date

    /// Reads a leaf that the handshake has verified.
    ///
    /// - Throws: ``PeerRefusal`` if it names no one, or more than one, or is for another use.
    init(_ certificate: NIOSSLCertificate, for usage: Usage) throws(PeerRefusal) {
        let leaf: Certificate
        do { leaf = try Certificate(derEncoded: try certificate.toDERBytes()) } catch {
            throw PeerRefusal(reason: "the certificate cannot be read")
        }
        try self.init(leaf, for: usage)
    }

    init(_ leaf: Certificate, for usage: Usage) throws(PeerRefusal) {
        guard try Self.isEndEntity(leaf) else { throw PeerRefusal(reason: "the certificate is a CA's") }
        let wanted: ExtendedKeyUsage.Usage = usage == .client ? .clientAuth : .serverAuth
        guard let usages = try? leaf.extensions.extendedKeyUsage, usages.contains(wanted) else {
            throw PeerRefusal(reason: "the certificate is not for \(usage == .client ? "clientAuth" : "serverAuth")")
        }
        let names = (try? leaf.extensions.subjectAlternativeNames).flatMap { $0 } ?? SubjectAlternativeNames([])
        let uris = names.compactMap { name -> String? in
            if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
        }
        guard uris.count == 1, let uri = uris.first, (1...512).contains(uri.utf8.count) else {
            throw PeerRefusal(reason: "the certificate must have exactly one URI in its subjectAltName")
        }
        identity = PeerIdentity(uri: uri)
        end = leaf.notValidAfter
    }

    /// SHA-256 of a certificate in lower-case hexadecimal digits, as `openssl x509 -fingerprint` tells it.
    static func fingerprint(of certificate: NIOSSLCertificate) -> String? {
        guard let octets = try? certificate.toDERBytes() else { return nil }
        return Hexadecimal.text(SHA256.hash(data: octets))
    }

    private static func isEndEntity(_ leaf: Certificate) throws(PeerRefusal) -> Bool {
        let constraints: BasicConstraints?
        do { constraints = try leaf.extensions.basicConstraints } catch {
            throw PeerRefusal(reason: "the certificate's basic constraints cannot be read")
        }
        if case .isCertificateAuthority = constraints { return false }
        return true
    }
}

/// Why a peer gets no further; a sentence it may read.
public struct PeerRefusal: Error, Sendable, Equatable {
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }
}
