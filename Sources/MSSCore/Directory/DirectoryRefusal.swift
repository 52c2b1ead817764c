public import struct Foundation.Date

/// Why a directory is not taken: a word for metrics, and a line for the operator's log.
public struct DirectoryRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable, CaseIterable {
        /// The home gave none.
        case unreachable
        /// No signature of the home's that this service trusts.
        case untrusted
        case malformed
        /// It is another acquiring entity's.
        case foreign
        /// Its time is over.
        case expired
        /// It was signed later than now: one of the two clocks is wrong.
        case early
        /// A later one was seen before.
        case older
        /// The file that keeps it cannot be read or written.
        case file
    }

    public let reason: Reason
    public let description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}

/// Finds out whether a signed directory is the home's own word.
public protocol DirectoryReader: Sendable {
    /// - Parameters:
    ///   - directory: As it came, from whomever.
    ///   - now: When the signer's certificate must be valid.
    /// - Returns: What the home says.
    /// - Throws: ``DirectoryRefusal`` unless it is signed by the home and can be read.
    func read(_ directory: SignedDirectory, at now: Date) async throws(DirectoryRefusal) -> ProviderDirectory
}
