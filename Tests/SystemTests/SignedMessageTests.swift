import Foundation
import MSSTestSupport
import Testing

/// A provider that trusts nobody on the way, with xmlsec1 and curl, through the real services.
@Suite("Signed messages, through the real services", .serialized)
struct SignedMessageTests {
    private static let apID = SigningProvider.apID

    /// The files that docs/wire.md names, and its commands.
    private func documented(_ platform: Platform) throws -> (folder: URL, script: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "signed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, file) in [
            ("messages.key", "ap-demo.key"), ("ap.pem", "ap-demo.pem"), ("ap.key", "ap-demo.key"),
            ("mesh-ca.pem", "mesh-ca.pem"), ("identity-ca.pem", "identity-ca.pem"),
        ] {
            let octets = try Data(contentsOf: URL(filePath: platform.file("pki/" + file)))
            try octets.write(to: folder.appending(path: name))
        }
        let document = try String(
            contentsOf: BuiltProducts.packageRoot.appending(path: "docs/wire.md"),
            encoding: .utf8
        )
        let section = try #require(document.range(of: "\n## Signed messages\n"))
        let start = try #require(document.range(of: "```sh\n", range: section.upperBound..<document.endIndex))
        let end = try #require(document.range(of: "\n```\n", range: start.upperBound..<document.endIndex))
        return (folder, String(document[start.upperBound..<end.lowerBound]))
    }

    private func run(_ script: String, in folder: URL, _ more: [String: String]) async throws -> Command.Result {
        let platform = try await Platform.running
        let environment = [
            "AE_URL": try platform.variable("AE_URL"), "AP_ID": Self.apID,
            "MSISDN": try platform.variable("MSISDN_SIGN"),
            "TRANSACTION": "S\(UInt64.random(in: 0...UInt64.max))",
        ].merging(more) { $1 }
        return try await Command.run(
            "bash",
            ["-c", "cd \"$FOLDER\" && \(script)"],
            environment: environment.merging(["FOLDER": folder.path]) { $1 }
        )
    }

    @Test("docs/wire.md's commands sign a request that is carried out, and verify its answer; a repetition asks nobody")
    func documentedExample() async throws {
        let platform = try await Platform.running
        let (folder, script) = try documented(platform)
        defer { try? FileManager.default.removeItem(at: folder) }
        let done = try await run(script, in: folder, [:])
        let file = folder.appending(path: "answer.xml")
        let answer = try String(contentsOf: file, encoding: .utf8)
        #expect(done.status == 0, "\(done.errorText) \(answer)")
        #expect(answer.contains("<MSS_SignatureResponse><mss:MSS_SignatureResp") && answer.contains("Value=\"500\""))
        let provider = try Provider(platform, apID: Self.apID)
        let signed = try Data(contentsOf: folder.appending(path: "signed.xml"))
        let url = try platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort"
        let prompts = try platform.prompts(platform.variable("MSISDN_SIGN"))
        let again = try await provider.post(signed, to: url)
        #expect(again.transactionID != nil && answer.contains("MSSP_TransID=\"\(again.transactionID ?? "")\""))
        #expect(try platform.prompts(platform.variable("MSISDN_SIGN")) == prompts)
        let content = try #require(again.signature)
        #expect(try await Verdict.content(of: content, on: platform) == "Hello")
        // One octet of it, on the way.
        let changed = Data(String(decoding: signed, as: UTF8.self).replacing(">Hello<", with: ">Hullo<").utf8)
        let refused = try await provider.post(changed, to: url)
        #expect(refused.fault == "104" && refused.detail?.contains("not over this message") == true, "\(refused.body)")
        let damaged = answer.replacing("MSSP_TransID=\"", with: "MSSP_TransID=\"x")
        try damaged.write(to: file, atomically: true, encoding: .utf8)
        let root = folder.appending(path: "identity-ca.pem").path
        #expect(try await !MessageSigner.verifies(file.path, element: "MSS_SignatureResp", root: root))
    }

    @Test("a fault is signed as an answer is, and names the request that it answers")
    func fault() async throws {
        let platform = try await Platform.running
        let asked = try await SigningProvider(platform).sign("Say no", by: platform.variable("MSISDN_CANCEL"))
        let soap = "http://www.w3.org/2003/05/soap-envelope"
        let body = asked.answer.body
        #expect(asked.answer.fault == "401" && body.contains("RequestDigest=\"\(asked.digest)\""), "\(body)")
        #expect(try await SigningProvider.verifies(body, "Body", of: soap, by: platform), "\(body)")
        let changed = body.replacing("mss:_401", with: "mss:_402")
        #expect(try await !SigningProvider.verifies(changed, "Body", of: soap, by: platform))
        // Found before its signature was: AE's own word.
        let unsigned = try await Provider(platform, apID: Self.apID).sign("x", by: platform.variable("MSISDN_SIGN"))
        #expect(!unsigned.body.contains("<mss:MSS_MessageSignature"), "\(unsigned.body)")
    }

    @Test("status queries, profile queries and what is this platform's own are signed as well, and answered so")
    func otherOperations() async throws {
        let platform = try await Platform.running
        let (folder, _) = try documented(platform)
        defer { try? FileManager.default.removeItem(at: folder) }
        let number = try platform.variable("MSISDN_SIGN")
        let own = "xmlns:own=\"urn:mssp:204:1\""
        let rows = [
            (
                "MSS_ProfileQuery", "mss:MSS_Profile", "",
                "<mss:MobileUser><mss:MSISDN>\(number)</mss:MSISDN></mss:MobileUser>"
            ),
            ("MSSP_Fit", "own:MSSP_Fit", own, #"<mss:DataToBeSigned>x</mss:DataToBeSigned>"#),
        ]
        for (operation, message, namespace, content) in rows {
            let envelope = MessageSigner.envelope(
                """
                <\(message)Req \(namespace) ID="m1" MajorVersion="1" MinorVersion="1">\
                \(try Provider(platform, apID: Self.apID).header)\(content)</\(message)Req>
                """,
                operation: operation,
                MessageSigner.template(method: MessageSigner.ecdsaSHA256)
            )
            try envelope.write(to: folder.appending(path: "request.xml"), atomically: true, encoding: .utf8)
            let uri = namespace.isEmpty ? MessageSigner.mss : "urn:mssp:204:1"
            let name = message.split(separator: ":")[1]
            let done = try await run(
                """
                xmlsec1 --sign --id-attr:ID \(uri):\(name)Req --privkey-pem messages.key --output signed.xml request.xml &&
                curl --silent --cacert mesh-ca.pem --cert ap.pem --key ap.key -H 'Content-Type: application/soap+xml' \
                --data-binary @signed.xml "$AE_URL/soap/services" >answer.xml &&
                xmlsec1 --verify --id-attr:ID \(uri):\(name)Resp --enabled-reference-uris same-doc \
                --trusted-pem identity-ca.pem answer.xml
                """,
                in: folder,
                [:]
            )
            let answer = try String(contentsOf: folder.appending(path: "answer.xml"), encoding: .utf8)
            #expect(done.status == 0, "\(done.errorText) \(answer)")
        }
    }

    @Test("what is not signed is refused, in SOAP and in JSON, with who must act")
    func unsigned() async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform, apID: Self.apID)
        let refused = try await provider.sign("Hello", by: platform.variable("MSISDN_SIGN"))
        #expect(refused.fault == "104" && refused.body.contains("Act=\"provider\""), "\(refused.body)")
        #expect(refused.detail?.contains("must be signed") == true)
        let json = """
            {"MSS_SignatureReq":{"AP_Info":{"AP_ID":"\(Self.apID)","AP_TransID":"J1","AP_PWD":"","Instant":"2026-01-01T00:00:00Z"},\
            "DataToBeSigned":{"Data":"x","MimeType":"text/plain"},"MessagingMode":"synch","MobileUser":{"MSISDN":"+358401000001"}}}
            """
        let answer = try await provider.post(
            Data(json.utf8),
            to: platform.variable("AE_URL") + "/rest/service",
            type: "application/json"
        )
        #expect(answer.body.contains("_104") && answer.body.contains("must be signed"), "\(answer.body)")
    }

    @Test("MSS_Handshake names the methods that are signed, to this provider alone")
    func handshake() async throws {
        let platform = try await Platform.running
        func ask(_ apID: String) async throws -> String {
            let provider = try Provider(platform, apID: apID)
            let methods = ["Signature", "Registration", "Notification", "ProfileQuery", "Receipt", "Status"]
            let attributes = methods.map { "MSS_\($0)=\"true\"" }.joined(separator: " ")
            let message = """
                <mss:MSS_HandshakeReq MajorVersion="1" MinorVersion="1">\(provider.header)<mss:SecureMethods \(attributes)/>\
                <mss:Certificates/><mss:RootCAs/><mss:SignatureAlgList/></mss:MSS_HandshakeReq>
                """
            let url = try platform.variable("AE_URL") + "/soap/services/MSS_HandshakePort"
            return try await provider.post(Provider.envelope("MSS_Handshake", message), to: url).body
        }
        let signing = try await ask(Self.apID)
        #expect(signing.contains("MSS_Signature=\"true\"") && signing.contains("MSS_Notification=\"true\""))
        #expect(signing.contains("xmldsig-more#ecdsa-sha256"), "\(signing)")
        #expect(try await !ask(platform.variable("AP_ID")).contains("\"true\""))
    }
}
