import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import MSSRuntime

@Suite("A process of services")
struct ServiceRunTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct Part: Service {
        let body: @Sendable () async throws -> Void
        func run() async throws { try await body() }
    }

    private struct Broken: Error {}

    @Test("it is ready when each listener is up, and not before")
    func ready() async throws {
        let started = StartSignal(awaiting: 2)
        let (readiness, ready) = AsyncStream<Void>.makeStream()
        let count = Mutex(0)
        let part = Part {
            count.withLock { $0 += 1 }
            started.listening()
            try await gracefulShutdown()
        }
        let end = Part {
            for await _ in readiness { return }
        }
        try? await ServiceRun.run([part, part, end], started: started, logger: logger) {
            #expect(count.withLock { $0 } == 2)
            ready.yield()
        }
        #expect(count.withLock { $0 } == 2)
    }

    @Test("a part that fails ends the others in order, and its error is the end's")
    func failure() async throws {
        let hasStopped = Mutex(false)
        let other = Part {
            try await gracefulShutdown()
            hasStopped.withLock { $0 = true }
        }
        let broken = Part { throw Broken() }
        await #expect(throws: Broken.self) {
            try await ServiceRun.run([other, broken], started: StartSignal(awaiting: 1), logger: logger)
        }
        #expect(hasStopped.withLock { $0 })
    }

    @Test("the service manager is told by a path and by an abstract name", arguments: [false, true])
    func notice(isAbstract: Bool) throws {
        let folder = try TemporaryFolder()
        let name = isAbstract ? "@mssruntime\(getpid())" : "\(folder.path)/notify"
        let receiver = try Receiver(name)
        try ServiceManagerNotice(socketPath: name).send("READY=1")
        #expect(receiver.next() == "READY=1")
    }

    @Test("a service manager that is not there is a cause, not a trap")
    func nobody() throws {
        let folder = try TemporaryFolder()
        for path in ["\(folder.path)/none", "", String(repeating: "x", count: 200), "@"] {
            #expect(throws: SystemCause.self) { try ServiceManagerNotice(socketPath: path).send("READY=1") }
        }
    }
}

/// A service manager's end of the socket.
private final class Receiver {
    private let descriptor: Int32

    init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var octets = Array(name.utf8)
        if octets.first == UInt8(ascii: "@") { octets[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: octets) }
        let length = socklen_t(2 + octets.count)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        try #require(isBound)
    }

    deinit {
        close(descriptor)
    }

    func next() -> String {
        var octets = [UInt8](repeating: 0, count: 100)
        let count = recv(descriptor, &octets, octets.count, 0)
        return String(decoding: octets.prefix(max(0, count)), as: UTF8.self)
    }
}
