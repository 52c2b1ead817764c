import Foundation
import MSSTestSupport
import Testing

@Suite("A provider that wants to be told")
struct NotificationTests {
    static let path = "/signed"

    /// A provider's server that takes the second and every later handing-out of what `refuses` says, and else the first.
    static func server(
        _ platform: Platform,
        _ port: Int,
        refuses: @escaping @Sendable (Int) -> Bool
    ) async throws -> ProviderServer {
        try await ProviderServer(
            certificate: Array(try Data(contentsOf: URL(filePath: platform.file("pki/ap-demo-server.pem")))),
            key: Array(try Data(contentsOf: URL(filePath: platform.file("pki/ap-demo-server.key")))),
            port: port
        ) { request, before in
            refuses(before) ? ProviderServer.Answer(500) : .receipt(request.transactionID ?? "")
        }
    }

    private func wait(_ server: ProviderServer, for count: Int) async throws {
        for _ in 0..<300 where server.requests.count < count { try await Task.sleep(for: .milliseconds(50)) }
        try #require(server.requests.count >= count, "\(server.requests)")
    }

    /// The outbox is empty: the home has heard of every acknowledgement.
    private func expectNothingDue(_ platform: Platform) async throws {
        for _ in 0..<100 {
            if try await platform.rows("SELECT count(*) FROM notifications") == ["0"] { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(try await platform.rows("SELECT * FROM notifications"))")
    }

    @Test("is told at its registered address, again until it acknowledges, whoever was restarted meanwhile")
    func told() async throws {
        let port = try FreePort.next()
        let edit = "s|localhost:9444|localhost:\(port)|; " + Self.signingEntry(port)
        let platform = try await Platform.start("notified", ["PROVIDERS_EDIT": edit])
        var provider = try Provider(platform)
        provider.url = "https://localhost:\(port)\(Self.path)"
        let server = try await Self.server(platform, port) { $0 == 1 }

        try await signed(platform, provider, server)
        try await refusedOnce(platform, provider, server)
        try await restarted(platform, provider, server)
        try await sealed(platform, server)
        try await elsewhere(provider)
        await server.close()
    }

    /// The entry of the provider whose messages are signed gets an address, and SOAP 1.1.
    static func signingEntry(_ port: Int) -> String {
        #"s|^message_certificate_files.*|&\nnotify = ["https://localhost:\#(port)\#(path)"]\nnotify_soap = "1.1"|"#
    }

    /// Who trusts nobody on the way is told under the home's signature, in the version of SOAP that its entry names.
    private func sealed(_ platform: Platform, _ server: ProviderServer) async throws {
        var caller = try SigningProvider(platform)
        caller.provider.url = "https://localhost:\(server.port)\(Self.path)"
        let before = server.requests.count
        let number = try platform.extraNumber(2)
        let answer = try await caller.sign("Tell me yourself", by: number, mode: "asynchServerServer").answer
        let id = try #require(answer.transactionID, "\(answer.body)")
        try await wait(server, for: before + 1)
        let told = try #require(server.requests.last)
        #expect(told.transactionID == id && told.type.hasPrefix("text/xml"))
        #expect(told.body.contains("http://schemas.xmlsoap.org/soap/envelope/"), "\(told.body)")
        #expect(try await SigningProvider.verifies(told.body, "MSS_StatusResp", by: platform), "\(told.body)")
        let changed = told.body.replacing(id, with: id + "x")
        #expect(try await !SigningProvider.verifies(changed, "MSS_StatusResp", by: platform))
        try await expectNothingDue(platform)
    }

    private func signed(_ platform: Platform, _ provider: Provider, _ server: ProviderServer) async throws {
        let answer = try await provider.sign(
            "Tell me",
            by: platform.extraNumber(2),
            mode: "asynchServerServer",
            extra: PersonIdentityTests.query("q1", "surName", "validUntil")
        )
        #expect(answer.status == "100", "\(answer.body)")
        let id = try #require(answer.transactionID)
        try await wait(server, for: 1)
        let request = try #require(server.requests.first)
        #expect(request.path == Self.path && request.transactionID == id)
        let text = try #require(request.between("<mss:Base64Signature>", "<"))
        let signature = try #require(Data(base64Encoded: text))
        #expect(try await Verdict.content(of: signature, on: platform) == "Tell me")
        #expect(request.body.contains("PersonID#ok"), "\(request.body)")
        #expect(try await PersonIdentityTests.verifies(request.body, on: platform))
        #expect(try await provider.status(of: id).signature == signature)
        try await expectNothingDue(platform)
    }

    /// The user says no, and the provider's server does too, the first time.
    private func refusedOnce(_ platform: Platform, _ provider: Provider, _ server: ProviderServer) async throws {
        let number = try platform.variable("MSISDN_CANCEL")
        let answer = try await provider.sign("Say no", by: number, mode: "asynchServerServer")
        let id = try #require(answer.transactionID, "\(answer.body)")
        try await wait(server, for: 2)
        #expect(try await platform.rows("SELECT attempts FROM notifications") == ["1"])
        _ = try await platform.rows("UPDATE notifications SET due = now()")
        try await wait(server, for: 3)
        for request in server.requests[1...2] {
            #expect(request.transactionID == id && request.between("StatusCode Value=\"", "\"") == "401")
        }
        try await expectNothingDue(platform)
    }

    /// The card answers while there is neither an acquiring entity nor a home.
    private func restarted(_ platform: Platform, _ provider: Provider, _ server: ProviderServer) async throws {
        let number = try platform.extraNumber(1)
        let answer = try await provider.sign("After all", by: number, mode: "asynchServerServer", timeOut: 60)
        let id = try #require(answer.transactionID, "\(answer.body)")
        for name in ["ae", "home"] { kill(try platform.process(name), SIGKILL) }
        try await Task.sleep(for: .seconds(2))
        try platform.restart("HomeMSSPService", "home")
        try platform.restart("AEService", "ae")
        try await wait(server, for: 4)
        #expect(server.requests.last?.transactionID == id)
        try await expectNothingDue(platform)
    }

    private func elsewhere(_ provider: Provider) async throws {
        var provider = provider
        let number = try provider.platform.variable("MSISDN_SIGN")
        for url in ["https://localhost:1\(Self.path)", "http://169.254.169.254/", nil] {
            provider.url = url
            let answer = try await provider.sign("Elsewhere", by: number, mode: "asynchServerServer")
            #expect(answer.fault == "101" && answer.detail?.contains("AP_URL") == true, "\(answer.body)")
        }
    }
}
