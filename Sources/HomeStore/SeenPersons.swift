import Synchronization

/// The latest version of each person's row that this process has read or written: one that is set back to what it was
/// before, code and all, is noticed as long as the process lives.
public final class SeenPersons: Sendable {
    private let versions = Mutex<[UInt64: Int64]>([:])
    private let most: Int

    /// - Parameter most: How many are kept, some 32 octets each; when there are more, all of them are forgotten.
    public init(most: Int = 1_000_000) {
        self.most = most
    }

    /// Remembers a version.
    ///
    /// - Returns: Whether a later one was seen before; then that one is still what is remembered.
    @discardableResult
    func isSetBack(_ msisdn: String, to version: Int64) -> Bool {
        // An MSISDN is a plus sign and at most 15 digits.
        guard let number = UInt64(msisdn.dropFirst()) else { return false }
        return versions.withLock { versions in
            if let latest = versions[number], latest >= version { return latest > version }
            if versions.count >= most { versions = [:] }
            versions[number] = version
            return false
        }
    }
}
