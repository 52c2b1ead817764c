import AsyncHTTPClient
public import Logging
public import MSSCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Kept-alive mutual TLS to one other service, known by the one URI in its certificate.
public final class MeshConnection: Sendable {
    /// What is kept back of the remaining time at each hop, for the way back.
    private static let margin: Duration = .milliseconds(50)
    private static let longestAnswer = 262_144

    private let http: HTTPClient
    private let url: String
    private let tally: any Tally
    private let logger: Logger

    /// Makes the connection's pool; nothing is connected before the first call.
    ///
    /// - Parameters:
    ///   - url: Scheme, host and port.
    ///   - server: Who must be there.
    ///   - material: Who we are, and the roots under which the server must stand.
    ///   - tally: Counts calls and failures.
    ///   - logger: Is told of failures.
    public init(to url: String, server: PeerIdentity, material: TLSMaterial, tally: any Tally, logger: Logger) {
        self.url = url
        self.tally = tally
        self.logger = logger
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: TLSProfile.mesh.client(material),
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(3)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // Shorter than the server's: a connection is not used when the other side may just be closing it.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2_000
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
                guard let certificate, try PeerCertificate(certificate, for: .server).identity == server else {
                    throw PeerRefusal(reason: "the server is not \(server.uri)")
                }
            }
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes what is open.
    public func shutdown() async {
        try? await http.shutdown()
    }

    /// An answer's message, and the SIM side's part of the time.
    struct Answer {
        var message: XMLElement
        var document: XMLDocument
        var simTime: Duration?
    }

    /// Sends a request once.
    ///
    /// - Throws: The fault that the other service answered; 780 if the request certainly did not reach it; 208 when the
    ///   call's time is over; 900 if nobody knows what became of it.
    func send(
        _ operation: WireOperation,
        _ call: Call,
        _ encode: (MeshContext) -> [UInt8]
    ) async throws(MSSFault) -> Answer {
        let remaining = call.deadline - .now - Self.margin
        guard remaining > .zero else { throw Self.expired }
        let mesh = MeshContext(origin: call.origin, remaining: remaining, trace: call.trace)
        var request = HTTPClientRequest(url: url + "/soap/services/" + operation.port)
        request.method = .POST
        request.headers = ["Content-Type": SOAPShape.plain.version.contentType]
        request.body = .bytes(ByteBuffer(bytes: encode(mesh)))
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await http.execute(request, deadline: .now() + TimeAmount(call.deadline - .now))
            body = try await response.body.collect(upTo: Self.longestAnswer)
        } catch {
            throw fault(for: error, call)
        }
        return try answer(operation, response, Array(body.readableBytesView), call)
    }

    private func answer(
        _ operation: WireOperation,
        _ response: HTTPClientResponse,
        _ body: [UInt8],
        _ call: Call
    ) throws(MSSFault) -> Answer {
        guard response.status == .ok || response.status == .internalServerError else {
            tally.count("mesh_calls_failed", [("reason", "http_\(response.status.code)")])
            throw MSSFault(.internalError, cause: "the next service answered HTTP \(response.status.code)")
        }
        let read: SOAPResponse
        do { read = try SOAPReader.response(body, to: operation) } catch {
            tally.count("mesh_calls_failed", [("reason", "unreadable_answer")])
            throw MSSFault(.internalError, cause: "the next service's answer cannot be read")
        }
        switch read {
        case .fault(let fault): throw fault
        case .message(let message, let document):
            return Answer(message: message, document: document, simTime: Self.simTime(response.headers))
        }
    }

    private func fault(for error: any Error, _ call: Call) -> MSSFault {
        let (fault, reason) = Self.classify(error)
        tally.count("mesh_calls_failed", [("reason", reason)])
        logger.warning(
            "call to the next service failed",
            metadata: ["reason": "\(reason, as: .open)", "trace": "\(call.trace, as: .open)"]
        )
        return fault
    }

    private static let expired = MSSFault(.expiredTransaction, "The request's time is over.", specifier: 2081)

    /// What is certain of a request that got no answer.
    private static func classify(_ error: any Error) -> (MSSFault, String) {
        if let error = error as? HTTPClientError {
            switch error {
            case .deadlineExceeded: return (expired, "deadline")
            case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .cancelled, .alreadyShutdown:
                return (unreachable, "unreachable")
            default: break
            }
        }
        if error is NIOConnectionError || error is NIOSSLError || error is PeerRefusal {
            return (unreachable, error is PeerRefusal ? "wrong_server" : "unreachable")
        }
        if let error = error as? IOError, error.errnoCode == 111 { return (unreachable, "unreachable") }
        return (
            MSSFault(
                .internalError,
                "It is not known whether the request was carried out: ask with MSS_StatusQuery, or send it again later.",
                cause: "the connection broke after the request was sent"
            ), "connection_broke"
        )
    }

    private static let unreachable = MSSFault(
        .unableToProvideServices,
        "The platform's next service cannot be reached; nothing was started. Try again later.",
        cause: "the home cannot be reached, or is not the one it must be"
    )

    private static func simTime(_ headers: HTTPHeaders) -> Duration? {
        guard let text = headers.first(name: "Server-Timing"), text.hasPrefix("sim;dur="),
            let milliseconds = Double(text.dropFirst(8)), (0...86_400_000).contains(milliseconds)
        else { return nil }
        return .microseconds(Int(milliseconds * 1000))
    }
}
