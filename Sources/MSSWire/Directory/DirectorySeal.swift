public import Foundation
public import MSSCore
import SwiftASN1
@_spi(CMS) @_spi(FixedExpiryValidationTime) import X509

/// The home's signature on a provider directory, as an acquiring entity finds it to be the home's.
///
/// Its roots certify what signs for the platform and nothing that speaks TLS: whoever has a key of the mesh, the home's
/// own included, cannot make a directory.
public struct DirectorySeal: DirectoryReader {
    private let roots: CertificateStore
    private let home: PeerIdentity

    /// - Parameters:
    ///   - trust: PEM: the roots of the platform's signing identities.
    ///   - home: Whose directories are taken.
    /// - Throws: ``TLSMaterialError`` if there is no certificate in the text.
    public init(trust: [UInt8], home: PeerIdentity) throws(TLSMaterialError) {
        let documents = (try? PEMDocument.parseMultiple(pemString: String(decoding: trust, as: UTF8.self))) ?? []
        let certificates = documents.compactMap { try? Certificate(derEncoded: $0.derBytes) }
        guard !certificates.isEmpty, certificates.count == documents.count else {
            throw TLSMaterialError(part: .trust, reason: "holds no PEM certificate")
        }
        roots = CertificateStore(certificates)
        self.home = home
    }

    public func read(
        _ directory: SignedDirectory,
        at now: Date
    ) async throws(DirectoryRefusal) -> ProviderDirectory {
        guard let content = Self.content(of: directory.cms) else {
            throw DirectoryRefusal(.malformed, "the directory is no CMS SignedData with its content")
        }
        let result = await CMS.isValidSignature(
            dataBytes: content,
            signatureBytes: directory.cms,
            trustRoots: roots,
            allowAttachedContent: true
        ) {
            RFC5280Policy(fixedExpiryValidationTime: now)
            SignerUse()
        }
        guard case .success(let valid) = result else {
            throw DirectoryRefusal(.untrusted, "the directory's signature is none under providers.trust that holds now")
        }
        try confirm(valid.signer)
        let read = try ProviderDirectory(signed: content)
        guard read.home == home else {
            throw DirectoryRefusal(.foreign, "the directory is another home's")
        }
        return read
    }

    /// Whether the signer is the home's signing identity, and nothing that speaks TLS.
    private func confirm(_ signer: Certificate) throws(DirectoryRefusal) {
        let names = (try? signer.extensions.subjectAlternativeNames).flatMap { $0 } ?? SubjectAlternativeNames([])
        let uris = names.compactMap { name -> String? in
            if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
        }
        guard uris == [home.uri] else { throw DirectoryRefusal(.untrusted, "the directory is not signed by \(home)") }
        guard let usage = try? signer.extensions.keyUsage, usage.digitalSignature else {
            throw DirectoryRefusal(.untrusted, "the signer's certificate is not for digitalSignature")
        }
        let uses = (try? signer.extensions.extendedKeyUsage).flatMap { $0 }
        guard !(uses?.contains(.serverAuth) ?? false), !(uses?.contains(.clientAuth) ?? false) else {
            throw DirectoryRefusal(.untrusted, "the directory is signed with a certificate of TLS")
        }
    }

    /// The octets inside of a SignedData (RFC 5652 §5.1, §5.2): what is verified, and read afterwards.
    private static func content(of cms: [UInt8]) -> [UInt8]? {
        // ContentInfo, its [0], SignedData; then version, digestAlgorithms, encapContentInfo.
        guard let info = children(try? DER.parse(cms)), info.count == 2, let wrapped = children(info[1]),
            let signedData = children(wrapped.first), signedData.count >= 4, let inside = children(signedData[2]),
            inside.count == 2, let content = children(inside[1])?.first
        else { return nil }
        return (try? ASN1OctetString(derEncoded: content)).map { Array($0.bytes) }
    }

    private static func children(_ node: ASN1Node?) -> [ASN1Node]? {
        guard let node, case .constructed(let nodes) = node.content else { return nil }
        return Array(nodes)
    }
}

/// Lets a signer have an extended key usage: whose it is, and for what, is looked at afterwards.
private struct SignerUse: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        .meetsPolicy
    }
}
