import Testing

@testable import MSSRuntime

@Suite("The configuration file")
struct ConfigurationFileTests {
    struct Settings: Decodable, Sendable, Equatable {
        struct TLS: Decodable, Sendable, Equatable {
            var certificate: ConfiguredPath
            var key: ConfiguredPath?
        }
        struct Provider: Decodable, Sendable, Equatable {
            var id: String
            var limit: UInt8?
        }
        var listen: ListenAddress
        var tls: TLS
        var providers: [Provider]?
        var names: [String: Int]?
        var ratio: Double?
        var isFast: Bool?
    }

    static let good = """
        listen = "127.0.0.1:9061"
        ratio = 1
        isFast = true
        names = { a = 1, b = 2 }
        [tls]
        certificate = "pki/ae.pem"
        key = "/etc/ae.key"
        [[providers]]
        id = "one"
        [[providers]]
        id = "two"
        limit = 255
        """

    private func refusal(_ text: String) -> String {
        do throws(StartError) {
            _ = try ConfigurationFile.decode(Settings.self, from: text, file: "ae.toml")
            return "accepted"
        } catch {
            return error.description
        }
    }

    @Test("tables, arrays of tables, dictionaries and optionals are read, paths from the file's folder")
    func reads() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("ae.toml", Self.good)
        let settings = try ConfigurationFile.load(Settings.self, from: file)
        #expect(settings.listen.port == 9061)
        #expect(settings.tls.certificate.path == "\(folder.path)/pki/ae.pem")
        #expect(settings.tls.key?.path == "/etc/ae.key")
        #expect(settings.providers == [.init(id: "one"), .init(id: "two", limit: 255)])
        #expect(settings.names == ["a": 1, "b": 2])
        #expect(settings.ratio == 1)
        #expect(settings.isFast == true)
    }

    @Test(
        "each mistake is one line that names file and key",
        arguments: [
            (
                "listen = \"a:1\"\n[tls]\ncertificat = \"x\"",
                "ae.toml: unknown key tls.certificat (did you mean certificate?)"
            ),
            ("listen = \"a:1\"\n[tls]\ncertificate = \"x\"\ncolour = 1", "ae.toml: unknown key tls.colour"),
            ("listen = \"a:1\"\n[tls]\nkey = \"x\"", "ae.toml: missing key tls.certificate"),
            ("listen = \"a:1\"", "ae.toml: missing key tls"),
            ("listen = \"a:1\"\ntls = 1", "ae.toml: key tls: must be a table, not an integer"),
            ("listen = 9061", "ae.toml: key listen: must be a string, not an integer"),
            (
                "listen = \"9061\"",
                "ae.toml: key listen: must be HOST:PORT with a port of 0 to 65535, an IPv6 address in brackets"
            ),
            (
                good.replacing("limit = 255", with: "limit = 256"),
                "ae.toml: key providers[1].limit: 256 is not within 0 to 255"
            ),
            (
                good.replacing("limit = 255", with: "limti = 255"),
                "ae.toml: unknown key providers[1].limti (did you mean limit?)"
            ),
            (good.replacing("ratio = 1", with: "ratio = \"1\""), "ae.toml: key ratio: must be a number, not a string"),
            (
                good.replacing("isFast = true", with: "isFast = \"yes\""),
                "ae.toml: key isFast: must be a boolean, not a string"
            ),
            (
                good.replacing("\"pki/ae.pem\"", with: "\"\""),
                "ae.toml: key tls.certificate: must be the path of a file"
            ),
        ]
    )
    func mistakes(text: String, line: String) {
        #expect(refusal(text) == line)
    }

    @Test(
        "what is not TOML is told with its place",
        arguments: ["a = ", "= 1", "[a\n", "a = 1\na = 2", "a = \"\u{1}\""]
    )
    func notTOML(text: String) {
        #expect(refusal(text).hasPrefix("ae.toml:"))
        #expect(refusal(text).contains(#/^ae\.toml:\d+:\d+: /#))
        #expect(!refusal(text).contains("\n"))
    }

    @Test("a file that is missing, too large, empty, no text or writable by anyone is refused")
    func files() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StartError("\(folder.path)/x: cannot be opened: No such file or directory")) {
            try ConfigurationFile.load(Settings.self, from: "\(folder.path)/x")
        }
        let large = try folder.write("large", [UInt8](repeating: 0x23, count: ConfigurationFile.maximum + 1))
        #expect(throws: StartError("\(large): is larger than 1048576 octets")) {
            try ConfigurationFile.load(Settings.self, from: large)
        }
        let empty = try folder.write("empty", "")
        #expect(throws: StartError("\(empty): is empty")) { try ConfigurationFile.load(Settings.self, from: empty) }
        let binary = try folder.write("binary", [0xFF, 0xFE])
        #expect(throws: StartError("\(binary): is not UTF-8 text")) {
            try ConfigurationFile.load(Settings.self, from: binary)
        }
        let open = try folder.write("open", Self.good, mode: 0o666)
        #expect(throws: StartError.self) { try ConfigurationFile.load(Settings.self, from: open) }
    }

    @Test("truncated at any place it is read or refused, never a trap")
    func truncation() {
        for count in 0..<Self.good.count { _ = refusal(String(Self.good.prefix(count))) }
    }

    @Test("with any character changed it is read or refused, never a trap")
    func mutation() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<1_000 {
            var scalars = Array(Self.good.utf8)
            let place = Int.random(in: scalars.indices, using: &generator)
            scalars[place] = UInt8.random(in: 1...127, using: &generator)
            _ = refusal(String(decoding: scalars, as: UTF8.self))
        }
    }

    @Test("nesting without end is refused")
    func depth() {
        #expect(refusal("a = " + String(repeating: "[", count: 100_000)).hasPrefix("ae.toml:"))
    }
}
