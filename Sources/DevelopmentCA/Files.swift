import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Files as the CA needs them: read with their permissions checked, written so that nobody reads half of one.
enum Files {
    /// Reads a file of a mebibyte at most.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - option: What the command line calls it, for the error.
    ///   - isSecret: Whether it must be a file of this user that nobody else may read.
    /// - Returns: Its octets.
    /// - Throws: One line that names option and path.
    static func read(_ path: String, option: String, isSecret: Bool = false) throws(AuthorityError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isSecret ? O_NOFOLLOW : 0))
        guard descriptor >= 0 else { throw AuthorityError("\(option) \(path) cannot be read: \(reason())") }
        defer { close(descriptor) }
        if isSecret {
            // Not stat(2): its Swift type belongs to whichever module was imported first, here one of NIO's.
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular,
                attributes[.ownerAccountID] as? NSNumber == NSNumber(value: geteuid()),
                let mode = attributes[.posixPermissions] as? NSNumber, mode.intValue & 0o077 == 0
            else { throw AuthorityError("\(option) \(path) must be a file of this user with mode 0600") }
        }
        guard let octets = contents(of: descriptor, upTo: 1 << 20) else {
            throw AuthorityError("\(option) \(path) cannot be read: \(reason())")
        }
        return octets
    }

    /// Puts a file that everybody may read in the place of the one that is there.
    ///
    /// - Returns: Whether it is there and on disk.
    static func replace(_ path: String, with octets: [UInt8]) -> Bool {
        let temporary = "\(path).\(getpid())"
        // Of a process that was killed.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        let isWritten =
            write(descriptor, octets, octets.count) == octets.count && fchmod(descriptor, 0o644) == 0
            && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            unlink(temporary)
            return false
        }
        return true
    }
}
