import Crypto
import MSSCore
import Signatures
import Synchronization

/// When the certificates end that providers sign their messages with; each is read once.
final class MessageCertificates: Sendable {
    /// Entries are read again with others when there are more: files of providers change seldom.
    private static let most = 10_000

    private let known = Mutex<[[UInt8]: ProviderCertificate]>([:])

    /// Those of a provider, by their digests.
    func certificates(of provider: ApplicationProvider) -> Set<ProviderCertificate> {
        known.withLock { known in
            if known.count > Self.most { known = [:] }
            return Set(
                provider.messageCertificates.compactMap { der in
                    guard let certificate = known[der] ?? Self.read(der) else { return nil }
                    known[der] = certificate
                    return certificate
                }
            )
        }
    }

    /// - Returns: `nil` for one that cannot sign, which its file was refused for.
    private static func read(_ der: [UInt8]) -> ProviderCertificate? {
        (try? MessageKey(certificate: der)).flatMap { key in
            ProviderCertificate(sha256: Hexadecimal.text(SHA256.hash(data: der)), expires: key.ends)
        }
    }
}
