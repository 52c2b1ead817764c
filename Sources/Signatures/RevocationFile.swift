import Synchronization

import class Foundation.FileManager

#if canImport(Glibc)
import Glibc
#endif

/// A revocation list in a file, read and verified again when the file has changed.
final class RevocationFile: Sendable {
    private struct State {
        var stamp: [Int] = []
        var list: RevocationList?
    }

    private let path: String
    private let issuers: [ParsedCertificate]
    private let state = Mutex(State())

    init(path: String, issuers: [ParsedCertificate]) {
        self.path = path
        self.issuers = issuers
    }

    /// The list as it stands now; whether it is fresh is decided when it is used.
    var current: RevocationList? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let stamp = [
            Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_size), Int(status.st_ino),
        ]
        return state.withLock { state in
            if state.stamp != stamp {
                let octets = FileManager.default.contents(atPath: path).map { [UInt8]($0) }
                state.list = octets.flatMap { RevocationList($0, issuers: issuers) }
                // What could not be used is tried again.
                state.stamp = state.list == nil ? [] : stamp
            }
            return state.list
        }
    }
}
