public import MSSCore

/// Where the last good directory rests while this service does not run.
public protocol DirectoryShelf: Sendable {
    /// What was kept; `nil` before the first time.
    ///
    /// - Throws: ``DirectoryRefusal`` if there is something that cannot be read.
    func kept() throws(DirectoryRefusal) -> SignedDirectory?

    /// Keeps a directory in the place of the one before: after a crash there is the one or the other.
    func keep(_ directory: SignedDirectory) throws(DirectoryRefusal)
}
