/// Where the certification authority is, who asks it, and whom its answers must come from.
public struct CMPSettings: Sendable {
    /// The authority's address, `http://host:port/path`.
    ///
    /// Plain HTTP (RFC 6712): each message is signed. Whoever reads along learns the users' names, so the way to the
    /// authority belongs into a network of its own.
    public var url: String
    /// PEM of the registration authority's certificate, which signs the requests.
    public var raCertificate: [UInt8]
    /// PEM of the key that belongs to it, unencrypted.
    public var raKey: [UInt8]
    /// PEM of the authority's certificate: it signs the answers, or certifies who does, and it issues the certificates.
    public var authorityCertificate: [UInt8]
    /// The time that one exchange may take, even if the caller has more; counted in whole seconds, at least one.
    public var longest: Duration

    public init(
        url: String,
        raCertificate: [UInt8],
        raKey: [UInt8],
        authorityCertificate: [UInt8],
        longest: Duration = .seconds(10)
    ) {
        self.url = url
        self.raCertificate = raCertificate
        self.raKey = raKey
        self.authorityCertificate = authorityCertificate
        self.longest = longest
    }
}

/// Without the key.
extension CMPSettings: CustomStringConvertible, CustomReflectable {
    public var description: String { "CMPSettings(\(url))" }
    public var customMirror: Mirror { Mirror(self, children: ["url": url]) }
}
