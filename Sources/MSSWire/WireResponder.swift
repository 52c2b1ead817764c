import Hummingbird
import Logging
import MSSCore
import NIOCore
import Synchronization

/// What Hummingbird tells of a request, and the connection it came on.
struct WireContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// The way of a request as far as HTTP goes: who, which operation, how much; then ``WireCall``.
struct WireResponder: HTTPResponder {
    private let settings: MeshServer.Settings
    private let services: WireServices
    private let calls: WireCall
    private let connections: WireConnections
    private let tally: any Tally
    private let logger: Logger
    private let running = RunningRequests()

    init(
        settings: MeshServer.Settings,
        services: WireServices,
        connections: WireConnections,
        tally: any Tally,
        logger: Logger
    ) {
        self.settings = settings
        self.services = services
        self.connections = connections
        self.tally = tally
        self.logger = logger
        calls = WireCall(settings: settings, services: services, tally: tally, logger: logger)
    }

    func respond(to request: Request, context: WireContext) async throws -> Response {
        let channel = context.channel
        guard running.begin(most: settings.limits.requests) else {
            return refuse(request, channel, .serviceUnavailable, "busy", "too many requests are running; try again")
        }
        defer { running.end() }
        guard let connection = connections[channel] else {
            return refuse(request, channel, .forbidden, "certificate", "the connection is closed")
        }
        let peer = await connection.peer(on: channel)
        do throws(WireRefused) {
            let (entrance, identity) = try admit(request, peer)
            if case .description = entrance { return Self.description }
            let body = try await body(of: request, channel)
            return await calls.answer(body, entrance, identity, connection, channel)
        } catch {
            note(error, peer)
            var response = refuse(request, channel, error.status, error.reason, error.line)
            response.headers[.allow] = error.allow
            return response
        }
    }
}

/// A request that HTTP alone answers.
private struct WireRefused: Error {
    let status: HTTPResponse.Status
    /// The metric's label.
    let reason: String
    /// For the caller.
    let line: String
    /// The method that is taken, where another was sent.
    var allow: String?

    init(_ status: HTTPResponse.Status, _ reason: String, _ line: String) {
        self.status = status
        self.reason = reason
        self.line = line
    }
}

extension WireResponder {
    /// What the JSON interface is, for a machine to read (OpenAPI 3.1).
    private static var description: Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json))
        )
    }

    /// Everything that is decided before the body is read.
    private func admit(
        _ request: Request,
        _ peer: WireConnection.Peer
    ) throws(WireRefused) -> (WireEntrance, PeerIdentity) {
        let shown = peer.fingerprint.map { " (certificate with SHA-256 \($0))" } ?? ""
        let certificate: PeerCertificate
        do throws(PeerRefusal) { certificate = try peer.certificate.get() } catch {
            throw WireRefused(.forbidden, "certificate", error.reason + shown)
        }
        guard certificate.end > settings.now() else {
            throw WireRefused(.forbidden, "certificate", "the certificate has expired" + shown)
        }
        let identity = certificate.identity
        guard let entrance = WireEntrance.at(request.uri.path, offersJSON: settings.json != nil),
            entrance.operations.contains(where: services.serves)
        else { throw WireRefused(.notFound, "path", "there is no such service here") }
        guard request.method.rawValue == entrance.method else {
            var refused = WireRefused(.methodNotAllowed, "method", "send the request with \(entrance.method)")
            refused.allow = entrance.method
            throw refused
        }
        guard entrance.operations.contains(where: { settings.gate.mayCall($0, identity) }) else {
            let what = entrance.operation?.rawValue ?? "any operation here"
            throw WireRefused(.forbidden, "not_granted", "\(identity.uri) may not call \(what)\(shown)")
        }
        if !entrance.contentTypes.isEmpty { try check(request, entrance.contentTypes) }
        guard announced(request) <= settings.limits.bodyOctets else { throw tooLong }
        return (entrance, identity)
    }

    private func check(_ request: Request, _ types: Set<String>) throws(WireRefused) {
        let type = request.headers[.contentType] ?? ""
        guard types.contains(type.prefix { $0 != ";" && $0 != " " }.lowercased()) else {
            let line = "send " + types.sorted().joined(separator: " or ")
            throw WireRefused(.unsupportedMediaType, "content_type", line)
        }
        // Some clients name their character set here; a compressed body is not taken.
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard encoding == "identity" || encoding == "utf-8" else {
            throw WireRefused(.unsupportedMediaType, "content_encoding", "send the body without a content encoding")
        }
    }

    /// The whole body; one that comes too slowly has its connection closed.
    private func body(of request: Request, _ channel: any Channel) async throws(WireRefused) -> [UInt8] {
        let tally = tally
        let clock = channel.eventLoop.scheduleTask(in: TimeAmount(settings.limits.bodyTime)) {
            tally.count("wire_refused", [("reason", "slow_body")])
            channel.close(promise: nil)
        }
        defer { clock.cancel() }
        do {
            return Array(try await request.body.collect(upTo: settings.limits.bodyOctets).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLong
        } catch {
            throw WireRefused(.badRequest, "broken_body", "the body did not come to its end")
        }
    }

    private var tooLong: WireRefused {
        WireRefused(.contentTooLarge, "too_long", "a request has at most \(settings.limits.bodyOctets) octets")
    }

    private func announced(_ request: Request) -> Int {
        request.headers[.contentLength].flatMap { Int($0) } ?? 0
    }

    private func note(_ refused: WireRefused, _ peer: WireConnection.Peer) {
        var metadata: Logger.Metadata = ["reason": "\(refused.reason, as: .open)"]
        if case .success(let certificate) = peer.certificate {
            metadata["peer"] = "\(certificate.identity, as: settings.peerAsset)"
        }
        if let fingerprint = peer.fingerprint { metadata["certificate"] = "\(fingerprint, as: settings.peerAsset)" }
        logger.notice("request refused", metadata: metadata)
    }

    /// Answers with one line.
    ///
    /// What is left of the body is read on only when it is known to be short; otherwise the connection is closed,
    /// after a moment in which the answer can be read.
    private func refuse(
        _ request: Request,
        _ channel: any Channel,
        _ status: HTTPResponse.Status,
        _ reason: String,
        _ line: String
    ) -> Response {
        tally.count("wire_refused", [("reason", reason)])
        var response = Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: line + "\n"))
        )
        let isShort = request.headers[.transferEncoding] == nil && announced(request) <= settings.limits.bodyOctets
        if !isShort {
            response.headers[.connection] = "close"
            channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
        }
        return response
    }
}

/// How many requests are under way.
final class RunningRequests: Sendable {
    private let count = Atomic<Int>(0)

    func begin(most: Int) -> Bool {
        let running = count.add(1, ordering: .relaxed).newValue
        guard running > most else { return true }
        end()
        return false
    }

    func end() { count.subtract(1, ordering: .relaxed) }
}
