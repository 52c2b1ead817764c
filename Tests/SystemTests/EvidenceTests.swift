import Foundation
import MSSTestSupport
import Testing

/// The commands of docs/operations.md and docs/signatures.md, as they stand there.
@Suite("Evidence through the real services", .serialized)
struct EvidenceTests {
    @Test("goes to an auditor, who opens it and verifies the signature; it is written once and to nobody else's eyes")
    func exported() async throws {
        let desk = try await EvidenceDesk()
        let text = "Kept for \(UInt64.random(in: 0...UInt64.max))"
        let answer = try await signUntilFree(desk.platform, text, desk.platform.extraNumber(2))
        let id = try #require(answer.transactionID, "\(answer.body)")
        let command = try Document.lines("operations.md", with: "HomeMSSPService evidence").joined(separator: "\n")
        let exported = try await desk.shell(command.replacing("--transaction ID", with: "--transaction \(id)"))
        #expect(exported.status == 0, "\(exported.errorText)")
        #expect(exported.text.contains(" octets, for the certificate of SHA-256 "))
        let file = desk.folder.path("record.der")
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let audit = try await desk.platform.rows(
            "SELECT phase FROM audit_log WHERE act = 'evidence export' AND subject = '\(id)' ORDER BY id"
        )
        #expect(audit == ["intent", "result"])

        let opening = try Document.lines("signatures.md", with: "openssl cms -decrypt").joined(separator: "\n")
        let opened = try await desk.shell(opening)
        #expect(opened.status == 0, "\(opened.errorText)")
        #expect(opened.text.split(separator: "\n").last.map(String.init) == text)
        #expect(try String(contentsOfFile: desk.folder.path("text"), encoding: .utf8) == text)
        #expect(try Data(contentsOf: URL(filePath: desk.folder.path("signature.der"))) == answer.signature)
        let record = try String(contentsOfFile: desk.folder.path("record.json"), encoding: .utf8)
        #expect(record.contains("\"kind\":\"crl\"") && record.contains(id))

        let before = try Data(contentsOf: URL(filePath: file))
        let again = try await desk.shell(command.replacing("--transaction ID", with: "--transaction \(id)"))
        #expect(again.status != 0 && again.errorText.contains("nothing is overwritten"))
        #expect(try Data(contentsOf: URL(filePath: file)) == before)

        let rest = try await desk.platform.rows("SELECT encode(sealed, 'hex') FROM evidence WHERE id = '\(id)'")
        let hexadecimal = text.utf8.map { String(format: "%02x", $0) }.joined()
        #expect(rest.count == 1 && !rest[0].contains(hexadecimal))
        print("evidence of a real signature: \(rest[0].count / 2) octets")
    }

    @Test("is there of every signature that any test has had made, and of nothing else")
    func everySignature() async throws {
        let desk = try await EvidenceDesk()
        let answer = try await signUntilFree(desk.platform, "One at least", desk.platform.extraNumber(2))
        try #require(answer.status == "500")
        let figures = try await desk.platform.rows(
            """
            SELECT count(*) FILTER (WHERE t.status IS NOT NULL), count(*) FILTER (WHERE t.status IS NOT NULL AND e.id IS NULL),
                count(*) FILTER (WHERE t.status IS NULL AND e.id IS NOT NULL)
            FROM transactions t LEFT JOIN evidence e USING (id) WHERE t.kind = 1
            """
        )
        let counts = try #require(figures.first).split(separator: "|").compactMap { Int($0) }
        #expect(counts.count == 3 && counts[0] > 0 && counts[1] == 0 && counts[2] == 0, "\(figures)")
    }

