import Foundation
import MSSTestSupport
import Testing

/// Two operators' homes, each with its database, message centre, cards and roots, behind one AE.
@Suite("Two operators' homes behind one AE", .serialized)
struct RoamingTests {
    @Test("each sign their own users: by number, by table, by transaction; and one goes on without the other")
    func twoOperators() async throws {
        let two = try await TwoOperators.start()
        try await signed(two)
        try await followed(two)
        try await told(two)
        try await notified(two)
        try await sealed(two)
        // It leaves a table that no further AE would begin with.
        try await ported(two)
        try await away(two)
        await two.server.close()
    }

    private func signed(_ two: TwoOperators) async throws {
        let provider = try Provider(two.entity.platform)
        for (home, prefix) in [(two.north, "h1"), (two.south, "s1")] {
            let answer = try await provider.sign("By one AE", by: try home.cards[0].msisdn)
            #expect(answer.status == "500" && answer.transactionID?.hasPrefix(prefix) == true, "\(answer.body)")
            let signature = try #require(answer.signature)
            #expect(try await Verdict.content(of: signature, on: home) == "By one AE")
        }
        #expect(try await provider.sign("Nobody's", by: "+4612345678").fault == "105")
        let metrics = try await two.entity.ask("metrics")
        for (home, by) in [("north", "prefix"), ("south", "prefix"), ("none", "none")] {
            #expect(metrics.contains(#"mssp_ae_routes_total{by="\#(by)",home="\#(home)"} 1"#), "\(metrics)")
        }
    }

    /// What follows a signature goes where it was made.
    private func followed(_ two: TwoOperators) async throws {
        let provider = try Provider(two.entity.platform)
        let number = try two.south.cards[TwoOperators.slow].msisdn
        let begun = try await provider.sign("Later", by: number, mode: "asynchClientServer")
        let id = try #require(begun.transactionID, "\(begun.body)")
        #expect(try await provider.status(of: id).status == "504")
        // Another AE knows the way as well as the one that began it.
        let other = try await two.another()
        let end = try await ended(Provider(other.platform), id)
        #expect(end.status == "500", "\(end.body)")
        try await other.part.stop()
        #expect(try await provider.receipt(of: id, "Thank you", by: number, asks: false).status == "100")
        #expect(try await provider.status(of: "w1" + id.dropFirst(2)).fault == "101")
    }

    /// The south wants to be told the route; an AE that does not is nobody whose user could do anything about it.
    private func told(_ two: TwoOperators) async throws {
        let entity = try await two.another("ae-untold") { $0.replacing("roaming = true\n", with: "") }
        let provider = try Provider(entity.platform)
        #expect(try await provider.sign("Not told to", by: two.north.cards[0].msisdn).status == "500")
        let refused = try await provider.sign("Not told", by: two.south.cards[0].msisdn)
        #expect(refused.fault == "780" && refused.body.contains(Self.role), "\(refused.body)")
        #expect(refused.detail?.contains("(701)") == true, "\(refused.body)")
        let metrics = try await entity.ask("metrics")
        #expect(metrics.contains(#"mssp_mesh_routes_refused_total{fault="701",home="south"} 1"#), "\(metrics)")
        try await entity.part.stop()
        #expect(try await !two.entity.ask("metrics").contains("mesh_answers_unrouted"))
    }

    private static let role = "<soapenv:Role>http://uri.etsi.org/TS102207/v1.1.3#role_AcquiringEntity</soapenv:Role>"

