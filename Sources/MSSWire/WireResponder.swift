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
    private let admission: WireAdmission
    private let pages: WirePages
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
        self.connections = connections
        self.tally = tally
        self.logger = logger
        admission = WireAdmission(settings: settings, services: services)
        pages = WirePages(settings: settings, services: services, tally: tally, logger: logger)
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
            let caller = try admission.caller(peer)
            let identity = caller.identity
            guard connections.admits(channel, of: identity, most: settings.limits.connectionsOfCaller) else {
                throw .tooManyConnections(settings.limits.connectionsOfCaller)
            }
            if let page = try pages.whoAmI(request, caller, peer.fingerprint) { return ended(page, request, channel) }
            let path = try admission.path(of: request, peer, identity)
            if let page = try pages.openAPI(request, at: path, caller) { return ended(page, request, channel) }
            if let page = try pages.description(request, at: path, caller) { return ended(page, request, channel) }
            try admission.checkHead(of: request, at: path)
            let body = try await body(of: request, channel)
            let began = ContinuousClock.now
            let asking = WireCall.Caller(
                peer: identity,
                trace: TraceContext.request.flatMap { TraceContext.trace(request.headers[$0]) },
                connection: connection,
                channel: channel
            )
            if case .json(let operation) = path {
                return await calls.answer(json: body, operation, asking, since: began)
            }
            let read = Result { () throws(WireRefusal) in try SOAPReader.request(body, roams: settings.roaming != nil) }
            let operation = try admission.operation(read, at: path, peer, identity)
            let envelope = WireCall.Envelope(
                octets: body,
                context: Self.values(of: request, SignedMessages.name),
                route: Self.values(of: request, SignedMessages.routeName)
            )
            return await calls.answer(read, envelope, operation, asking, since: began)
        } catch {
            note(error, peer)
            var response = refuse(request, channel, error.status, error.reason, error.line)
            if let method = error.allow { response.headers[.allow] = method.rawValue }
            return error.endsConnection ? closing(response, channel) : response
        }
    }
}

extension WireResponder {
    /// Inside the mesh: the word on a call whose envelope is a provider's own.
    private static func values(of request: Request, _ name: HTTPFields.Element.Name?) -> [String] {
        name.map { request.headers[values: $0] } ?? []
    }

    /// The whole body; one that comes too slowly has its connection closed.
    private func body(of request: Request, _ channel: any Channel) async throws(WireRefused) -> [UInt8] {
        let tally = tally
        let clock = channel.eventLoop.scheduleTask(in: TimeAmount(settings.limits.bodyTime)) {
            tally.count("wire_refused", [("reason", "slow_body")])
            channel.close(promise: nil)
        }
        defer { clock.cancel() }
        channel.triggerUserOutboundEvent(BodyInvitation(), promise: nil)
        do {
            return Array(try await request.body.collect(upTo: settings.limits.bodyOctets).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw WireRefused.tooLong(settings.limits.bodyOctets)
        } catch {
            throw WireRefused(.badRequest, "broken_body", "the body did not come to its end")
        }
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
    private func refuse(
        _ request: Request,
        _ channel: any Channel,
        _ status: HTTPResponse.Status,
        _ reason: String,
        _ line: String
    ) -> Response {
        tally.count("wire_refused", [("reason", reason)])
        let response = Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: line + "\n"))
        )
        return ended(response, request, channel)
    }

    /// An answer to a request whose body was not read.
    ///
    /// What is left of it is read on only when it is known to be short; otherwise the connection is closed, after a
    /// moment in which the answer can be read.
    private func ended(_ response: Response, _ request: Request, _ channel: any Channel) -> Response {
        // A caller that waits to be asked for its body may not send it any more.
        let isShort =
            request.headers[.transferEncoding] == nil && request.headers[.expect] == nil
            && WireAdmission.announced(request) <= settings.limits.bodyOctets
        return isShort ? response : closing(response, channel)
    }

    private func closing(_ response: Response, _ channel: any Channel) -> Response {
        var response = response
        response.headers[.connection] = "close"
        channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
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