    @Test("of what the phone does not show holds the digest that was signed, and as pages what the phone showed")
    func unseen() async throws {
        let desk = try await EvidenceDesk()
        let unseen = UnseenSignatureTests()
        let number = try await UnseenSignatureTests.users.numbers(desk.platform)[0]
        let digest = try await unseen.digest(Data("document".utf8), "sha256")
        let answer = try await unseen.sign(digest, UnseenSignatureTests.sha256, by: number)
        let id = try #require(answer.transactionID, "\(answer.body)")
        let command = try Document.lines("operations.md", with: "HomeMSSPService evidence").joined(separator: "\n")
        let exported = try await desk.shell(command.replacing("--transaction ID", with: "--transaction \(id)"))
        #expect(exported.status == 0, "\(exported.errorText)")
        let opened = try await desk.shell(
            "openssl cms -decrypt -inform DER -in record.der -inkey auditor.key -recip auditor.pem -binary"
        )
        let record = try #require(
            try JSONSerialization.jsonObject(with: opened.output) as? [String: Any],
            "\(opened.errorText)"
        )
        let content = try #require(record["content"] as? [String: String])
        #expect(content == ["kind": "digest", "octets": "", "digest": digest])
        #expect((record["form"] as? [String: String])?["structure"] == "cms-detached")
        let pages = try #require(record["pages"] as? [String])
        #expect(pages.first == "Demo Documents" && pages.last == "#1")
        #expect(pages.joined().contains("Contract 7\nYou sign not the text above but something else: SHA-256 "))
    }

    @Test("does not exist of a transaction without a signature, and the refusal leaves no file")
    func none() async throws {
        let desk = try await EvidenceDesk()
        let id = "h1" + String(repeating: "a", count: 26)
        let command = try Document.lines("operations.md", with: "HomeMSSPService evidence").joined(separator: "\n")
        let refused = try await desk.shell(command.replacing("--transaction ID", with: "--transaction \(id)"))
        #expect(refused.status != 0 && refused.errorText.contains("there is no evidence of this transaction"))
        #expect(!FileManager.default.fileExists(atPath: desk.folder.path("record.der")))
        for wrong in ["", "--transaction \(id)", "--transaction x --to y --for auditor.pem"] {
            #expect(try await desk.shell("HomeMSSPService evidence --config home.toml \(wrong)").status == 64)
        }
    }

    @Test("goes when it is due, by its owner's statement, and nothing else does")
    func due() async throws {
        let desk = try await EvidenceDesk()
        let answer = try await signUntilFree(desk.platform, "Stays", desk.platform.extraNumber(2))
        let id = try #require(answer.transactionID, "\(answer.body)")
        let mark = String(UInt32.random(in: 0...UInt32.max))
        for (age, name) in [("- interval '1 s'", "due"), ("+ interval '1 day'", "kept")] {
            _ = try await desk.platform.rows(
                """
                INSERT INTO evidence VALUES ('\(name)-\(mark)', now() \(age), sha512('x') || sha512('y'));
                INSERT INTO evidence_proofs VALUES (sha256('\(name)-\(mark)'), now() \(age), 'crl', 'x');
                """
            )
        }
        let sql = try Document.lines("operations.md", with: "DELETE FROM evidence ").joined(separator: " ")
        _ = try await desk.platform.rows(sql)
        let left = try await desk.platform.rows("SELECT id FROM evidence")
        #expect(left.contains(id) && left.contains("kept-\(mark)") && !left.contains("due-\(mark)"))
        let proofs = try await desk.platform.rows(
            """
            SELECT name FROM unnest(ARRAY['due', 'kept']) AS name
            JOIN evidence_proofs ON digest = sha256((name || '-\(mark)')::bytea)
            """
        )
        #expect(proofs == ["kept"])
    }
}

/// A folder with an auditor's key, and the configuration of a home with a console beside the shared one.
struct EvidenceDesk {
    let platform: Platform
    let folder: TemporaryFolder

    /// One home for all tests, on the shared database; its configuration.
    private static let home = Task { try await start() }

    init() async throws {
        platform = try await Platform.running
        folder = try TemporaryFolder()
        let configuration = try await Self.home.value
        try configuration.write(toFile: folder.path("home.toml"), atomically: true, encoding: .utf8)
        for (path, name) in [("config/providers.toml", "providers.toml"), ("pki/user-ca.pem", "user-ca.pem")] {
            try FileManager.default.copyItem(atPath: platform.file(path), toPath: folder.path(name))
        }
        let made = try await shell(
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout auditor.key -out auditor.pem -days 1 -subj /CN=auditor"
        )
        try #require(made.status == 0, "\(made.errorText)")
    }

    private static func start() async throws -> String {
        let platform = try await Platform.running
        let port = try FreePort.next()
        let socket = platform.file("state/console-evidence")
        let text = try String(contentsOfFile: platform.file("config/home.toml"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("listen =")
                ? "listen = \"127.0.0.1:\(port)\""
                : line.hasPrefix("socket =") ? "socket = \"\(socket)\"" : String(line)
        }
        let configuration = lines.joined(separator: "\n")
        let path = platform.file("config/home-evidence.toml")
        try configuration.write(toFile: path, atomically: true, encoding: .utf8)
        try platform.restart("HomeMSSPService", "home-evidence")
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: socket) {
            try await Task.sleep(for: .milliseconds(50))
        }
        return configuration
    }

    /// Runs commands as an operator in the folder would.
    func shell(_ commands: String) async throws -> Command.Result {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await Command.run(
            "bash",
            ["-euo", "pipefail", "-c", "cd \"$0\"\n" + commands, folder.url.path],
            environment: ["PATH": BuiltProducts.folder.path + ":" + path]
        )
    }
}

/// A page of the documentation.
enum Document {
    /// The lines of the fenced block that holds a text.
    static func lines(_ name: String, with needle: String) throws -> [String] {
        let url = BuiltProducts.packageRoot.appending(path: "docs/\(name)")
        let blocks = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n```")
        // Every second piece is between two fences.
        let block = blocks.enumerated().first { $0.offset % 2 == 1 && $0.element.contains(needle) }
        return try #require(block, "\(name) has no such commands").element
            .split(separator: "\n").map(String.init).filter { !$0.isEmpty }
    }
}
