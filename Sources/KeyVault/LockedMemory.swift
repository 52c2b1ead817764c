import Glibc

/// Octets that are never swapped out, stand in no core dump and no child, and are wiped when they are let go.
final class LockedMemory: @unchecked Sendable {
    // Written before anybody else has this object, then only read.
    private let start: UnsafeMutableRawPointer
    let count: Int

    /// - Throws: ``VaultError/unusable(_:)`` where the system gives no such memory (RLIMIT_MEMLOCK).
    init(count: Int) throws(VaultError) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let start = mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED else {
            throw .unusable("there is no memory for the vault's keys")
        }
        guard mlock(start, count) == 0, madvise(start, count, MADV_DONTDUMP) == 0,
            madvise(start, count, MADV_DONTFORK) == 0
        else {
            munmap(start, count)
            throw .unusable("memory for the vault's keys cannot be locked: raise RLIMIT_MEMLOCK (LimitMEMLOCK)")
        }
        self.start = start
        self.count = count
    }

    deinit {
        explicit_bzero(start, count)
        munmap(start, count)
    }

    /// Fills a place; only by the one who makes this.
    func write(_ octets: [UInt8], at offset: Int) {
        guard offset >= 0, offset + octets.count <= count else { return }
        octets.withUnsafeBytes { octets in
            guard let source = octets.baseAddress else { return }
            start.advanced(by: offset).copyMemory(from: source, byteCount: octets.count)
        }
    }

    /// Lends its octets to be filled; only to the one who makes this.
    func fill<Value>(_ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
        body(UnsafeMutableRawBufferPointer(start: start, count: count))
    }

    func withOctets<Value, Failure: Error>(
        at offset: Int,
        count length: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard offset >= 0, length >= 0, offset + length <= count else { return nil }
        return try body(UnsafeRawBufferPointer(start: start.advanced(by: offset), count: length))
    }
}
