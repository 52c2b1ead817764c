import MSSWire
import ServiceLifecycle

/// Listens once a session with a message centre stands: a home that has just started would refuse its first requests.
///
/// One that finds no message centre listens all the same, after a moment: status queries need none.
struct ListeningWhenBound: Service {
    private static let patience: Duration = .seconds(3)

    let server: MeshServer
    let isBound: @Sendable () -> Bool

    func run() async throws {
        let last = ContinuousClock.now + Self.patience
        while !isBound(), .now < last, !Task.isShuttingDownGracefully {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await server.run()
    }
}
