import Crypto
import Foundation
import MSSCore
import MSSTestSupport
import Signatures

/// A card with a key of any kind, played by openssl: it signs octets as a card answers them.
struct TestCard: Sendable {
    let name: String
    let algorithm: SigningAlgorithm
    let der: [UInt8]
    let pki: ThrowawayPKI

    var certificate: UserCertificate {
        get throws { try UserCertificate(der: der) }
    }

    /// Makes the key and has a CA certify it.
    static func make(_ algorithm: SigningAlgorithm, in pki: ThrowawayPKI, by issuer: String = "ca") async throws
        -> TestCard
    {
        let name = "card-\(algorithm.rawValue)-\(UUID().uuidString.prefix(4))"
        let kind =
            switch algorithm {
            case .p256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .p384: ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
            case .rsaPKCS1, .rsaPSS: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            }
        try await pki.openssl.run(["genpkey", "-algorithm"] + kind + ["-out", "\(name).key"])
        try await pki.openssl.run([
            "req", "-x509", "-key", "\(name).key", "-out", "\(name).pem", "-days", "1", "-subj", UserCA.subject, "-CA",
            "\(issuer).pem", "-CAkey", "\(issuer).key", "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
            "keyUsage=critical,nonRepudiation",
        ])
        let der = try await pki.openssl.run(["x509", "-in", "\(name).pem", "-outform", "DER"]).standardOutput
        return TestCard(name: name, algorithm: algorithm, der: der, pki: pki)
    }

    /// r‖s or the RSA signature over octets.
    func sign(_ octets: [UInt8]) async throws -> [UInt8] {
        let padding =
            algorithm == .rsaPSS ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"] : []
        let digest = algorithm.digest == .sha384 ? "-sha384" : "-sha256"
        let value = try await pki.openssl.run(["dgst", digest, "-sign", "\(name).key"] + padding, input: octets)
            .standardOutput
        return switch algorithm {
        case .p256: Array(try P256.Signing.ECDSASignature(derRepresentation: value).rawRepresentation)
        case .p384: Array(try P384.Signing.ECDSASignature(derRepresentation: value).rawRepresentation)
        case .rsaPKCS1, .rsaPSS: value
        }
    }

    /// Signs a content in a form and assembles the result.
    func signed(_ content: SigningContent, _ form: SigningForm) async throws -> [UInt8] {
        let octets: [UInt8] =
            if let added = form.attributes {
                SignedAttributes.set(digest: try digest(of: content), added)
            } else {
                content.octets ?? []
            }
        return try SignedDataAssembler.assemble(
            content,
            form: form,
            algorithm: algorithm,
            raw: try await sign(octets),
            certificate: try certificate
        )
    }

    private func digest(of content: SigningContent) throws -> [UInt8] {
        if case .digest(let digest) = content { return digest }
        return MessageDigest.digest(content.octets ?? [], by: algorithm.digest)
    }

    func confirm(_ finished: [UInt8], _ content: SigningContent, _ form: SigningForm) throws {
        try SignedDataCheck.confirm(
            finished,
            content: content,
            form: form,
            algorithm: algorithm,
            registeredKey: try certificate.publicKey,
            certificate: try certificate
        )
    }

    /// Has openssl verify, against the CA and with the content beside it if that is not inside.
    func verify(_ finished: [UInt8], detached: [UInt8]? = nil, advanced: Bool = false) async throws
        -> OpenSSLCommand.Output
    {
        var arguments = ["cms", "-verify", "-inform", "DER", "-CAfile", "ca.pem", "-purpose", "any", "-binary"]
        if advanced { arguments.append("-cades") }
        if let detached {
            let file = "content-\(UUID().uuidString)"
            try pki.write(detached, to: file)
            arguments += ["-content", file]
        }
        return try await pki.openssl.attempt(arguments, input: finished)
    }
}
