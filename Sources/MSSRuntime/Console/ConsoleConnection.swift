import CLinux
import Dispatch
import Glibc

/// One end of a connection to a console. Its calls block, each with a deadline, on a thread of its own.
actor ConsoleConnection {
    private let executor = ConsoleExecutor()
    private let descriptor: Int32
    private var pending: [UInt8] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Owns a connected socket from now on.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(descriptor)
    }

    /// Who is at the other end.
    func peer() throws(ConsoleRefusal) -> ConsolePeer {
        var peer = linux_peer()
        guard linux_peer_of(descriptor, &peer) == 0 else { throw ConsoleRefusal("the peer is not known") }
        return ConsolePeer(uid: peer.uid, pid: peer.pid)
    }

    /// The next line without its end; one that is too long or does not come in time is refused.
    func line(within time: Duration) throws(ConsoleRefusal) -> [UInt8] {
        let deadline = ContinuousClock.now + time
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                let line = Array(pending[..<end])
                pending.removeSubrange(...end)
                guard line.count <= ConsoleLine.longest else { throw ConsoleRefusal("the line is too long") }
                return line
            }
            guard pending.count <= ConsoleLine.longest else { throw ConsoleRefusal("the line is too long") }
            try receive(until: deadline)
        }
    }

    /// The next `count` octets.
    func octets(_ count: Int, within time: Duration) throws(ConsoleRefusal) -> [UInt8] {
        let deadline = ContinuousClock.now + time
        while pending.count < count { try receive(until: deadline) }
        let octets = Array(pending.prefix(count))
        pending.removeFirst(count)
        return octets
    }

    func send(_ octets: [UInt8]) throws(ConsoleRefusal) {
        let deadline = ContinuousClock.now + Self.sendTime
        var sent = 0
        while sent < octets.count {
            let count = octets.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), octets.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
                continue
            }
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw Self.gone }
            try wait(for: POLLOUT, until: deadline)
        }
    }

    private static let sendTime: Duration = .seconds(10)
    private static let gone = ConsoleRefusal("the console's other side is gone")

    private func receive(until deadline: ContinuousClock.Instant) throws(ConsoleRefusal) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        defer { buffer.wipe() }
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                pending += buffer.prefix(count)
                return
            }
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw Self.gone }
            try wait(for: POLLIN, until: deadline)
        }
    }

    /// In slices, so that a task that was cancelled ends.
    private func wait(for event: Int32, until deadline: ContinuousClock.Instant) throws(ConsoleRefusal) {
        while true {
            guard !Task.isCancelled else { throw ConsoleRefusal("the process is stopping") }
            guard .now < deadline else { throw ConsoleRefusal("the console's other side took too long") }
            var poller = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            if poll(&poller, 1, 100) > 0 { return }
        }
    }
}

/// Runs jobs on a queue of their own: they block, on a socket, a file or a token.
public final class ConsoleExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "console")

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
