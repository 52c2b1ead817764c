public import struct Foundation.Date

/// A certificate that is registered for an application provider; several while they are rotated.
public struct ProviderCertificate: Sendable, Hashable {
    /// SHA-256 of the certificate in 64 lower-case hexadecimal digits, as `openssl x509 -fingerprint` tells it.
    public var sha256: String
    /// The end of its validity.
    public var expires: Date

    /// - Returns: `nil` for what is no such digest; capitals and colons between octets are taken.
    public init?(sha256: String, expires: Date) {
        let digits = sha256.lowercased().filter { $0 != ":" }
        guard Self.isDigest(digits) else { return nil }
        self.sha256 = digits
        self.expires = expires
    }

    /// Whether a text is 64 lower-case hexadecimal digits.
    public static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension ApplicationProvider {
    /// Whether a request came with one of the registered certificates, and in its time; any certificate of the provider's
    /// identity is good where none is registered.
    ///
    /// - Parameters:
    ///   - certificate: SHA-256 of the one that was shown at the edge.
    ///   - now: The time of this request: connections outlive certificates.
    /// - Throws: 104.
    public func check(certificate: String?, at now: Date) throws(MSSFault) {
        guard !certificates.isEmpty else { return }
        guard let shown = certificate, let known = certificates.first(where: { $0.sha256 == shown }) else {
            throw MSSFault(
                .unauthorizedAccess,
                "The client certificate with SHA-256 \(certificate ?? "unknown") is not one that is registered for this"
                    + " AP_ID: show a registered one, or have this one registered."
            )
        }
        guard now < known.expires else {
            throw MSSFault(
                .unauthorizedAccess,
                "The client certificate with SHA-256 \(shown) has expired at \(known.expires.formatted(.iso8601)): show"
                    + " its successor."
            )
        }
    }
}
