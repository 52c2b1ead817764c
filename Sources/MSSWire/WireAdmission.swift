import Hummingbird
import MSSCore

/// Who may do what, decided from the certificate and the head of a request; nothing of a body is read for it.
struct WireAdmission: Sendable {
    let settings: MeshServer.Settings
    let services: WireServices

    /// The caller's certificate, good now.
    func caller(_ peer: WireConnection.Peer) throws(WireRefused) -> PeerCertificate {
        let certificate: PeerCertificate
        do throws(PeerRefusal) { certificate = try peer.certificate.get() } catch {
            throw WireRefused(.forbidden, "certificate", error.reason + shown(peer))
        }
        guard certificate.end > settings.now() else {
            throw WireRefused(.forbidden, "certificate", "the certificate has expired" + shown(peer))
        }
        return certificate
    }

    /// The path of a request, if its caller may call something there.
    func path(of request: Request, _ peer: WireConnection.Peer, _ identity: PeerIdentity) throws(WireRefused)
        -> WirePath
    {
        guard let path = WirePath(request.uri.path, offersJSON: settings.json != nil),
            path.operations.contains(where: services.serves)
        else {
            throw WireRefused(.notFound, "path", "there is no such service here")
        }
        let served = path.operations.filter(services.serves)
        guard served.contains(where: { settings.gate.mayCall($0, identity) }) else {
            throw notGranted(served.count == 1 ? served.first : nil, peer, identity)
        }
        return path
    }

    /// Everything else that is decided before the body of a call is read.
    func checkHead(of request: Request, at path: WirePath) throws(WireRefused) {
        guard request.method == .post else {
            throw WireRefused(.methodNotAllowed, "method", "send the request with POST", allow: .post)
        }
        let type = request.headers[.contentType] ?? ""
        guard path.contentTypes.contains(type.prefix { $0 != ";" && $0 != " " }.lowercased()) else {
            let line = "send " + path.contentTypes.sorted().joined(separator: " or ")
            throw WireRefused(.unsupportedMediaType, "content_type", line)
        }
        // Some clients name their character set here; a compressed body is not taken.
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard encoding == "identity" || encoding == "utf-8" else {
            throw WireRefused(.unsupportedMediaType, "content_encoding", "send the body without a content encoding")
        }
        guard Self.announced(request) <= settings.limits.bodyOctets else {
            throw .tooLong(settings.limits.bodyOctets)
        }
    }

    /// The operation that is called: the path's, or the one that the body turned out to hold, which is granted only now.
    ///
    /// - Returns: `nil` where neither tells one.
    func operation(
        _ read: Result<SOAPRequest, WireRefusal>,
        at path: WirePath,
        _ peer: WireConnection.Peer,
        _ identity: PeerIdentity
    ) throws(WireRefused) -> WireOperation? {
        if case .one(let operation) = path { return operation }
        guard case .success(let request) = read else { return nil }
        guard !services.serves(request.operation) || settings.gate.mayCall(request.operation, identity) else {
            throw notGranted(request.operation, peer, identity)
        }
        return request.operation
    }

    /// Octets of the body, as the head announces them.
    static func announced(_ request: Request) -> Int {
        request.headers[.contentLength].flatMap { Int($0) } ?? 0
    }

    private func notGranted(
        _ operation: WireOperation?,
        _ peer: WireConnection.Peer,
        _ identity: PeerIdentity
    ) -> WireRefused {
        let what = operation?.rawValue ?? "anything here"
        return WireRefused(.forbidden, "not_granted", "\(identity.uri) may not call \(what)\(shown(peer))")
    }

    private func shown(_ peer: WireConnection.Peer) -> String {
        peer.fingerprint.map { " (certificate with SHA-256 \($0))" } ?? ""
    }
}
