import Glibc
import Testing

@testable import MSSRuntime

@Suite("What a start reads")
struct StartTests {
    @Test(
        "an address is a host and a port",
        arguments: [
            ("127.0.0.1:9061", "127.0.0.1", 9061), ("localhost:0", "localhost", 0), ("[::1]:65535", "::1", 65_535),
            ("ae.example.org:443", "ae.example.org", 443),
        ]
    )
    func address(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ":", "a:", ":1", "a:65536", "a:-1", "a:+1", "a: 1", "::1:1", "[::1:1", "[a]:1", "[]:1", "a b:1",
            "a:999999999999999999999", "ä:1", "[::1]", "[",
        ]
    )
    func noAddress(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(
        "loopback is this machine alone",
        arguments: [
            ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("[::1]:1", true), ("localhost:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false), ("10.0.0.1:1", false), ("127.0.0.1.example.org:1", false),
        ]
    )
    func loopback(text: String, isLoopback: Bool) {
        #expect(ListenAddress(text)?.isLoopback == isLoopback)
    }

    @Test("a call names its configuration and, if it likes, a command")
    func invocation() {
        let commands = ["migrate"]
        func read(_ words: String...) -> Invocation.Reading { Invocation.read(words, commands: commands) }
        #expect(read("--config", "a.toml") == .invocation(Invocation(configuration: "a.toml")))
        #expect(
            read("migrate", "--config=a.toml", "now")
                == .invocation(Invocation(configuration: "a.toml", command: "migrate", arguments: ["now"]))
        )
        #expect(read("run", "--config", "a") == .invocation(Invocation(configuration: "a")))
        #expect(read("--help") == .help)
        #expect(read("--version") == .version)
        #expect(read() == .wrong("--config FILE is missing"))
        #expect(read("--config") == .wrong("--config wants one FILE"))
        #expect(read("--config=") == .wrong("--config wants one FILE"))
        #expect(read("--config", "a", "--config", "b") == .wrong("--config wants one FILE"))
        #expect(read("--verbose", "--config", "a") == .wrong("unknown option --verbose"))
        #expect(read("drop", "--config", "a") == .wrong("unknown command drop"))
        #expect(read("run", "x", "--config", "a") == .wrong("unexpected argument x"))
    }

    @Test("a start error is one line, whatever it is made of")
    func oneLine() {
        #expect(StartError("a\nb\u{1B}[2Jc\r\n").description == "a b [2Jc  ")
        #expect(StartError(String(repeating: "x", count: 5_000)).description.count == 1_000)
    }

    @Test("a secret is read when it is its owner's alone", arguments: [mode_t(0o600), 0o400])
    func secret(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret", [1, 2, 3], mode: mode)
        #expect(try SecretFile.read(file) == [1, 2, 3])
    }

    @Test(
        "a secret that others may read, write or run is refused by its name and mode",
        arguments: [mode_t(0o640), 0o644, 0o660, 0o604, 0o700, 0o4600]
    )
    func openSecret(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret", "tell nobody", mode: mode)
        let error = try #require(throws: StartError.self) { try SecretFile.read(file) }
        #expect(error.description.hasPrefix("\(file): "))
        #expect(error.description.contains(String(mode, radix: 8)))
        #expect(!error.description.contains("tell"))
    }

    @Test("a credential of root's group is read by its list only", .enabled(if: geteuid() == 0))
    func credential() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret", "x", mode: 0o440)
        #expect(try SecretFile.read(file) == Array("x".utf8))
        chown(file, 0, 1)
        #expect(throws: StartError.self) { try SecretFile.read(file) }
    }

    @Test("another user's secret is refused", .enabled(if: geteuid() == 0))
    func foreign() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret", "x")
        chown(file, 1, 1)
        #expect(throws: StartError("\(file): a secret must belong to the user of the service or to root")) {
            try SecretFile.read(file)
        }
    }

    @Test("a folder, a pipe, an empty and a large file are no secret")
    func noSecret() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StartError("\(folder.path): is not a regular file")) { try SecretFile.read(folder.path) }
        let pipe = "\(folder.path)/pipe"
        mkfifo(pipe, 0o600)
        #expect(throws: StartError("\(pipe): is not a regular file")) { try SecretFile.read(pipe) }
        let large = try folder.write("large", [UInt8](repeating: 1, count: 11))
        #expect(throws: StartError("\(large): is larger than 10 octets")) { try SecretFile.read(large, maximum: 10) }
        #expect(try SecretFile.read(large, maximum: 11).count == 11)
        let empty = try folder.write("empty", "")
        #expect(throws: StartError("\(empty): is empty")) { try SecretFile.read(empty) }
    }
}
