import Foundation
import MSSCore

/// What `/whoami` tells a caller of itself.
struct KnownCaller: Encodable {
    private var identity: String
    /// Its SHA-256.
    private var certificate: String?
    private var expires: String
    private var applicationProviders: [String]?
    private var providers: [KnownProvider]?

    private enum CodingKeys: String, CodingKey {
        case identity, expires, providers
        case certificate = "certificate_sha256"
        case applicationProviders = "ap_ids"
    }

    /// - Parameters:
    ///   - caller: Who asks.
    ///   - fingerprint: SHA-256 of the certificate that was shown.
    ///   - providers: As whom it may ask; `nil` while nobody can tell.
    ///   - now: The time of the request.
    init(_ caller: PeerCertificate, _ fingerprint: String?, _ providers: [ApplicationProvider]?, at now: Date) {
        identity = caller.identity.uri
        certificate = fingerprint
        expires = WireTime.text(caller.end)
        applicationProviders = providers.map { $0.map(\.id) }
        self.providers = providers.map { $0.map { KnownProvider($0, fingerprint, at: now) } }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(identity, forKey: .identity)
        try container.encode(certificate, forKey: .certificate)
        try container.encode(expires, forKey: .expires)
        // Written as null while nobody can tell.
        try container.encode(applicationProviders, forKey: .applicationProviders)
        try container.encode(providers, forKey: .providers)
    }
}

/// One provider that the caller may name: whether it may with this certificate, and how much it may ask.
private struct KnownProvider: Encodable {
    /// How the certificate that was shown stands to the provider's entry.
    private enum Standing: String, Encodable {
        /// The entry names none: any of its identity is good.
        case any
        case registered
        case unregistered = "not_registered"
        case expired
    }

    private struct Registered: Encodable {
        var sha256: String
        var expires: String
    }

    private var id: String
    private var certificate: Standing
    private var certificates: [Registered]
    private var requestsPerSecond: Int?
    private var signaturesAtOnce: Int?

    private enum CodingKeys: String, CodingKey {
        case certificate, certificates
        case id = "ap_id"
        case requestsPerSecond = "requests_per_second"
        case signaturesAtOnce = "signatures_at_once"
    }

    init(_ provider: ApplicationProvider, _ fingerprint: String?, at now: Date) {
        id = provider.id
        let shown = provider.certificates.first { $0.sha256 == fingerprint }
        certificate =
            provider.certificates.isEmpty
            ? .any : shown.map { now < $0.expires ? .registered : .expired } ?? .unregistered
        certificates = provider.certificates.sorted { $0.expires < $1.expires }.map {
            Registered(sha256: $0.sha256, expires: WireTime.text($0.expires))
        }
        requestsPerSecond = provider.limits.perSecond
        signaturesAtOnce = provider.limits.signaturesAtOnce
    }
}
