import Glibc
public import MSSCore
import Synchronization

/// Where log lines go.
public protocol LineSink: Sendable {
    /// Takes one line with its line feed; never throws, never waits for long.
    func write(_ line: [UInt8])
}

/// Log lines on a file descriptor, each in one piece.
public final class DescriptorSink: LineSink {
    /// How long a full pipe may hold a line; milliseconds.
    private static let patience: Int32 = 100

    private let descriptor: Int32
    private let tally: any Tally
    private let isWriting = Mutex(())

    /// - Parameters:
    ///   - descriptor: Stays the caller's; standard output for a service.
    ///   - tally: Counts `log_lines_lost`.
    public init(_ descriptor: Int32 = 1, tally: any Tally) {
        ProcessHardening.ignoreBrokenPipes()
        self.descriptor = descriptor
        self.tally = tally
    }

    /// A line that a broken or full pipe does not take is lost and counted: a service outlives its log's reader.
    public func write(_ line: [UInt8]) {
        let isWritten = isWriting.withLock { _ in writeAll(line) }
        if !isWritten { tally.count("log_lines_lost") }
    }

    private func writeAll(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EAGAIN {
                    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&wanted, 1, Self.patience) > 0 else { return false }
                } else if count == 0 || errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
