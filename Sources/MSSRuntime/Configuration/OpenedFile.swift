import Glibc

/// A regular file, opened for reading; what is checked is what was opened, whatever the name means later.
struct OpenedFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    let status: stat

    init(_ path: String) throws(StartError) {
        // Without O_NONBLOCK a named pipe in the file's place would hold the start for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw StartError("\(path): cannot be opened: \(SystemCause.last)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw StartError("\(path): is not a regular file")
        }
        self.descriptor = descriptor
        self.path = path
        self.status = status
    }

    deinit {
        close(descriptor)
    }

    /// Permission bits.
    var mode: mode_t { status.st_mode & 0o7777 }

    /// The whole content, 1 to `maximum` octets.
    func content(maximum: Int) throws(StartError) -> [UInt8] {
        guard status.st_size <= maximum else { throw tooLarge(maximum) }
        var failure: SystemCause?
        let octets = [UInt8](unsafeUninitializedCapacity: maximum + 1) { buffer, filled in
            while filled < buffer.count {
                let count = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
                if count < 0, errno == EINTR { continue }
                if count < 0 { failure = SystemCause.last }
                guard count > 0 else { return }
                filled += count
            }
        }
        if let failure { throw StartError("\(path): cannot be read: \(failure)") }
        guard octets.count <= maximum else { throw tooLarge(maximum) }
        guard !octets.isEmpty else { throw StartError("\(path): is empty") }
        return octets
    }

    /// The content piece by piece, 1 to `maximum` octets of it; for what is larger than should stand in memory.
    func read(
        maximum: Int,
        _ take: (UnsafeRawBufferPointer) throws(StartError) -> Void
    ) throws(StartError) {
        var left = maximum
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw StartError("\(path): cannot be read: \(SystemCause.last)") }
            guard count > 0 else { break }
            left -= count
            guard left >= 0 else { throw tooLarge(maximum) }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard left < maximum else { throw StartError("\(path): is empty") }
    }

    private func tooLarge(_ maximum: Int) -> StartError {
        StartError("\(path): is larger than \(maximum) octets")
    }
}
