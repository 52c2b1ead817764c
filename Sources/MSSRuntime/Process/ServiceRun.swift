public import Logging
import MSSCore
public import ServiceLifecycle
import UnixSignals

/// Runs the parts of a process together until it is told to stop.
public enum ServiceRun {
    /// How long the parts have to end in order after SIGTERM or SIGINT.
    public static let stopLimit: Duration = .seconds(20)
    /// What a part gets to end once it was cancelled.
    private static let cancellationMargin: Duration = .seconds(3)

    /// Runs `services` until SIGTERM or SIGINT, or until one of them ends.
    ///
    /// They are stopped in reverse order, so what others need comes first in the list. After 20 s what still runs is
    /// cancelled; 3 s later, or at a second signal, the process ends with exit code 70. The service manager is told
    /// `READY=1` when every listener of `started` is up, and `STOPPING=1` at the first signal.
    /// - Throws: What a part threw, or that it ended without being asked.
    public static func run(
        _ services: [any Service],
        started: StartSignal,
        logger: Logger,
        onReady: @escaping @Sendable () async throws -> Void = {}
    ) async throws {
        let watchdog = StopWatchdog(limit: stopLimit + cancellationMargin) { reason in
            let program = CommandLine.arguments.first?.split(separator: "/").last ?? "service"
            ServiceMain.end("\(program)", reason, ServiceMain.ExitCode.failure)
        }
        defer { withExtendedLifetime(watchdog) {} }
        let notice = ReadinessNotice(started: started, logger: logger, onReady: onReady)
        var configuration = ServiceGroupConfiguration(
            services: (services + [notice]).map { service in
                .init(
                    service: service,
                    successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup,
                    serviceName: "\(type(of: service))"
                )
            },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = stopLimit
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Tells log and service manager when the process is ready and when it stops.
private struct ReadinessNotice: Service {
    let started: StartSignal
    let logger: Logger
    let onReady: @Sendable () async throws -> Void

    func run() async throws {
        let manager = ServiceManagerNotice.ofEnvironment()
        if await started.wait() {
            try await onReady()
            logger.notice("ready")
            tell(manager, "READY=1")
        }
        try? await gracefulShutdown()
        logger.notice("stopping")
        tell(manager, "STOPPING=1")
    }

    private func tell(_ manager: ServiceManagerNotice?, _ state: String) {
        do throws(SystemCause) {
            try manager?.send(state)
        } catch {
            logger.warning("the service manager was not reached", metadata: ["cause": "\(error, as: .open)"])
        }
    }
}
