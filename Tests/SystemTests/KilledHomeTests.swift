import Foundation
import MSSTestSupport
import Testing

@Suite("A home that is killed between submit and answer")
struct KilledHomeTests {
    @Test("comes back: the signature is there, and the user was asked once")
    func killedBetween() async throws {
        let platform = try await Platform.start("killed")
        let provider = try Provider(platform)
        let msisdn = try platform.extraNumber(0)
        let answer = try await provider.sign("Survive this", by: msisdn, mode: "asynchClientServer", timeOut: 60)
        #expect(answer.status == "100", "\(answer.body)")
        let id = try #require(answer.transactionID)
        kill(try platform.process("home"), SIGKILL)
        try await Task.sleep(for: .milliseconds(300))
        // Without a home, AE says so and blames nobody else.
        let meanwhile = try await provider.status(of: id)
        #expect(meanwhile.fault == "780" || meanwhile.fault == "900", "\(meanwhile.body)")
        // The card answers while there is no home: the message centre keeps what it sends.
        try await Task.sleep(for: .seconds(5))
        try platform.restart("HomeMSSPService", "home")
        let end = try await ended(provider, id)
        #expect(end.status == "500", "\(end.body)")
        let signature = try #require(end.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "Survive this")
        let again = try await provider.status(of: id)
        #expect(again.signature == signature)
        #expect(try await platform.rows("SELECT count(*) FROM evidence WHERE id = '\(id)'") == ["1"])
        try expectOnePrompt(platform, msisdn)
    }

    /// The simulator notes each text that it shows on a phone; activation shows none.
    private func expectOnePrompt(_ platform: Platform, _ msisdn: String) throws {
        let log = try String(contentsOfFile: platform.file("logs/simulator.log"), encoding: .utf8)
        let lines = log.split(separator: "\n").filter { $0.contains("prompt") && $0.contains(msisdn.suffix(4)) }
        #expect(lines.count == 1, "\(lines)")
    }
}
