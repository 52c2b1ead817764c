import AsyncHTTPClient
import Foundation
public import Logging
public import MSSCore
import NIOCore
import NIOHTTP1
import NIOSSL

import struct Foundation.Date

/// Kept-alive mutual TLS to one other service, known by the one URI in its certificate.
///
/// The service may run several times, at an address each: calls take turns, and go on to the next address where one
/// certainly did not carry them out.
public final class MeshConnection: Sendable {
    /// What is kept back of the remaining time at each hop, for the way back.
    private static let margin: Duration = .milliseconds(50)
    /// Octets of an answer: a directory names every provider, many notifications come at once, anything else is of one
    /// person.
    private static func longestAnswer(to operation: WireOperation) -> Int {
        [.directory, .notifications].contains(operation) ? XMLLimits.answer.octets : 262_144
    }

    /// The other service's clock.
    public let clock = ClockOffset()

    private let http: HTTPClient
    private let addresses: MeshAddresses
    private let tls: PerCredential<TLSConfiguration>
    private let tally: any Tally
    private let logger: Logger
    /// What goes with each message of a provider, to a home that wants to be told of routes.
    private let roaming: RoamingSender?
    /// Who says so when the service cannot be reached, where there are several ways.
    private let role: MeshRole?

    /// Makes the connection's pool; nothing is connected before the first call.
    ///
    /// - Parameters:
    ///   - url: Scheme, host and port.
    ///   - others: Where the same service runs as well.
    ///   - server: Who must be there.
    ///   - credential: Who we are, and the roots under which the server must stand; new connections take the current.
    ///   - tally: Counts calls and failures.
    ///   - logger: Is told of failures.
    ///   - roaming: Who we are to a home that wants to be told of routes.
    ///   - role: What we are to whom we say that the service cannot be reached; nothing is said of it without.
    ///   - connectTime: How long a new connection may take, its handshake included.
    public init(
        to url: String,
        or others: [String] = [],
        server: PeerIdentity,
        credential: TLSCredential,
        tally: any Tally,
        logger: Logger,
        roaming: RoamingSender? = nil,
        role: MeshRole? = nil,
        connectTime: Duration = .seconds(3)
    ) {
        self.roaming = roaming
        self.role = role
        addresses = MeshAddresses([url] + others)
        self.tally = tally
        self.logger = logger
        tls = PerCredential(credential) { TLSProfile.mesh.client($0) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls.value,
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(connectTime)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // Shorter than the server's: a connection is not used when the other side may just be closing it.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2_000
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { Self.check($0, is: server) }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes what is open; must be called before the last reference goes.
    public func shutdown() async {
        try? await http.shutdown()
    }

    /// Runs on each new connection before a request is sent on it: another server gets none.
    private static func check(_ channel: any Channel, is server: PeerIdentity) -> EventLoopFuture<Void> {
        channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            guard let certificate, try PeerCertificate(certificate, for: .server).identity == server else {
                throw PeerRefusal(reason: "the server is not \(server.uri)")
            }
        }.flatMapErrorThrowing { error in
            // The pool forgets a connection that fails here without closing it.
            channel.eventLoop.execute { channel.close(promise: nil) }
            throw error
        }
    }
}

extension MeshConnection {
    /// Sends a request and reads its answer.
    ///
    /// - Parameters:
    ///   - operation: Which of the other service's operations is called.
    ///   - call: Its deadline ends the wait.
    ///   - mayRepeat: Whether the request changes nothing, so that it may be sent once more on another connection when
    ///     the first one breaks. Without it a request is sent at most once.
    ///   - encode: Writes the request.
    ///   - decode: Reads the answer's message.
    /// - Returns: The answer, and the SIM side's part of the time where the other service tells it.
    /// - Throws: The fault that the other service answered; 780 if the request certainly was not carried out; 208 when
    ///   the call's time is over; 900 if nobody knows what became of it.
    func send<Response>(
        _ operation: WireOperation,
        _ call: Call,
        mayRepeat: Bool = false,
        encode: (MeshContext) -> [UInt8],
        decode: (XMLElement) throws(MSSFault) -> Response
    ) async throws(MSSFault) -> (response: Response, simTime: Duration?) {
        try await reach(operation, call, mayRepeat) { context in
            Parcel(octets: encode(context))
        } read: {
            (answer) throws(MeshFailure) in
            (try decoded(answer, operation, call, decode), answer.simTime)
        }
    }

