import Foundation
import MSSTestSupport
import Testing

@Suite("The sandbox, by the real services")
struct SandboxTests {
    private func sandbox() async throws -> Provider {
        let platform = try await Platform.running
        return try Provider(platform, certificate: "ap-sandbox", apID: platform.variable("SANDBOX_AP_ID"))
    }

    @Test(
        "ends a request to a test number with its fault, at once or when asked later; one level, as the plain answer is"
    )
    func faults() async throws {
        let sandbox = try await sandbox()
        for (number, code) in [("401", "401"), ("4014", "401"), ("103", "103"), ("406", "406"), ("900", "900")] {
            let answer = try await sandbox.sign("Pay", by: "+41000092" + number)
            #expect(answer.fault == code && !answer.body.contains("xmlns:fi"), "\(answer.body)")
            #expect(answer.detail?.hasPrefix("Test number: ") == true)
        }
        let taken = try await sandbox.sign("Pay", by: "+410000922082", mode: "asynchClientServer")
        #expect(taken.status == "100", "\(taken.body)")
        #expect(try await sandbox.status(of: try #require(taken.transactionID)).fault == "208")
    }

    @Test("reaches no user, and no other provider reaches its numbers")
    func apart() async throws {
        let platform = try await Platform.running
        let sandbox = try await sandbox()
        let before = try platform.prompts(platform.variable("MSISDN_SILENT"))
        #expect(try await sandbox.sign("Pay", by: platform.variable("MSISDN_SILENT")).fault == "105")
        #expect(try platform.prompts(platform.variable("MSISDN_SILENT")) == before)
        let other = try Provider(platform)
        let (test, unknown) = (
            try await other.sign("Pay", by: "+41000092401"),
            try await other.sign("Pay", by: platform.variable("MSISDN_UNKNOWN"))
        )
        #expect(test.fault == "105" && test.detail == unknown.detail)
    }
}
