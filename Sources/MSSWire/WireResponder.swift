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

/// The way of a request as far as SOAP goes: who, which operation, how much; then the service.
struct WireResponder: HTTPResponder {
    private let settings: MeshServer.Settings
    private let services: WireServices
    private let tally: any Tally
    private let logger: Logger
    private let peers = ConnectedPeers()
    private let running = RunningRequests()

    init(settings: MeshServer.Settings, services: WireServices, tally: any Tally, logger: Logger) {
        self.settings = settings
        self.services = services
        self.tally = tally
        self.logger = logger
    }

    func respond(to request: Request, context: WireContext) async throws -> Response {
        guard running.begin(most: settings.limits.requests) else {
            return refusal(.serviceUnavailable, "too many requests are running; try again", "busy")
        }
        defer { running.end() }
        guard case .known(let peer) = await peers.peer(of: context.channel) else {
            return await refusal(of: context.channel)
        }
        guard let operation = Self.operations[request.uri.path], services.serves(operation) else {
            return refusal(.notFound, "there is no such service here", "path")
        }
        guard request.method == .post else {
            var response = refusal(.methodNotAllowed, "send the envelope with POST", "method")
            response.headers[.allow] = "POST"
            return response
        }
        guard settings.gate.mayCall(operation, peer) else {
            logger.notice("caller refused", metadata: ["peer": "\(peer, as: .system)"])
            return refusal(.forbidden, "\(peer.uri) may not call \(operation.rawValue)", "not_granted")
        }
        if let refusal = contentRefusal(request) { return refusal }
        guard let body = await self.body(of: request, context.channel) else {
            return refusal(.contentTooLarge, "a request has at most \(settings.limits.bodyOctets) octets", "too_long")
        }
        return await answer(body, operation, peer)
    }
}

extension WireResponder {
    private static let operations = Dictionary(
        uniqueKeysWithValues: WireOperation.allCases.map { ("/soap/services/" + $0.port, $0) }
    )
    private static let contentTypes = ["application/soap+xml", "text/xml", "application/xml"]

    private func refusal(of channel: any Channel) async -> Response {
        guard case .refused(let reason) = await peers.peer(of: channel) else {
            return refusal(.forbidden, "the client certificate is refused", "certificate")
        }
        return refusal(.forbidden, reason, "certificate")
    }

    private func contentRefusal(_ request: Request) -> Response? {
        let type = request.headers[.contentType].map { value in
            value.prefix { $0 != ";" }.lowercased().trimmingSuffix(" ")
        }
        guard let type, Self.contentTypes.contains(type) else {
            return refusal(.unsupportedMediaType, "send application/soap+xml or text/xml", "content_type")
        }
        // Some clients name their character set here; a compressed body is not taken.
        if let encoding = request.headers[.contentEncoding], encoding.uppercased() != "UTF-8", encoding != "identity" {
            return refusal(.unsupportedMediaType, "send the envelope without a content encoding", "content_encoding")
        }
        return nil
    }

    /// The whole body, or `nil` when it is too long.
    ///
    /// One that comes too slowly has its connection closed.
    private func body(of request: Request, _ channel: any Channel) async -> [UInt8]? {
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= settings.limits.bodyOctets else {
            Self.closeSoon(channel)
            return nil
        }
        let clock = channel.eventLoop.scheduleTask(in: .init(settings.limits.bodyTime)) { channel.close(promise: nil) }
        defer { clock.cancel() }
        do {
            let buffer = try await request.body.collect(upTo: settings.limits.bodyOctets)
            return Array(buffer.readableBytesView)
        } catch {
            Self.closeSoon(channel)
            return nil
        }
    }

    /// Leaves the answer time to be read, but does not read on what nobody wants.
    private static func closeSoon(_ channel: any Channel) {
        channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
    }

    private func answer(_ body: [UInt8], _ operation: WireOperation, _ peer: PeerIdentity) async -> Response {
        let began = ContinuousClock.now
        var trace = TraceID.random()
        var shape = SOAPShape.plain
        var result: Result<WireServices.Answer, MSSFault>
        var isMustUnderstand = false
        do throws(WireRefusal) {
            let request = try SOAPReader.request(body)
            shape = request.shape
            let call = call(request, peer, trace)
            trace = call.trace
            do throws(MSSFault) {
                guard request.operation == operation else {
                    throw MSSFault(.wrongParam, "\(operation.port) takes \(operation.rawValue) alone.")
                }
                result = .success(try await services.answer(request, call))
            } catch { result = .failure(error) }
        } catch {
            shape = error.shape
            isMustUnderstand = error.isMustUnderstand
            result = .failure(error.fault)
        }
        note(result, operation, peer, trace, ContinuousClock.now - began)
        switch result {
        case .success(let answer): return success(answer, shape)
        case .failure(let fault):
            let inMesh = settings.profile == .mesh
            let octets = FaultCodec.encode(fault, shape, inMesh: inMesh, isMustUnderstand: isMustUnderstand)
            return response(.internalServerError, octets, shape.version.contentType)
        }
    }

    /// Inside the mesh the caller's word on origin, time and trace counts; at the edge it is not looked at.
    private func call(_ request: SOAPRequest, _ peer: PeerIdentity, _ trace: TraceID) -> Call {
        let longest = settings.limits.callTime
        guard settings.profile == .mesh, let mesh = request.mesh else {
            return Call(peer: peer, deadline: .now + longest, trace: trace)
        }
        return Call(
            peer: peer,
            origin: mesh.origin,
            deadline: .now + min(mesh.remaining, longest),
            trace: mesh.trace
        )
    }

    private func note(
        _ result: Result<WireServices.Answer, MSSFault>,
        _ operation: WireOperation,
        _ peer: PeerIdentity,
        _ trace: TraceID,
        _ time: Duration
    ) {
        var outcome = "ok"
        var cause: String?
        if case .failure(let fault) = result {
            outcome = String(fault.code.rawValue)
            cause = fault.cause
        }
        let labels = [("operation", operation.rawValue), ("outcome", outcome)]
        tally.count("wire_requests", labels)
        tally.measure("wire_request", time, [("operation", operation.rawValue)])
        var metadata: Logger.Metadata = [
            "operation": "\(operation.rawValue, as: .open)", "outcome": "\(outcome, as: .open)",
            "peer": "\(peer, as: .applicationProvider)", "trace": "\(trace, as: .open)",
            "microseconds": "\(Int(time / .microseconds(1)), as: .open)",
        ]
        if let cause { metadata["cause"] = "\(cause, as: .system)" }
        logger.info("request answered", metadata: metadata)
    }

    private func success(_ answer: WireServices.Answer, _ shape: SOAPShape) -> Response {
        var response = response(.ok, answer.octets, shape.version.contentType)
        if settings.exposesTiming, let time = answer.simTime, let name = HTTPFields.Element.Name("Server-Timing") {
            let microseconds = Int(time / .microseconds(1))
            response.headers[name] = "sim;dur=\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())"
        }
        return response
    }

    private func refusal(_ status: HTTPResponse.Status, _ line: String, _ reason: String) -> Response {
        tally.count("wire_refused", [("reason", reason)])
        return response(status, Array((line + "\n").utf8), "text/plain; charset=utf-8")
    }

    private func response(_ status: HTTPResponse.Status, _ octets: [UInt8], _ type: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets))
        )
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
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
