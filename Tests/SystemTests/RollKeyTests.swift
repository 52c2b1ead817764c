import Foundation
import MSSTestSupport
import Testing

@Suite("A card's root key is rolled at the home's console")
struct RollKeyTests {
    @Test("and the card signs before, after, and when the home was killed in the middle of it")
    func rolled() async throws {
        let home = try await HomeProcess.start("rollover")
        let platform = home.platform
        let msisdn = try platform.extraNumber(2)
        let provider = try Provider(platform)
        func sign(_ text: String) async throws {
            var answer = try await provider.sign(text, by: msisdn)
            // A command that was begun when its home was killed is the card's until it is answered, or its minute is over.
            for _ in 0..<70 where answer.fault == "406" {
                try await Task.sleep(for: .seconds(1))
                answer = try await provider.sign(text, by: msisdn)
            }
            #expect(answer.status == "500", "\(answer.body)")
            let signature = try #require(answer.signature)
            #expect(try await Verdict.content(of: signature, on: platform) == text)
        }
        func roots() async throws -> [String] {
            try await platform.rows(
                "SELECT key_version, k.state FROM card_keys k JOIN cards USING (iccid) "
                    + "WHERE msisdn = '\(msisdn)' AND domain = 'wpki' ORDER BY key_version"
            )
        }
        try await sign("Under the first")
        let rolled = try await home.type("roll-key --msisdn \(msisdn)")
        #expect(rolled.status == 0 && rolled.said.last == "KVN 2 is in use, KVN 1 is dead on the card", "\(rolled)")
        #expect(try await roots() == ["1|retired", "2|active"])
        try await sign("Under the second")
        // The new root's counter: RETIRE KVN, and one signature.
        let frame = try await platform.rows(
            "SELECT frame, frame_key FROM card_counters JOIN cards USING (iccid) WHERE msisdn = '\(msisdn)'"
        )
        #expect(frame == ["2|2"])

        // Killed before the card has it, and once it has: 3 and 4 are each rolled once.
        for (version, word) in [(3, "is made"), (4, "is in use; telling")] {
            let process = try platform.process("home")
            let program = try BuiltProducts.program("HomeMSSPService").path
            let broken = try await ConsoleTyping.run(
                "'\(program)' roll-key --msisdn \(msisdn) --config home.toml",
                in: platform.file("config")
            ) { line in
                if line.contains(word) { kill(process, SIGKILL) }
                return nil
            }
            #expect(broken.status != 0, "\(broken)")
            try await home.gone(process)
            try await home.start()
            try await sign("In the middle")
            let again = try await home.type("roll-key --msisdn \(msisdn)")
            #expect(again.said.last == "KVN \(version) is in use, KVN \(version - 1) is dead on the card", "\(again)")
            #expect(try await roots().suffix(2) == ["\(version - 1)|retired", "\(version)|active"])
        }
        try await sign("Under the fourth")
        let audit = try await platform.rows(
            "SELECT act, outcome FROM audit_log JOIN cards ON iccid = subject WHERE msisdn = '\(msisdn)' "
                + "AND act LIKE 'card key%' ORDER BY id"
        )
        let expected = (2...4).flatMap { version in
            [
                "card key pending|wpki \(version)", "card key accept|wpki \(version - 1)",
                "card key active|wpki \(version)", "card key retired|wpki \(version - 1)",
            ]
        }
        #expect(audit == expected)
    }

    @Test("refuses who is nobody, and a number that is none, in one line")
    func refused() async throws {
        let home = try await HomeProcess.start("rollover-refused")
        let nobody = try await home.type("roll-key --msisdn +358409999999")
        #expect(nobody.status != 0 && nobody.errors.contains("there is no mobile user with this number"), "\(nobody)")
        let none = try await home.type("roll-key --msisdn 0401234567")
        #expect(none.status != 0 && none.errors.contains("roll-key wants --msisdn NUMBER"), "\(none)")
    }
}
