import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The Unix socket over which a running simulator is controlled: its owner's alone, mode 0600.
public final class ControlSocket: Sendable {
    /// Octets of a command.
    private static let longestLine = 1_000
    /// Connections at a time.
    private static let mostConnections = 8
    /// What `sun_path` holds.
    private static let longestPath = 107

    private let path: String
    private let control: Control
    private let connections = Mutex(0)

    public init(path: String, _ control: Control) {
        self.path = path
        self.control = control
    }

    /// Serves until it is cancelled, then takes the socket away; `listening` is told that it is there.
    ///
    /// - Throws: ``SimulationError`` if the path cannot be had; a socket that is left over is replaced.
    public func run(listening: @escaping @Sendable () -> Void = {}) async throws {
        guard path.utf8.count <= Self.longestPath else { throw SimulationError("\(path) is too long for a socket") }
        let server = try await bind()
        defer { unlink(path) }
        listening()
        do {
            try await server.executeThenClose { incoming in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in incoming {
                        group.addTask {
                            await self.serve(connection)
                            self.connections.withLock { $0 -= 1 }
                        }
                    }
                    group.cancelAll()
                }
            }
        } catch is CancellationError {}
    }

    private func bind() async throws(SimulationError)
        -> NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    {
        // The socket is made with the process's mask: nobody else may connect, not even for a moment.
        let mask = umask(0o177)
        defer { umask(mask) }
        do {
            let server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never> = try await ServerBootstrap(
                group: MultiThreadedEventLoopGroup.singleton
            )
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
            }
            guard chmod(path, 0o600) == 0 else { throw SimulationError("\(path) cannot be had") }
            return server
        } catch { throw SimulationError("\(path) cannot be had: does its folder exist?") }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let hasRoom = connections.withLock { connections in
            connections += 1
            return connections <= Self.mostConnections
        }
        try? await connection.executeThenClose { inbound, outbound in
            guard hasRoom else { return try await outbound.write(ByteBuffer(string: "error too many connections\n")) }
            var line: [UInt8] = []
            for try await buffer in inbound {
                for octet in buffer.readableBytesView {
                    guard octet == 0x0A else {
                        line.append(octet)
                        guard line.count <= Self.longestLine else {
                            return try await outbound.write(ByteBuffer(string: "error too long\n"))
                        }
                        continue
                    }
                    let answer = await self.control.answer(String(decoding: line, as: UTF8.self))
                    line = []
                    try await outbound.write(ByteBuffer(string: answer + "\n"))
                }
            }
        }
    }
}
