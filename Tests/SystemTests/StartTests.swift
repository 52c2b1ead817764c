import Foundation
import MSSTestSupport
import Testing

@Suite("A start that cannot be")
struct StartTests {
    struct Attempt: Sendable, CustomTestStringConvertible {
        var what: String
        var program: String
        var configuration: String
        var change: (String, String)
        /// What the one line must name.
        var names: String
        /// A further change.
        var more: (String, String)?
        var testDescription: String { what }
    }

    private static let secondHome = """
        [[homes]]
        name = "south"
        url = "https://localhost:1"
        identity = "urn:mssp:south:home"
        transactions = "s1"
        [homes.credential]
        certificate = "ae-client.pem"
        key = "ae-client.key"
        trust = "mesh-ca.pem"

        """

    private static let attempts = [
        Attempt(
            what: "a misspelt key",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("top_key =", "top_kye ="),
            names: "top_kye"
        ),
        Attempt(
            what: "a missing certificate",
            program: "AEService",
            configuration: "ae.toml",
            change: ("ae-server.pem", "nowhere.pem"),
            names: "nowhere.pem"
        ),
        Attempt(
            what: "a public address without TLS",
            program: "AEService",
            configuration: "ae.toml",
            change: ("# public_url = \"https:", "public_url = \"http:"),
            names: "public_url: must be https://HOST"
        ),
        Attempt(
            what: "ways to the only home",
            program: "AEService",
            configuration: "ae.toml",
            change: ("identity = \"urn:mssp:demo:home\"", "identity = \"urn:mssp:demo:home\"\nname = \"north\""),
            names: "home: name, transactions, numbers and operators are of use beside [[homes]] only"
        ),
        Attempt(
            what: "ported numbers before the only home",
            program: "AEService",
            configuration: "ae.toml",
            change: ("\n[providers]\n", "\n[ported]\ntable = \"nowhere\"\n[providers]\n"),
            names: "ported: of use beside [[homes]] only"
        ),
        Attempt(
            what: "a further home without a name",
            program: "AEService",
            configuration: "ae.toml",
            change: ("\n[providers]\n", "\n" + secondHome + "[providers]\n"),
            names: "home.name: beside other homes each needs one"
        ),
        Attempt(
            what: "the same home twice",
            program: "AEService",
            configuration: "ae.toml",
            change: (
                "identity = \"urn:mssp:demo:home\"\n[home.credential]",
                "identity = \"urn:mssp:demo:home\"\nname = \"south\"\ntransactions = \"h1\"\n[home.credential]"
            ),
            names: "home, homes: two have the name south",
            more: ("\n[providers]\n", "\n" + secondHome + "[providers]\n")
        ),
        Attempt(
            what: "a missing certificate of ME",
            program: "MEService",
            configuration: "me.toml",
            change: ("me-client.pem", "nowhere.pem"),
            names: "nowhere.pem"
        ),
        Attempt(
            what: "evidence that is kept for no day",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("keep_days = 3650", "keep_days = 0"),
            names: "evidence.keep_days must be 1 to 36500"
        ),
        Attempt(
            what: "no database",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("host=", "host=/nowhere/"),
            names: "database"
        ),
        Attempt(
            what: "a port in use",
            program: "AEService",
            configuration: "ae.toml",
            change: ("identity = \"urn:mssp:demo:ae\"", "identity = \"urn:mssp:demo:ae\""),
            names: "in use"
        ),
        Attempt(
            what: "a secret that others can read",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("vault-top-key", "readable-top-key"),
            names: "readable-top-key"
        ),
        Attempt(
            what: "a misspelt key of a message centre",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("window =", "widnow ="),
            names: "smsc[0].widnow"
        ),
        Attempt(
            what: "a misspelt key of the only message centre",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("[[smsc]]", "[smsc]\nfailover = true"),
            names: "smsc.failover"
        ),
        Attempt(
            what: "a message centre without TLS roots",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("window =", "tls = { trust = \"nowhere.pem\" }\nwindow ="),
            names: "nowhere.pem"
        ),
        Attempt(
            what: "receipts that there are none of",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("receipts = \"failures\"", "receipts = \"some\""),
            names: "smsc.receipts"
        ),
        Attempt(
            what: "an SMPP password that others can read",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("smsc-password", "readable-top-key"),
            names: "readable-top-key"
        ),
        Attempt(
            what: "a database that this home does not know",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("state/epoch", "state/no-epoch"),
            names: "HomeMSSPService restore"
        ),
        Attempt(
            what: "a top key that is another",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("vault-top-key", "other-top-key"),
            names: "not of KEK 1"
        ),
        Attempt(
            what: "neither a token nor a file for the top key",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: ("top_key =", "# top_key ="),
            names: "top_key or a table token"
        ),
        Attempt(
            what: "a key that is not the certificate's",
            program: "AEService",
            configuration: "ae.toml",
            change: ("ae-server.key", "me-server.key"),
            names: "key"
        ),
        Attempt(
            what: "a card batch that asks for single DES",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: (
                "[log]", "[[legacy_batch]]\nname = \"old\"\nalgorithm = \"des\"\nlast_day = \"2099-12-31\"\n[log]"
            ),
            names: "legacy_batch old: algorithm"
        ),
        Attempt(
            what: "a card batch with triple DES for ever",
            program: "HomeMSSPService",
            configuration: "home.toml",
            change: (
                "[log]", "[[legacy_batch]]\nname = \"old\"\nalgorithm = \"3des-2\"\nlast_day = \"never\"\n[log]"
            ),
            names: "legacy_batch old: last_day"
        ),
    ]

