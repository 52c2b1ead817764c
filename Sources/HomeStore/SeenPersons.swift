import Synchronization

/// The latest version of each person's row that this process has read under a code or made itself: one that is set back
/// to what it was before, code and all, is noticed as long as the process lives.
///
/// A version that no code covers is anybody's, and is not remembered: it would be used against the person's next row.
public final class SeenPersons: Sendable {
    private let versions = Mutex<[UInt64: Int64]>([:])
    private let most: Int

    /// - Parameter most: How many are kept, some 32 octets each; when there are more, all of them are forgotten.
    public init(most: Int = 1_000_000) {
        self.most = most
    }

    /// The latest versions of some persons, as far as any is remembered.
    ///
    /// Asked before the rows are: what was seen by then was committed by then, so no later look may find less.
    func latest(of numbers: [String]) -> [String: Int64] {
        versions.withLock { versions in
            var latest: [String: Int64] = [:]
            for msisdn in numbers { latest[msisdn] = Self.key(msisdn).flatMap { versions[$0] } }
            return latest
        }
    }

    /// Remembers a version that a code covers, or that the home made and committed.
    func note(_ msisdn: String, _ version: Int64) {
        guard let number = Self.key(msisdn) else { return }
        versions.withLock { versions in
            if let latest = versions[number], latest >= version { return }
            if versions.count >= most { versions = [:] }
            versions[number] = version
        }
    }

    /// An MSISDN is a plus sign and at most 15 digits.
    private static func key(_ msisdn: String) -> UInt64? { UInt64(msisdn.dropFirst()) }
}
