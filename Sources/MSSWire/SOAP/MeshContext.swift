public import MSSCore

/// What one of the platform's services tells the next about a call, in a SOAP header block.
///
/// Read inside the mesh only:
/// at the edge it would be anyone's word.
public struct MeshContext: Sendable, Equatable {
    /// On whose behalf the caller asks.
    public var origin: PeerIdentity?
    /// SHA-256 of the certificate that was shown at the edge.
    public var certificate: String?
    /// How long an answer is still of use.
    public var remaining: Duration
    public var trace: TraceID
    /// The header block beside it, to a home that wants one.
    public var roaming: RoamingHeader?

    private static let longest: Duration = .seconds(86_400)

    public init(
        origin: PeerIdentity?,
        certificate: String? = nil,
        remaining: Duration,
        trace: TraceID,
        roaming: RoamingHeader? = nil
    ) {
        self.roaming = roaming
        self.origin = origin
        self.certificate = certificate
        self.remaining = remaining
        self.trace = trace
    }

    func write(to writer: inout XMLWriter) {
        let milliseconds = Int(min(max(remaining, .zero), Self.longest) / .milliseconds(1))
        writer.element(
            "mesh:Context",
            [
                ("xmlns:mesh", Namespace.mesh), ("Origin", origin?.uri), ("Certificate", certificate),
                ("RemainingMilliseconds", String(milliseconds)),
                ("Trace", trace.description),
            ]
        )
        if let roaming { RoamingCodec.write(roaming, SOAPShape.plain.version, to: &writer) }
    }

    /// Reads the block; `nil` for one that is not as it must be.
    init?(_ element: XMLElement) {
        guard let remaining = element.attribute("RemainingMilliseconds").flatMap({ Int($0) }),
            remaining >= 0, .milliseconds(remaining) <= Self.longest,
            let trace = element.attribute("Trace").flatMap({ TraceID($0) })
        else { return nil }
        let origin = element.attribute("Origin")
        guard origin.map({ (1...512).contains($0.utf8.count) }) ?? true else { return nil }
        let certificate = element.attribute("Certificate")
        guard certificate.map(ProviderCertificate.isDigest) ?? true else { return nil }
        self.init(
            origin: origin.map { PeerIdentity(uri: $0) },
            certificate: certificate,
            remaining: .milliseconds(remaining),
            trace: trace
        )
    }
}
