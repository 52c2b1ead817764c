import Foundation
import MSSTestSupport
import Testing

@Suite("Message centres that are away")
struct MessageCentreOutageTests {
    @Test("one of two: signatures go by the other, and the operator sees it; both: providers are told at once")
    func outage() async throws {
        let platform = try await Platform.start("outage")
        let provider = try Provider(platform)
        let operatorPort = try FreePort.next()
        try configure(platform, operatorPort)
        kill(try platform.process("home"), SIGKILL)
        try await Task.sleep(for: .milliseconds(300))
        try platform.restart("HomeMSSPService", "home")
        let signed = try await signed(provider, try platform.extraNumber(2))
        #expect(signed.status == "500", "\(signed.body)")
        let ready = try await ask("ready", operatorPort)
        #expect(ready == #"{"database":true,"smsc":true,"smsc.away":false,"smsc.primary":true,"vault":true}"#)
        let metrics = try await ask("metrics", operatorPort)
        #expect(metrics.contains(#"mssp_simlink_sessions_bound_total{smsc="primary"} 1"#))
        #expect(metrics.contains(#"mssp_simlink_sessions_lost_total{smsc="away"}"#))

        kill(try platform.process("simulator"), SIGKILL)
        try await Task.sleep(for: .seconds(1))
        let refused = try await provider.sign("Nobody carries this", by: try platform.extraNumber(3))
        #expect(refused.fault == "209" && refused.seconds < 5, "\(refused.seconds) s: \(refused.body)")
        let unready = try await ask("ready", operatorPort)
        #expect(unready == #"{"database":true,"smsc":false,"smsc.away":false,"smsc.primary":false,"vault":true}"#)
        let log = try String(contentsOfFile: platform.file("logs/home.log"), encoding: .utf8)
        let password = try String(contentsOfFile: platform.file("state/smsc-password"), encoding: .utf8)
        #expect(log.contains("no session with the message centre") && !log.contains(password))
    }

    /// Puts a message centre that nobody runs before the simulated one.
    private func configure(_ platform: Platform, _ operatorPort: Int) throws {
        let file = platform.file("config/home.toml")
        let away = """
            [[smsc]]
            name = "away"
            address = "127.0.0.1:\(try FreePort.next())"
            system_id = "mssp-home"
            password = "\(platform.file("state/smsc-password"))"
            source_address = "4444"

            [[smsc]]
            """
        let text = try String(contentsOfFile: file, encoding: .utf8)
            .replacing("[[smsc]]", with: away).replacing("priority = 0", with: "priority = 1")
        let whole = text + "\n[operator]\nlisten = \"127.0.0.1:\(operatorPort)\"\n"
        try whole.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// A signature, once the home is up again and bound.
    private func signed(_ provider: Provider, _ msisdn: String) async throws -> Provider.Answer {
        var answer = try await provider.sign("Another way", by: msisdn)
        for _ in 0..<50 where answer.status != "500" {
            try await Task.sleep(for: .milliseconds(200))
            answer = try await provider.sign("Another way", by: msisdn)
        }
        return answer
    }

    private func ask(_ path: String, _ port: Int) async throws -> String {
        let url = "http://127.0.0.1:\(port)/\(path)"
        let result = try await Command.run("curl", ["--silent", "--max-time", "10", url])
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
