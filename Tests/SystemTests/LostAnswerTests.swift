import MSSTestSupport
import Testing

@Suite("An answer that is lost between card and home")
struct LostAnswerTests {
    @Test("is asked for by REPEAT: the signature arrives in time, and the person was asked once")
    func repeated() async throws {
        let platform = try await Platform.running
        let msisdn = try platform.extraNumber(5)
        let answer = try await Provider(platform).sign("Say that again", by: msisdn, timeOut: 12)
        #expect(answer.status == "500", "\(answer.body)")
        // Five seconds after the command, and never at the deadline.
        #expect((4.5..<10).contains(answer.seconds), "\(answer.seconds) s")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "Say that again")
        #expect(try platform.prompts(msisdn) == 1)
    }
}