    @Test("of triple DES in the home is warned of, each batch")
    func legacyBatches() async throws {
        let platform = try await Platform.running
        let original = try String(contentsOfFile: platform.file("config/home.toml"), encoding: .utf8)
        let batches = """
            [[legacy_batch]]
            name = "b2014"
            algorithm = "3des-2"
            last_day = "2099-12-31"
            [[legacy_batch]]
            name = "b2011"
            algorithm = "3des-3"
            last_day = "2020-12-31"
            [log]
            """
        let changed = original.replacing("host=", with: "host=/nowhere/").replacing("[log]", with: batches)
        let file = platform.file("config/\(UUID().uuidString).toml")
        try changed.write(toFile: file, atomically: true, encoding: .utf8)
        let program = try BuiltProducts.program("HomeMSSPService").path
        let result = try await Command.run("timeout", ["10", program, "--config", file])
        #expect(result.status != 0 && result.status != 124)
        let warnings = (result.text + result.errorText).split(separator: "\n").filter { $0.contains("triple DES") }
        #expect(warnings.count == 2, "\(result.text) \(result.errorText)")
        #expect(warnings.first?.contains("b2014") == true && warnings.first?.contains("2099-12-31") == true)
        #expect(warnings.last?.contains("b2011") == true && warnings.last?.contains("ended") == true)
    }

    @Test("says why in one line and ends with an exit code", arguments: attempts)
    func refused(attempt: Attempt) async throws {
        let platform = try await Platform.running
        let readable = platform.file("state/readable-top-key")
        try Data(repeating: 1, count: 32).write(to: URL(filePath: readable))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: readable)
        let other = platform.file("state/other-top-key")
        try Data(repeating: 1, count: 32).write(to: URL(filePath: other))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other)
        let original = try String(contentsOfFile: platform.file("config/\(attempt.configuration)"), encoding: .utf8)
        var changed = original.replacing(attempt.change.0, with: attempt.change.1)
        if let more = attempt.more { changed = changed.replacing(more.0, with: more.1) }
        let file = platform.file("config/\(UUID().uuidString).toml")
        try changed.write(toFile: file, atomically: true, encoding: .utf8)
        let program = try BuiltProducts.program(attempt.program).path
        let result = try await Command.run("timeout", ["10", program, "--config", file])
        #expect(result.status != 0 && result.status != 124, "\(result.text) \(result.errorText)")
        let lines = result.errorText.split(separator: "\n")
        #expect(lines.count == 1, "\(result.errorText)")
        #expect(lines.first?.contains(attempt.names) ?? false, "\(result.errorText)")
    }

    @Test("without its configuration file, too", arguments: ["AEService", "MEService", "HomeMSSPService"])
    func noConfiguration(program: String) async throws {
        let result = try await Command.run(
            "timeout",
            ["10", BuiltProducts.program(program).path, "--config", "/nowhere.toml"]
        )
        #expect(result.status != 0 && result.status != 124)
        #expect(result.errorText.split(separator: "\n").count == 1, "\(result.errorText)")
    }

    @Test(
        "is none for a wrong command line: exit code 64, and --help shows how it must be",
        arguments: [
            "frobnicate", "import cards.csv", "import --all-or-none --keep-good cards.csv", "import --keep-good",
            "import --keep-good --components 4 cards.csv", "unseal --pin --shares", "unseal 123456",
            "custodians --of 5",
            "destroy-kek", "rotate-kek --kek 1", "evidence --transaction h1",
        ]
    )
    func wrongCall(line: String) async throws {
        let program = try BuiltProducts.program("HomeMSSPService").path
        let words = line.split(separator: " ").map { String($0) }
        let result = try await Command.run("timeout", ["10", program] + words + ["--config", "/nowhere.toml"])
        #expect(result.status == 64, "\(result.errorText)")
        #expect(result.errorText.hasSuffix("; HomeMSSPService --help shows how it is called\n"))
        #expect(result.errorText.split(separator: "\n").count == 1 && !result.errorText.contains("123456"))
        let help = try await Command.run(program, ["--help"])
        #expect(help.status == 0)
        #expect(line == "frobnicate" || help.text.contains("HomeMSSPService \(words[0]) "), "\(help.text)")
    }
}
