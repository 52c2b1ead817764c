import Foundation
import MSSTestSupport
import Testing

/// What a developer copies out of docs/wire.md, run as it stands there.
///
/// The one in Java runs with `make peers`.
@Suite("The examples of docs/wire.md", .serialized)
struct WireDocumentTests {
    private let folder: TemporaryFolder
    private let platform: Platform

    init() async throws {
        folder = try TemporaryFolder()
        platform = try await .running
        for (name, own) in [
            ("ap-demo.pem", "ap.pem"), ("ap-demo.key", "ap.key"), ("mesh-ca.pem", "mesh-ca.pem"),
            ("user-ca.pem", "user-ca.pem"),
        ] {
            let content = try Data(contentsOf: URL(filePath: platform.file("pki/" + name)))
            try content.write(to: folder.url.appending(path: own))
        }
    }

    /// The first block of a language in the document that has its own section to stand in.
    private func example(_ language: String) throws -> String {
        let file = BuiltProducts.packageRoot.appending(path: "docs/wire.md")
        let document = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(document.range(of: "### A signature, and how to check it\n"))
        let fence = try #require(document.range(of: "```\(language)\n", range: section.upperBound..<document.endIndex))
        let end = try #require(document.range(of: "\n```\n", range: fence.upperBound..<document.endIndex))
        return String(document[fence.upperBound..<end.lowerBound]) + "\n"
    }

    private func run(_ language: String, _ environment: [String: String]) async throws -> Command.Result {
        let program = language == "python" ? "python3" : language
        try example(language).write(to: folder.url.appending(path: "example"), atomically: true, encoding: .utf8)
        var all = environment
        all["AE_URL"] = try platform.variable("AE_URL")
        all["AP_ID"] = try platform.variable("AP_ID")
        if all["MSISDN"] == nil { all["MSISDN"] = try platform.variable("MSISDN_SIGN") }
        return try await Command.run("env", ["-C", folder.url.path, program, "example"], environment: all)
    }

    /// The serialNumber in the certificate of the one who signs, as it was when they were enrolled.
    private func serial() async throws -> String {
        let answer = try await Provider(platform).sign("Who are you?", by: platform.variable("MSISDN_SIGN"))
        let openssl = OpenSSLCommand(in: folder.url)
        let certificates = try await openssl.attempt(
            ["pkcs7", "-inform", "DER", "-print_certs"],
            input: Array(try #require(answer.signature))
        )
        let subject = try await openssl.attempt(
            ["x509", "-noout", "-subject", "-nameopt", "RFC2253,sep_multiline"],
            input: certificates.standardOutput
        )
        let line = subject.text.split(separator: "\n").first { $0.contains("serialNumber=") }
        return String(try #require(line?.split(separator: "=").last))
    }

    @Test("sign and check", arguments: ["bash", "python"])
    func signs(_ language: String) async throws {
        let result = try await run(language, ["SERIAL": try await serial()])
        #expect(result.status == 0, "\(result.text) \(result.errorText)")
        #expect(result.text.contains(language == "bash" ? "serialNumber=" : "signed: Pay 10 € to Ñandú & Söhne?"))
    }

    @Test("refuse another person, and a user who refuses", arguments: ["bash", "python"])
    func refuses(_ language: String) async throws {
        #expect(try await run(language, ["SERIAL": "another"]).status != 0)
        let cancel = ["SERIAL": "any", "MSISDN": try platform.variable("MSISDN_CANCEL")]
        let refused = try await run(language, cancel)
        #expect(refused.status != 0 && refused.errorText.contains("cancel"), "\(refused.errorText)")
    }
}
