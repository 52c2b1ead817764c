import Foundation
import MSSTestSupport
import Testing

/// A home whose KEK is in a token (SoftHSM2), as processes.
@Suite("A home that starts sealed, with its KEK in a token", .serialized)
struct SealedHomeTests {
    @Test(
        "does nothing before the PIN comes, replaces its KEK while it signs, and survives a kill in the middle of that"
    )
    func token() async throws {
        let home = try await Self.start()
        try await sealed(home)
        try await rotated(home)
        try await killed(home)
    }

    private static func start() async throws -> HomeProcess {
        let token = try await SoftwareToken.next()
        let pin = Platform.base("token").path + "-pin"
        try Data(SoftwareToken.pin.utf8).write(to: URL(filePath: pin))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pin)
        let vault =
            "[vault.token]\\nmodule = \"\(SoftwareToken.module)\"\\nlabel = \"\(token)\"\\npin = \"\(pin)\"\ns/^top_key/# top_key/"
        let home = try await HomeProcess.start("token", vault)
        #expect(try await home.ready().contains(#""vault":true"#))
        try home.change("pin = \"\(pin)\"", to: "# no PIN in a file")
        try FileManager.default.removeItem(atPath: pin)
        try home.change("start = \"unattended\"", to: "start = \"sealed\"")
        return home
    }

    private func sealed(_ home: HomeProcess) async throws {
        let (provider, number) = (try Provider(home.platform), try home.platform.extraNumber(2))
        let slow = try home.platform.extraNumber(0)
        let running = try await provider.sign("Begun before", by: slow, mode: "asynchClientServer")
        let id = try #require(running.transactionID, "\(running.body)")
        try await home.stop(SIGKILL)
        try await home.start(until: #""vault":"sealed""#)
        #expect(try await home.ask("health") == "alive\n")
        #expect(try await home.ask("metrics").contains("mssp_vault_sealed 1"))
        #expect(try await home.type("status").said == ["sealed, KEK 1"])
        let refused = try await provider.sign("Not now", by: number)
        #expect(refused.fault == "780" && refused.body.contains("not unlocked yet"), "\(refused.body)")
        #expect(try await provider.status(of: id).fault == "780")
        var agent = provider
        agent.certificate = "ra-demo"
        let registration = try await agent.register("GetMobileUser", number)
        #expect(registration.body.contains("780") || registration.body.contains("not unlocked"), "\(registration.body)")
        // The card answers meanwhile: nobody takes the answer, nobody ends or adopts what it was asked.
        try await Task.sleep(for: .seconds(4))
        #expect(try await home.platform.rows("SELECT running FROM transactions WHERE id = '\(id)'") == ["t"])
        let wrong = try await home.type("unseal", ["99999999"])
        #expect(wrong.status == 70 && wrong.errors.contains("does not let this user in"), "\(wrong)")
        let early = try await home.type("unseal", [SoftwareToken.pin])
        #expect(early.errors.contains("wait"), "\(early)")
        try await unseal(home)
        let end = try await ended(provider, id)
        #expect(end.status == "500", "\(end.body)")
        #expect(try home.platform.prompts(slow) == 1)
        #expect(try await provider.sign("Now", by: number).status == "500")
        let audit = try await home.platform.rows(
            "SELECT act || ' ' || phase || ' ' || outcome FROM audit_log WHERE act = 'unseal' AND peer LIKE 'uid %' ORDER BY id"
        )
        #expect(
            audit.first == "unseal intent by pin" && audit.last == "unseal result ok" && audit.count == 4,
            "\(audit)"
        )
    }

    private func unseal(_ home: HomeProcess) async throws {
        try await Task.sleep(for: .milliseconds(1_100))
        let result = try await home.type("unseal", [SoftwareToken.pin])
        #expect(result.status == 0 && result.said == ["unsealed"], "\(result)")
        try await home.awaitReady(#""smsc":true,"smsc.primary":true,"vault":true"#)
    }

    private func rotated(_ home: HomeProcess) async throws {
        let (provider, platform) = (try Provider(home.platform), home.platform)
        let signers = try (2...3).map { try platform.extraNumber($0) } + [try platform.variable("MSISDN_SIGN")]
        async let answers = withThrowingTaskGroup { group in
            for number in signers {
                group.addTask {
                    var statuses: [String?] = []
                    for turn in 0..<6 { statuses.append(try await provider.sign("While \(turn)", by: number).status) }
                    return statuses
                }
            }
            return try await group.reduce(into: [String?]()) { $0 += $1 }
        }
        for version in 2...4 {
            let result = try await home.type("rotate-kek", [SoftwareToken.pin])
            #expect(result.said.last?.hasPrefix("257 keys are wrapped under KEK \(version)") == true, "\(result)")
        }
        let all = try await answers
        #expect(all == Array(repeating: "500", count: 18), "\(all)")
        #expect(try await home.ask("metrics").contains("mssp_vault_kek_version 4"))
    }

    private func killed(_ home: HomeProcess) async throws {
        // Whoever holds the table keeps the rotation between the new KEK and the commit.
        let holding = Task {
            try await home.platform.rows("BEGIN; LOCK TABLE vault_keys IN EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT")
        }
        try await Task.sleep(for: .seconds(1))
        async let rotation = home.type("rotate-kek", [SoftwareToken.pin])
        try await Task.sleep(for: .seconds(1))
        try await home.stop(SIGKILL)
        #expect(try await rotation.status != 0)
        _ = try await holding.value
        #expect(try await home.platform.rows("SELECT max(kek_version) FROM vault_keys") == ["4"])
        try await home.start(until: #""vault":"sealed""#)
        try await unseal(home)
        let provider = try Provider(home.platform)
        let number = try home.platform.extraNumber(2)
        #expect(try await provider.sign("Under the old one", by: number).status == "500")
        let again = try await home.type("rotate-kek", [SoftwareToken.pin])
        #expect(again.said.first == "KEK 5 is there already, from a rotation that was broken off", "\(again)")
        for version in 1...4 {
            let result = try await home.type("destroy-kek --version \(version)", [SoftwareToken.pin])
            #expect(result.said.last?.hasPrefix("KEK \(version) is destroyed") == true, "\(result)")
        }
        try await home.stop()
        try await home.start(until: #""vault":"sealed""#)
        try await unseal(home)
        #expect(try await provider.sign("Under the new one", by: number).status == "500")
        let log = try String(contentsOfFile: home.platform.file("logs/home.log"), encoding: .utf8)
        #expect(!log.contains(SoftwareToken.pin))
    }
}
