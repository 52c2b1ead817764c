import Foundation
import MSSTestSupport
import Testing

@Suite("Somebody who has a stranger's phone ask again and again")
struct AbuseTests {
    @Test("is held back also after a crash, alone, and heard of when the user says so", .timeLimit(.minutes(2)))
    func bomber() async throws {
        let port = try FreePort.next()
        let behaviours = "sign,cancel,wrongPIN,silent,notMe"
        let platform = try await Platform.start(
            "abuse",
            [
                "HOME_EDIT": HomeProcess.edit(operatorPort: port, #"[abuse]\nunanswered_per_hour = 1"#),
                "BEHAVIOURS": behaviours, "CARDS": "5",
                "REGISTER": "5",
                "PROVIDERS_EDIT":
                    #"s|^name = "Demo Provider"|&\nservices = ["eventId", "noSpam", "signingCertificate"]|"#,
            ]
        )
        let home = HomeProcess(platform: platform, operatorPort: port)
        let bomber = try Provider(platform)
        let other = try Provider(platform, apID: "http://ae.demo.mssp/ap-documents")
        let silent = try platform.variable("MSISDN_SILENT")
        #expect(try await bomber.sign("Let me in", by: silent, timeOut: 1).fault == "208")
        try await held(bomber, silent)
        try await home.stop(SIGKILL)
        try await home.start()
        try await held(bomber, silent)
        #expect(try await inVain(other, silent).fault == "208")
        #expect(try platform.prompts(silent) == 2)

        let agent = try Provider(platform, certificate: "ra-demo")
        let set = try await agent.register("SetNoSpamCode", silent, ["NoSpamCode": "Kissa7"])
        #expect(set.status == "100", "\(set.body)")
        #expect(try await bomber.sign("Let me in", by: silent, timeOut: 1).fault == "101")
        let wrong = try await bomber.sign(
            "Let me in",
            by: silent,
            timeOut: 1,
            extra: Self.service("noSpam", "NoSpamCode", "Koira7")
        )
        #expect(wrong.fault == "101" && wrong.body.contains("docs/faults.md#1011"), "\(wrong.body)")
        let right = Self.service("noSpam", "NoSpamCode", "kissa7")
        #expect(try await inVain(bomber, silent, right).fault == "208")

        let event = Self.service("eventId", "EventID", "A1B2")
        let signed = try await bomber.sign("Hello", by: platform.variable("MSISDN_SIGN"), extra: event)
        #expect(signed.status == "500", "\(signed.body)")
        let certified = """
            <mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>\
            http://www.methics.fi/KiuruMSSP/v5.0.0#signingCertificate</mss:mssURI></mss:Description></mss:Service>\
            </mss:AdditionalServices>
            """
        let answered = try await bomber.sign("Hello", by: platform.variable("MSISDN_SIGN"), extra: certified)
        #expect(answered.between("<mth:X509Certificate>", "<")?.isEmpty == false, "\(answered.body)")

        let victim = try platform.extraNumber(0)
        let answer = try await bomber.sign("Let me in", by: victim)
        #expect(answer.fault == "401" && answer.body.contains("docs/faults.md#4014"), "\(answer.body)")
        #expect(answer.detail == "The user says: I did not start this.")
        #expect(try await bomber.sign("Let me in", by: victim).fault == "406")
        let metrics = try await home.ask("metrics")
        #expect(metrics.contains("mssp_home_not_me_total 1"))
        #expect(metrics.contains(#"mssp_home_prompts_held_total{reason="refused"} 1"#))
        let log = try String(contentsOfFile: platform.file("logs/home.log"), encoding: .utf8)
        #expect(log.contains("the user did not start what their phone asked"))
        for value in [victim, silent, "issa7", "oira7"] { #expect(!log.contains(value)) }
    }

    /// Asks somebody who does not react, once the prompt before it has gone from the phone.
    private func inVain(_ provider: Provider, _ number: String, _ extra: String = "") async throws -> Provider.Answer {
        for _ in 0..<60 {
            let answer = try await provider.sign("Somebody asks", by: number, timeOut: 1, extra: extra)
            guard answer.body.contains("docs/faults.md#406\"") else { return answer }
            try await Task.sleep(for: .milliseconds(400))
        }
        throw StartFailure(said: "the phone does not become free")
    }

    private static func service(_ name: String, _ element: String, _ value: String) -> String {
        """
        <mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>\
        http://mss.ficom.fi/TS102204/v1.0.0#\(name)</mss:mssURI></mss:Description>\
        <fi:\(element) xmlns:fi="http://mss.ficom.fi/TS102204/v1.0.0#">\(value)</fi:\(element)>\
        </mss:Service></mss:AdditionalServices>
        """
    }

    private func held(_ bomber: Provider, _ number: String) async throws {
        let answer = try await bomber.sign("Let me in", by: number, timeOut: 1)
        #expect(answer.fault == "406" && answer.body.contains("docs/faults.md#4061"), "\(answer.body)")
        let seconds = try #require(answer.between("RetryAfter=\"", "\"").flatMap { Int($0) })
        #expect((3_500...3_600).contains(seconds))
    }
}
