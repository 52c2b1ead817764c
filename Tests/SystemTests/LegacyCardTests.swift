import Foundation
import MSSTestSupport
import Testing

/// A card of long ago behind the real services: its batch is named in the home's configuration, with a last day.
@Suite("A triple-DES card of a batch that is permitted")
struct LegacyCardTests {
    private static let batch = "2014-07"

    @Test("is imported, registered and signs, warned of at each start; after the last day it is 209, and why")
    func permittedThenOver() async throws {
        let platform = try await Platform.start("legacy", ["REGISTER": "1"])
        let card = try await personalise(platform)
        let operatorPort = try FreePort.next()
        try configure(platform, operatorPort)
        for part in ["home", "simulator"] { kill(try platform.process(part), SIGKILL) }
        try await Task.sleep(for: .milliseconds(300))
        let cards = platform.file("legacy/both.jsonl")
        let arguments = [
            "run", "--cards", cards, "--listen", "127.0.0.1:\(try platform.port("SMPP_PORT"))", "--system-id",
            "mssp-home", "--password-file", platform.file("state/smsc-password"),
        ]
        try platform.launch("SIMSimulator", arguments, as: "simulator")
        let home = try platform.restart("HomeMSSPService", "home")
        try await platform.untilReady(operatorPort)

        try await bringIn(platform)
        let agent = try Provider(platform, certificate: "ra-demo")
        let names: KeyValuePairs = ["GivenName": "Aino", "SurName": "Virtanen", "Language": "fi"]
        let created = try await agent.register("CreateMobileUser", card.msisdn, names)
        #expect(created.status == "408" || created.status == "100", "\(created.body)")
        let activated = try await agent.register("ActivateMobileUser", card.msisdn, ["VerifyCode": card.code])
        #expect(activated.status == "408" || activated.status == "100", "\(activated.body)")
        let answer = try await Provider(platform).sign("With triple DES", by: card.msisdn)
        #expect(answer.status == "500", "\(answer.body)")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "With triple DES")
        #expect(try warnings(platform) == ["a card batch uses triple DES: replace its cards"])

        try await home.stop()
        try change(platform, "last_day = \"2099-12-31\"", "last_day = \"2020-12-31\"")
        try platform.restart("HomeMSSPService", "home")
        try await platform.untilReady(operatorPort)
        let refused = try await Provider(platform).sign("Not any more", by: card.msisdn)
        #expect(refused.fault == "209", "\(refused.body)")
        #expect(refused.detail == "The user's SIM card is too old: its encryption may not be used any more.")
        #expect(try platform.prompts(card.msisdn) == 1)
        let over = "a card batch's permission for triple DES has ended: nothing is sent to its cards"
        #expect(try warnings(platform).last == over)
    }

    /// One card more, as a personaliser of that time made it: for the home a batch, for the simulator its keys.
    private func personalise(_ platform: Platform) async throws -> (msisdn: String, code: String) {
        let key = platform.file("state/transport-key")
        let digits = BatchSample.transportKey.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        try Data(digits.utf8).write(to: URL(filePath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let folder = platform.file("legacy")
        let series = ["--seed", platform.file("state/seed"), "--first", "100", "--count", "1", "--algorithm", "3des-2"]
        try await simulator(["personalise", "--out", folder] + series)
        try await simulator(["batch", "--out", folder + "/batch.csv", "--transport-key", key] + series)
        let records = try ["cards/cards.jsonl", "legacy/cards.jsonl"].map {
            try String(contentsOfFile: platform.file($0), encoding: .utf8)
        }
        let both = folder + "/both.jsonl"
        try records.joined().write(toFile: both, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: both)
        let index = try String(contentsOfFile: folder + "/index.tsv", encoding: .utf8)
        let values = index.trimmingCharacters(in: .newlines).split(separator: "\t").map { String($0) }
        return (values[2], values[4])
    }

    private func simulator(_ arguments: [String]) async throws {
        let result = try await Command.run(BuiltProducts.program("SIMSimulator").path, arguments)
        try #require(result.status == 0, "\(result.errorText)")
    }

    private func configure(_ platform: Platform, _ operatorPort: Int) throws {
        try change(
            platform,
            "[log]\n",
            """
            [[legacy_batch]]
            name = "\(Self.batch)"
            algorithm = "3des-2"
            last_day = "2099-12-31"
            [operator]
            listen = "127.0.0.1:\(operatorPort)"
            [log]

            """
        )
    }

    private func change(_ platform: Platform, _ old: String, _ new: String) throws {
        let file = platform.file("config/home.toml")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// The batch, at the console of the home's host, under a transport key of two custodians.
    private func bringIn(_ platform: Platform) async throws {
        let lines = BatchSample.components.map { "\($0.digits)\n\($0.checkValue)\n" }.joined()
        let components = platform.file("state/components")
        try lines.write(toFile: components, atomically: true, encoding: .utf8)
        let result = try await Command.run(
            "/bin/sh",
            [
                "-c",
                "exec \"$1\" import --config \"$2\" --all-or-none --batch \"$3\" --components-fd 3 \"$4\" 3<\"$5\"",
                "sh", try BuiltProducts.program("HomeMSSPService").path, platform.file("config/home.toml"), Self.batch,
                platform.file("legacy/batch.csv"), components,
            ]
        )
        #expect(result.status == 0 && result.text.contains("1 cards taken"), "\(result.text) \(result.errorText)")
    }

    /// What the home's starts said of the batch.
    private func warnings(_ platform: Platform) throws -> [String] {
        let log = try String(contentsOfFile: platform.file("logs/home.log"), encoding: .utf8)
        return log.split(separator: "\n").filter { $0.contains("triple DES") && $0.contains(Self.batch) }.compactMap {
            line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["message"] as? String
        }
    }
}
