import Foundation

/// Tokens of SoftHSM2 in a folder of this process: one of its own for each test.
public enum SoftwareToken {
    public static let module = "/usr/lib/softhsm/libsofthsm2.so"
    public static let pin = "12345678"
    private static let count = 24
    private static let made = Task { try await make() }
    private static let taken = Taken()

    /// The label of a token that nobody uses.
    public static func next() async throws -> String {
        _ = try await made.value
        let number = await taken.next()
        guard number < count else { throw Failure(reason: "make more tokens") }
        return "test-\(number)"
    }

    private struct Failure: Error {
        var reason: String
    }

    private actor Taken {
        private var number = -1

        func next() -> Int {
            number += 1
            return number
        }
    }

    /// All are made before the module is loaded: it looks for tokens once.
    private static func make() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("tokens"), withIntermediateDirectories: true)
        let configuration =
            "directories.tokendir = \(folder.path("tokens"))\nobjectstore.backend = file\nlog.level = ERROR\n"
        try configuration.write(toFile: folder.path("softhsm2.conf"), atomically: true, encoding: .utf8)
        setenv("SOFTHSM2_CONF", folder.path("softhsm2.conf"), 1)
        for number in 0..<count {
            let result = try await Command.run(
                "softhsm2-util",
                ["--init-token", "--free", "--label", "test-\(number)", "--pin", pin, "--so-pin", "87654321"]
            )
            guard result.status == 0 else { throw Failure(reason: result.errorText) }
        }
        return folder
    }
}
