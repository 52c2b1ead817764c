import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
import Glibc
#endif

/// The running CA: its HTTP face and its clock.
struct Authority {
    private let arguments: Arguments
    private let responder: CMPResponder
    private let logger: Logger

    /// Reads and opens everything; listens to nobody yet.
    init(_ arguments: Arguments) throws(AuthorityError) {
        self.arguments = arguments
        var logger = Logger(label: "DevelopmentCA") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        self.logger = logger
        responder = try CMPResponder(arguments, logger: logger)
    }

    /// Runs until SIGTERM or SIGINT.
    func run() async throws {
        try await responder.writeRevocationList()
        var configuration = ServiceGroupConfiguration(
            services: [application(), RevocationClock(responder: responder)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .milliseconds(300)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw AuthorityError("cannot listen on \(arguments.host):\(arguments.port): \(error)")
        }
    }

    private func application() -> some Service {
        let host = arguments.host
        return Application(
            router: routes(),
            server: .http1(configuration: .init(idleTimeout: .seconds(30))),
            configuration: .init(
                address: .hostname(host, port: arguments.port),
                availableConnectionsDelegate: .maximum(128, logger: logger)
            ),
            onServerRunning: { channel in
                // Whoever started the CA waits for this line; with port 0 it tells the port.
                let port = channel.localAddress?.port ?? 0
                Main.say("DevelopmentCA listens on http://\(host):\(port)/cmp", to: STDOUT_FILENO)
            },
            logger: quiet
        )
    }

    /// CMP over HTTP (RFC 6712 §3): one path, one content type.
    private func routes() -> Router<BasicRequestContext> {
        let router = Router()
        router.post("cmp") { [responder] request, _ in
            guard request.headers[.contentType] == "application/pkixcmp" else {
                return Response(status: .unsupportedMediaType)
            }
            let message = try await Self.body(of: request)
            guard let answer = await responder.answer(message) else { return Response(status: .badRequest) }
            return Response(
                status: .ok,
                headers: [.contentType: "application/pkixcmp"],
                body: .init(byteBuffer: ByteBuffer(bytes: answer))
            )
        }
        return router
    }

    /// The whole body, if it comes within ten seconds.
    private static func body(of request: Request) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { Array(try await request.body.collect(upTo: CMPResponder.largestMessage).readableBytesView) }
            group.addTask {
                try await Task.sleep(for: .seconds(10))
                throw HTTPError(.requestTimeout)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    /// For the server below, which says more than anyone wants to know.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .error
        return quiet
    }
}

/// Writes the revocation list every hour; it is valid for a day.
private struct RevocationClock: Service {
    let responder: CMPResponder

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(3_600))) != nil {
                await responder.refreshRevocationList()
            }
        }
    }
}