    /// Passes a provider's signed message on as it is, once.
    ///
    /// - Returns: What the other service answered, as it is.
    /// - Throws: As ``send(_:_:mayRepeat:encode:decode:)``.
    func pass(
        _ message: SignedMessage,
        _ operation: WireOperation,
        _ call: Call
    ) async throws(MSSFault) -> SignedAnswer {
        try await reach(operation, call, false) { context in
            Parcel(
                octets: message.envelope,
                type: message.contentType,
                context: SignedMessages.value(context),
                route: context.roaming.map { SignedMessages.value($0) }
            )
        } read: { (answer) throws(MeshFailure) in
            if !answer.isFault { look(at: answer.route.flatMap { try? SignedMessages.route($0) }, operation, call) }
            guard answer.isFault else { return SignedAnswer(envelope: answer.octets, simTime: answer.simTime) }
            guard case .fault(let fault)? = try? SOAPReader.response(answer.octets, to: operation) else {
                throw MeshFailure(.unreadableAnswer)
            }
            throw MeshFailure(answered: fault)
        }
    }

    /// What is sent.
    private struct Parcel {
        var octets: [UInt8]
        var type = SOAPShape.plain.version.contentType
        /// The mesh's word on the call, where it does not stand in the octets.
        var context: String?
        /// The message's route, likewise.
        var route: String?
    }

    /// Sends to one address after the other, until one has had the request.
    private func reach<Value>(
        _ operation: WireOperation,
        _ call: Call,
        _ mayRepeat: Bool,
        parcel: (MeshContext) -> Parcel,
        read: (Answer) throws(MeshFailure) -> Value
    ) async throws(MSSFault) -> Value {
        var left = addresses.order()[...]
        var mayRepeat = mayRepeat
        while true {
            let url = left.removeFirst()
            do throws(MeshFailure) {
                let answer = try await exchange(url, operation, call, parcel)
                addresses.note(url, isReached: true)
                return try read(answer)
            } catch {
                let error = placed(error, call)
                note(error, call)
                addresses.note(url, isReached: !error.isUnreached)
                if error.mayGoElsewhere {
                    guard !left.isEmpty else { throw error.fault }
                } else {
                    guard mayRepeat, error.reason == .connectionBroke else { throw error.fault }
                    mayRepeat = false
                    // The same one last: it may only have closed an old connection.
                    left.append(url)
                }
            }
        }
    }

    /// What came back, as far as HTTP goes.
    private struct Answer {
        var octets: [UInt8]
        var isFault: Bool
        /// Of a signed message, as its field has it.
        var route: String?
        var simTime: Duration?
    }

