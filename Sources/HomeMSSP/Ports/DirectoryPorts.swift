public import MSSCore

/// Keeps the numbers of provider directories, for all homes of a database.
public protocol DirectoryNumbers: Sendable {
    /// The number of an acquiring entity's directory: one more than before if its content is another one.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the content.
    ///   - entity: Whose directory it is.
    ///   - deadline: For the answer.
    /// - Returns: 1 for the first content there is.
    /// - Throws: ``StoreError``; nothing was changed, or the number has grown and nobody knows.
    func number(
        of digest: [UInt8],
        for entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int64
}

/// Signs in the name of the platform.
public protocol DirectorySigner: Sendable {
    /// - Parameter content: A directory, without its heading.
    /// - Returns: It, below its heading, under the signature of the platform's identity.
    /// - Throws: 780 while nothing can be signed, with the cause.
    func sign(_ content: [UInt8]) async throws(MSSFault) -> SignedDirectory
}
