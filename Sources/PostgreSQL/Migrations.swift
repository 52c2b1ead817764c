import Foundation

/// The numbered SQL files that make a schema, and their application.
///
/// Run with the role that owns the schema; a service's role has grants and changes no schema.
public struct Migrations: Sendable {
    /// One file.
    struct Migration: Sendable {
        var version: Int
        var name: String
        var script: String
    }

    let migrations: [Migration]

    /// The number of the last file.
    public var newest: Int { migrations.last?.version ?? 0 }

    /// Reads the files `NNN_name.sql` of a folder.
    ///
    /// - Throws: ``MigrationError`` if a file is not named so, or the numbers are not 1, 2, 3 and so on.
    public static func read(directory: String) throws(MigrationError) -> Migrations {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
            throw .unreadable(directory)
        }
        var migrations: [Migration] = []
        for name in names.filter({ $0.hasSuffix(".sql") }).sorted() {
            guard let version = number(of: name) else { throw .misnamed(name) }
            guard version == migrations.count + 1 else {
                throw .outOfOrder(name, expected: migrations.count + 1)
            }
            guard let octets = FileManager.default.contents(atPath: directory + "/" + name),
                octets.count <= 1_000_000, let script = String(validating: octets, as: UTF8.self),
                !script.contains("\0")
            else { throw .unreadable(name) }
            migrations.append(Migration(version: version, name: String(name.dropLast(4)), script: script))
        }
        guard !migrations.isEmpty else { throw .unreadable(directory) }
        return Migrations(migrations: migrations)
    }

    private static func number(of name: String) -> Int? {
        let digits = name.prefix(3)
        guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            name.dropFirst(3).hasPrefix("_")
        else { return nil }
        return Int(digits)
    }
}

/// Why a schema was not brought up to date; each is one line.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(String)
    case misnamed(String)
    case outOfOrder(String, expected: Int)
    /// A file is not what it was when it was applied.
    case changed(String)
    /// The database was migrated further than these files go.
    case unknownVersion(Int)
    /// The server refused it; the file's transaction left no trace.
    case refused(String, reason: String)
    case database(String)

    public var description: String {
        switch self {
        case .unreadable(let path): "migrations: \(path) holds no readable SQL text"
        case .misnamed(let name): "migrations: \(name) is not named NNN_name.sql"
        case .outOfOrder(let name, let expected): "migrations: \(name) stands where number \(expected) belongs"
        case .changed(let name): "migrations: \(name) was changed after it was applied; add a new file instead"
        case .unknownVersion(let version): "migrations: the database has number \(version), these files do not"
        case .refused(let name, let reason): "migrations: \(name) was refused: \(reason)"
        case .database(let reason): "migrations: database: \(reason)"
        }
    }
}