    private func exchange(
        _ url: String,
        _ operation: WireOperation,
        _ call: Call,
        _ parcel: (MeshContext) -> Parcel
    ) async throws(MeshFailure) -> Answer {
        let remaining = call.deadline - .now
        guard remaining > Self.margin else { throw MeshFailure(.deadline) }
        let mesh = MeshContext(
            origin: call.origin,
            certificate: call.certificate,
            remaining: remaining - Self.margin,
            trace: call.trace,
            roaming: operation.roams
                ? roaming?.header(remaining: remaining - Self.margin, call.trace, at: Date()) : nil
        )
        var request = HTTPClientRequest(url: url + "/soap/services/" + operation.port)
        request.method = .POST
        let parcel = parcel(mesh)
        request.headers = ["Content-Type": parcel.type, "traceparent": TraceContext.text(call.trace)]
        if let context = parcel.context { request.headers.add(name: SignedMessages.field, value: context) }
        if let route = parcel.route { request.headers.add(name: SignedMessages.routeField, value: route) }
        request.body = .bytes(ByteBuffer(bytes: parcel.octets))
        // The pool's own, until there is another.
        request.tlsConfiguration = tls.exchanged
        do {
            let asked = Date()
            let response = try await http.execute(request, deadline: .now() + TimeAmount(remaining))
            if let date = response.headers.first(name: "Date").flatMap({ HTTPDate.read($0) }) {
                clock.note(date, resolution: 1, asked: asked, answered: Date())
            }
            let body = try await response.body.collect(upTo: Self.longestAnswer(to: operation))
            guard response.status == .ok || response.status == .internalServerError else {
                throw MeshFailure(status: response.status.code)
            }
            return Answer(
                octets: Array(body.readableBytesView),
                isFault: response.status == .internalServerError,
                route: response.headers.first(name: SignedMessages.routeField),
                simTime: response.headers.first(name: "Server-Timing").flatMap { ServerTiming.duration($0) }
            )
        } catch {
            throw MeshFailure(error)
        }
    }

    /// A fault that the other service found goes on as it is; an answer that cannot be read is nobody's fault but ours.
    private func decoded<Response>(
        _ answer: Answer,
        _ operation: WireOperation,
        _ call: Call,
        _ decode: (XMLElement) throws(MSSFault) -> Response
    ) throws(MeshFailure) -> Response {
        let read: SOAPResponse
        var route: RoamingHeader?
        do { read = try SOAPReader.response(answer.octets, to: operation) { route = $0 } } catch {
            throw MeshFailure(.unreadableAnswer)
        }
        switch read {
        case .fault(let fault): throw MeshFailure(answered: fault)
        case .message(let message, let document):
            look(at: route, operation, call)
            // The message is part of the document's tree.
            defer { withExtendedLifetime(document) {} }
            do { return try decode(message) } catch { throw MeshFailure(.unreadableAnswer) }
        }
    }

    /// Tells of an answer that does not bring its route to who wants it.
    private func look(at route: RoamingHeader?, _ operation: WireOperation, _ call: Call) {
        guard let roaming, operation.roams, !(route.map { roaming.isAnswered(by: $0, call.trace) } ?? false) else {
            return
        }
        // The answer is the home's all the same: its certificate says so.
        tally.count("mesh_answers_unrouted")
        logger.warning(
            "an answer does not tell its route as it should",
            metadata: ["trace": "\(call.trace, as: .open)"]
        )
    }

    /// A failure as it goes on: with who says so, and without what no provider could act on.
    private func placed(_ failure: MeshFailure, _ call: Call) -> MeshFailure {
        if failure.isOfRoute(isTold: roaming != nil) {
            tally.count("mesh_routes_refused", [("fault", String(failure.fault.code.rawValue))])
            logger.error(
                "the home refuses the way that requests come to it",
                metadata: [
                    "fault": "\(failure.fault.code.rawValue, as: .open)",
                    "detail": "\(failure.fault.detail ?? "", as: .system)", "trace": "\(call.trace, as: .open)",
                ]
            )
        }
        return failure.placed(at: role, isTold: roaming != nil)
    }

    private func note(_ failure: MeshFailure, _ call: Call) {
        guard failure.reason != .answered else { return }
        let reason = failure.reason.rawValue
        tally.count("mesh_calls_failed", [("reason", reason)])
        logger.warning(
            "call to the next service failed",
            metadata: [
                "reason": "\(reason, as: .open)", "cause": "\(failure.fault.cause ?? "", as: .system)",
                "trace": "\(call.trace, as: .open)",
            ]
        )
    }
}