    private func ported(_ two: TwoOperators) async throws {
        let provider = try Provider(two.entity.platform)
        let number = try two.south.cards[TwoOperators.ported].msisdn
        #expect(try await provider.sign("Not there", by: number).fault == "105")
        try two.write("ported.changes", "mssp-ported-changes 1 1 2 1\n\(number.dropFirst()) south\n")
        try await two.until("ae_ported_serial", is: 2)
        let answer = try await provider.sign("Ported", by: number)
        #expect(answer.status == "500", "\(answer.body)")
        try two.write("ported.table", "mssp-ported-numbers 1 3 9\n\(number.dropFirst()) north\n")
        for _ in 0..<100 {
            let metrics = try await two.entity.ask("metrics")
            if metrics.contains(#"ae_ported_files_total{file="table",outcome="refused"} 1"#) { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await provider.sign("Still ported", by: number).status == "500")
    }

    /// One AE fetches what is due from both homes, and carries it to the same provider.
    private func notified(_ two: TwoOperators) async throws {
        var provider = try Provider(two.entity.platform)
        provider.url = two.url
        for (home, prefix) in [(two.north, "h1"), (two.south, "s1")] {
            let before = two.server.requests.count
            let number = try home.cards[0].msisdn
            let answer = try await provider.sign("Tell me", by: number, mode: "asynchServerServer")
            let id = try #require(answer.transactionID, "\(answer.body)")
            try await two.told(before + 1)
            #expect(two.server.requests.last?.transactionID == id && id.hasPrefix(prefix))
            try await two.expectNothingDue(at: home)
        }
    }

    /// A provider that trusts nobody on the way, at the other operator's home too: its octets arrive as they were, with the
    /// route beside them, and what comes back is that home's own word.
    private func sealed(_ two: TwoOperators) async throws {
        try two.registerSigner()
        var caller = try SigningProvider(two.entity.platform)
        caller.provider.url = two.url
        for (home, cards) in [(two.north, 0), (two.south, 0)] {
            let number = try home.cards[cards].msisdn
            var asked = try await caller.sign("Trust nobody", by: number)
            // The home looks into its file once a second.
            for _ in 0..<100 where asked.answer.fault == "104" {
                try await Task.sleep(for: .milliseconds(200))
                asked = try await caller.sign("Trust nobody", by: number)
            }
            let body = asked.answer.body
            #expect(asked.answer.status == "500", "\(body)")
            #expect(try await SigningProvider.verifies(body, "MSS_SignatureResp", by: home), "\(body)")
            let other = home.folder == two.north.folder ? two.south : two.north
            #expect(try await !SigningProvider.verifies(body, "MSS_SignatureResp", by: other))
            let before = two.server.requests.count
            let begun = try await caller.sign("Tell me yourself", by: number, mode: "asynchServerServer")
            #expect(begun.answer.status == "100", "\(begun.answer.body)")
            try await two.told(before + 1)
            let told = try #require(two.server.requests.last?.body)
            #expect(try await SigningProvider.verifies(told, "MSS_StatusResp", by: home), "\(told)")
            try await two.expectNothingDue(at: home)
        }
        let untold = try await two.another("ae-signed-untold") { $0.replacing("roaming = true\n", with: "") }
        let refused = try await SigningProvider(untold.platform).sign("Not told", by: two.south.cards[0].msisdn).answer
        #expect(refused.fault == "780" && refused.detail?.contains("(701)") == true, "\(refused.body)")
        try await untold.part.stop()
        #expect(try await !two.entity.ask("metrics").contains("mesh_answers_unrouted"))
    }

    private func away(_ two: TwoOperators) async throws {
        let provider = try Provider(two.entity.platform)
        let (here, there) = (try two.north.cards[0].msisdn, try two.south.cards[0].msisdn)
        kill(try two.south.process("home"), SIGKILL)
        try await two.until(#""home.south":false"#)
        #expect(try await two.entity.ask("ready").contains(#""home.north":true,"home.south":false,"providers":true"#))
        #expect(try await provider.sign("Goes on", by: here).status == "500")
        let refused = try await provider.sign("Away", by: there)
        #expect(refused.fault == "780" && refused.body.contains(Self.role), "\(refused.body)")
        #expect(try await two.entity.ask("metrics").contains(#"mssp_mesh_calls_failed_total{home="south""#))
        let log = try String(contentsOfFile: two.north.file("logs/ae-roaming.log"), encoding: .utf8)
        let line = log.split(separator: "\n").last { $0.contains("call to the next service failed") }
        #expect(line?.contains(#""home":"south""#) == true, "\(line ?? "no line")")
        #expect(!log.contains(there.dropFirst()), "the log has a number")
        try two.south.restart("HomeMSSPService", "home")
        try await two.until(#""home.south":true"#)
        var again = try await provider.sign("Back", by: there)
        for _ in 0..<100 where again.status != "500" {
            try await Task.sleep(for: .milliseconds(200))
            again = try await provider.sign("Back", by: there)
        }
        #expect(again.status == "500", "\(again.body)")
    }
}

/// Two platforms, and an AE of the first that knows both homes.
struct TwoOperators: Sendable {
    let north, south: Platform
    let entity: Entity
    /// The provider's own, told of ended transactions.
    let server: ProviderServer

    /// Users of the south: those whose number begins so, the one who answers late, and the one whose number does not.
    static let slow = 3
    static let ported = 4

    static func start() async throws -> TwoOperators {
        let port = try FreePort.next()
        let providers = "s|localhost:9444|localhost:\(port)|; " + NotificationTests.signingEntry(port)
        async let first = Platform.start(
            "north",
            [
                "BEHAVIOURS": "sign,cancel,wrongPIN,silent", "CARDS": "4", "REGISTER": "1",
                "PROVIDERS_EDIT": providers,
            ]
        )
        async let second = Platform.start("south", south.merging(["PROVIDERS_EDIT": providers]) { $1 })
        let (north, south) = (try await first, try await second)
        // The south's own AE has the same name, so it would fetch what is due too: it does not trust this provider's root.
        kill(try south.process("ae"), SIGTERM)
        try write("ported.table", "mssp-ported-numbers 1 1 0\n", north)
        let entity = try await Entity.start(north, "ae-roaming") { try change($0, north, south) }
        let server = try await NotificationTests.server(north, port) { _ in false }
        let two = TwoOperators(north: north, south: south, entity: entity, server: server)
        try await two.until(#""home.north":true,"home.south":true"#)
        return two
    }

    /// The numbers from …06 to …09 begin as no other's; …10 begins as the north's.
    private static var south: [String: String] {
        let name = "s|urn:mssp:demo:home|urn:mssp:south:home|"
        return [
            "BEHAVIOURS": "sign,cancel,wrongPIN,delay:3000,sign", "CARDS": "5", "REGISTER": "5",
            "MSISDN_FIRST": "358500000006", "HOME_IDENTITY": "urn:mssp:south:home", "ME_EDIT": name,
            "AE_EDIT": name + #";s|^identity = "urn:mssp:south:home"|&\nroaming = true|"#,
            "HOME_EDIT": name
                + #";0,/^prefix = /s|^prefix = .*|prefix = "s1"|;$ a [abuse]\nrefusal_pause_seconds = 0\n[roaming]\nrequired_of = ["urn:mssp:demo:ae"]"#,
        ]
    }

    /// One more AE with the same configuration.
    func another(
        _ name: String = "ae-roaming-too",
        _ more: (String) -> String = { $0 }
    ) async throws -> Entity {
        try await Entity.start(north, name) { more(try Self.change($0, north, south)) }
    }

    private static func change(_ text: String, _ north: Platform, _ south: Platform) throws -> String {
        let named = #"identity = "urn:mssp:demo:home""#
        try #require(text.contains(named + "\n[home.credential]"))
        let first = "\nname = \"north\"\ntransactions = \"h1\"\nnumbers = [\"+358\"]\n"
        let further = """

            [[homes]]
            name = "south"
            url = "\(try south.variable("HOME_URL"))"
            identity = "urn:mssp:south:home"
            transactions = "s1"
            roaming = true
            numbers = ["+35850000000"]
            providers_trust = "\(south.file("pki/identity-ca.pem"))"
            [homes.credential]
            certificate = "\(south.file("pki/ae-client.pem"))"
            key = "\(south.file("pki/ae-client.key"))"
            trust = "\(south.file("pki/mesh-ca.pem"))"
            [ported]
            table = "ported.table"
            changes = "ported.changes"
            [providers]

            """
        return text.replacing(named + "\n[home.credential]", with: named + first + "[home.credential]")
            .replacing("\n[providers]\n", with: further)
    }

    func write(_ name: String, _ text: String) throws { try Self.write(name, text, north) }

    private static func write(_ name: String, _ text: String, _ platform: Platform) throws {
        let path = platform.file("config/\(name)")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }

    var url: String { "https://localhost:\(server.port)\(NotificationTests.path)" }

    /// Waits until the provider was told so often: past the second try, 15 s after a first that failed.
    func told(_ count: Int) async throws {
        for _ in 0..<800 where server.requests.count < count { try await Task.sleep(for: .milliseconds(50)) }
        guard server.requests.count < count else { return }
        let metrics = try await entity.ask("metrics").split(separator: "\n").filter { $0.contains("notification") }
        Issue.record("told \(server.requests.count) times in place of \(count): \(metrics)")
        throw CancellationError()
    }

    func expectNothingDue(at home: Platform) async throws {
        for _ in 0..<100 {
            if try await home.rows("SELECT count(*) FROM notifications") == ["0"] { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("a notification is still due")
    }

    /// The south's home takes what the provider signs with the key that the north's knows.
    func registerSigner() throws {
        let path = south.file("config/providers.toml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let own = south.file("pki/ap-demo.pem")
        let changed = text.replacing(
            #"message_certificate_files = ["\#(own)"]"#,
            with: #"message_certificate_files = ["\#(north.file("pki/ap-demo.pem"))"]"#
        )
        try #require(changed != text)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }

    /// Waits until AE says so of its readiness.
    func until(_ word: String) async throws {
        for _ in 0..<200 {
            if try await entity.ask("ready").contains(word) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("AE is not \(word): \(try await entity.ask("ready"))")
    }

    func until(_ metric: String, is value: Double) async throws {
        for _ in 0..<100 where try await entity.metric(metric) != value {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await entity.metric(metric) == value)
    }
}
