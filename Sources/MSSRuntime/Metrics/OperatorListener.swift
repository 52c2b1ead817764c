import Hummingbird
import HummingbirdCore
public import Logging
public import MSSCore
import NIOCore
public import ServiceLifecycle

/// The operator's part of a configuration: `[operator]`; without it there is no listener.
public struct OperatorConfiguration: Decodable, Sendable {
    public var listen: ListenAddress
    /// Whether `listen` may be reached from other machines; there is neither TLS nor a check of who asks.
    public var beyondLoopback: Bool?

    private enum CodingKeys: String, CodingKey {
        case listen
        case beyondLoopback = "beyond_loopback"
    }

    public init(listen: ListenAddress, beyondLoopback: Bool? = nil) {
        self.listen = listen
        self.beyondLoopback = beyondLoopback
    }
}

/// Answers the operator's monitoring: `GET /metrics`, `/health` and `/ready`, and nothing else.
///
/// `/health` answers 200 as long as the process lives and its clock is not more than two seconds off another machine's. `/ready` asks each dependency and answers with a JSON object
/// of their names and whether they are there, in one word where there is one: 200 when all are, 503 otherwise.
public struct OperatorListener: Service {
    /// Asks a dependency; must end soon when it is cancelled.
    public typealias Question = @Sendable () async -> Bool

    private static let mostConnections = 16

    private let address: ListenAddress
    private let metrics: ServiceMetrics
    private let dependencies: [String: Question]
    private let watched: [String: Question]
    private let words: [String: String]
    private let clock: ClockOffset?
    private let patience: Duration
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - configuration: Where to listen.
    ///   - metrics: What `/metrics` shows.
    ///   - dependencies: Asked by `/ready`; their names are constants of the code.
    ///   - watched: Shown by `/ready` too, and without a say in whether the service is ready.
    ///   - words: What `/ready` says instead of `false` of a dependency that is not there.
    ///   - clock: How far this clock is from that of the machine behind it.
    ///   - patience: How long a dependency may take to answer.
    ///   - logger: Of the listener.
    ///   - onListening: Called with the port when connections are taken.
    /// - Throws: When the address is not a loopback one and the configuration does not allow that.
    public init(
        _ configuration: OperatorConfiguration,
        metrics: ServiceMetrics,
        dependencies: [String: Question] = [:],
        watched: [String: Question] = [:],
        words: [String: String] = [:],
        clock: ClockOffset? = nil,
        patience: Duration = .seconds(2),
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws(StartError) {
        guard configuration.listen.isLoopback || configuration.beyondLoopback == true else {
            throw StartError(
                "operator.listen: \(configuration.listen) is not a loopback address; "
                    + "set operator.beyond_loopback = true if other machines may read the metrics"
            )
        }
        address = configuration.listen
        self.metrics = metrics
        self.dependencies = dependencies
        self.watched = watched
        self.words = words
        self.clock = clock
        self.patience = patience
        if let clock { metrics.gauge("clock_offset_seconds") { clock.seconds ?? 0 } }
        self.logger = logger
        self.onListening = onListening
    }

    public func run() async throws {
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in await answer(request) },
            server: .http1(configuration: .init(idleTimeout: .seconds(30))),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)
            ),
            onServerRunning: { channel in
                await onListening(channel.localAddress?.port ?? address.port)
            },
            logger: logger
        )
        do {
            try await application.run()
        } catch let error as IOError {
            throw StartError("operator.listen: \(address): \(SystemCause(code: error.errnoCode))")
        } catch is SocketAddressError {
            throw StartError("operator.listen: \(address): the host is not known")
        }
    }

    private func answer(_ request: Request) async -> Response {
        // Without a body: the answer to HEAD may have none.
        guard request.method == .get else { return Response(status: .notFound) }
        switch request.uri.path {
        case "/metrics": return Self.response(.ok, MetricsText.contentType, metrics.text())
        case "/health": return health()
        case "/ready": return await ready()
        default: return Self.response(.notFound, "text/plain", "not found\n")
        }
    }

    private func health() -> Response {
        guard let clock, !clock.isSound, let seconds = clock.seconds else {
            return Self.response(.ok, "text/plain", "alive\n")
        }
        let offset = Int(abs(seconds).rounded())
        let word = seconds < 0 ? "behind" : "ahead"
        return Self.response(
            .serviceUnavailable,
            "text/plain",
            "the clock of the machine behind this service is \(offset) s \(word): one of the two wants its NTP mended\n"
        )
    }

    private func ready() async -> Response {
        let states = await withTaskGroup { group in
            for (name, question) in dependencies.merging(watched, uniquingKeysWith: { first, _ in first }) {
                group.addTask { (name, await ask(question)) }
            }
            var states: [(name: String, isThere: Bool)] = []
            for await state in group { states.append(state) }
            return states.sorted { $0.name < $1.name }
        }
        let members = states.map { state in
            let word = state.isThere ? nil : words[state.name]
            return "\"\(state.name)\":" + (word.map { "\"\($0)\"" } ?? "\(state.isThere)")
        }
        let isReady = states.allSatisfy { $0.isThere || dependencies[$0.name] == nil }
        let status: HTTPResponse.Status = isReady ? .ok : .serviceUnavailable
        return Self.response(status, "application/json", "{\(members.joined(separator: ","))}\n")
    }

    private func ask(_ question: @escaping Question) async -> Bool {
        await withTaskGroup { group in
            group.addTask { await question() }
            group.addTask { [patience] in
                try? await Task.sleep(for: patience)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
