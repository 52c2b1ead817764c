public import Foundation

/// The programs that were built together with the running tests.
public enum BuiltProducts {
    /// The folder that holds them: the one of the test bundle.
    public static let folder: URL = {
        // The testing helper is told the bundle's path; without it the tests are an executable of their own.
        if let index = CommandLine.arguments.firstIndex(of: "--test-bundle-path"),
            index + 1 < CommandLine.arguments.count
        {
            return bundleFolder(URL(filePath: CommandLine.arguments[index + 1]))
        }
        if let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }) {
            return bundleFolder(URL(filePath: bundle))
        }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: own).deletingLastPathComponent()
    }()

    /// Where a program stands.
    ///
    /// - Throws: When it was not built.
    public static func program(_ name: String) throws -> URL {
        let program = folder.appending(path: name)
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: program.path])
        }
        return program
    }

    /// The package's folder.
    public static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func bundleFolder(_ bundle: URL) -> URL {
        let parts = bundle.pathComponents
        guard let index = parts.firstIndex(where: { $0.hasSuffix(".xctest") }) else {
            return bundle.deletingLastPathComponent()
        }
        return URL(filePath: parts[..<index].joined(separator: "/"))
    }
}
