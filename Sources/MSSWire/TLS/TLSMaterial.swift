public import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate with its key, and the roots under which the other side must stand.
public struct TLSMaterial: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let trust: [NIOSSLCertificate]
    /// When the certificate ends.
    public let end: Date

    /// Reads PEM texts and checks that key and certificate belong together.
    ///
    /// - Throws: ``TLSMaterialError`` saying which part is of no use.
    public init(certificateChain: [UInt8], privateKey: [UInt8], trustRoots: [UInt8]) throws(TLSMaterialError) {
        do { chain = try NIOSSLCertificate.fromPEMBytes(certificateChain) } catch {
            throw TLSMaterialError(part: .certificate, reason: "holds no PEM certificate")
        }
        do { key = try NIOSSLPrivateKey(bytes: privateKey, format: .pem) } catch {
            throw TLSMaterialError(part: .key, reason: "holds no PEM private key")
        }
        do { trust = try NIOSSLCertificate.fromPEMBytes(trustRoots) } catch {
            throw TLSMaterialError(part: .trust, reason: "holds no PEM certificate")
        }
        guard !chain.isEmpty else { throw TLSMaterialError(part: .certificate, reason: "holds no PEM certificate") }
        do { end = try Certificate(derEncoded: try chain[0].toDERBytes()).notValidAfter } catch {
            throw TLSMaterialError(part: .certificate, reason: "holds a certificate that cannot be read")
        }
        guard !trust.isEmpty else { throw TLSMaterialError(part: .trust, reason: "holds no PEM certificate") }
        do { _ = try NIOSSLContext(configuration: TLSProfile.mesh.server(self)) } catch {
            throw TLSMaterialError(part: .key, reason: "does not belong to the certificate")
        }
    }
}

/// Which file of a TLS credential is of no use, and why.
public struct TLSMaterialError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Part: String, Sendable {
        case certificate
        case key
        case trust
    }

    public var part: Part
    public var reason: String
    public var description: String { "the \(part.rawValue) file \(reason)" }
}
