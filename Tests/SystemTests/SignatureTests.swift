import Foundation
import MSSTestSupport
import Testing

@Suite("A signature through the real services")
struct SignatureTests {
    @Test(
        "is accepted by OpenSSL and covers exactly the text",
        arguments: [
            "Hello, signature", "@ä€ñ_", "Подпишите это", "one line\nand another", "1 < 2 & \"3\" > '2'",
            String(repeating: "Kaikki sivut luetaan. ", count: 26),
        ]
    )
    func texts(text: String) async throws {
        let platform = try await Platform.running
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let answer = try await signUntilFree(platform, escaped, platform.variable("MSISDN_SIGN"))
        #expect(answer.status == "500")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == text)
    }

    @Test("is refused by OpenSSL once a bit is flipped")
    func flippedBit() async throws {
        let platform = try await Platform.running
        let answer = try await signUntilFree(platform, "Untouched", platform.variable("MSISDN_SIGN"))
        let signature = try #require(answer.signature)
        for position in [signature.count - 1, signature.count - 20, signature.count / 2] {
            var flipped = signature
            flipped[position] ^= 1
            #expect(try await Verdict.content(of: flipped, on: platform) == nil, "octet \(position)")
        }
    }

    @Test("is 502 when the provider asks for validation")
    func validated() async throws {
        let platform = try await Platform.running
        let services = """
            <mss:AdditionalServices><mss:Service><mss:Description>\
            <mss:mssURI>http://uri.etsi.org/TS102204/v1.1.2#validate</mss:mssURI></mss:Description></mss:Service>\
            </mss:AdditionalServices>
            """
        let answer = try await signUntilFree(platform, "Valid?", platform.variable("MSISDN_SIGN"), extra: services)
        #expect(answer.status == "502")
    }

    @Test("carries a transaction id that names the home, and never the provider's password")
    func identifiers() async throws {
        let platform = try await Platform.running
        let answer = try await signUntilFree(platform, "Who?", platform.variable("MSISDN_SIGN"))
        let id = try #require(answer.transactionID)
        #expect(id.hasPrefix("h1") && id.count == 28)
        #expect(!answer.body.contains("not-looked-at"))
    }

    @Test(
        "is a fault of the standard when there is none",
        arguments: [
            ("MSISDN_CANCEL", "401"), ("MSISDN_PIN_BLOCKED", "402"), ("MSISDN_UNKNOWN", "105"),
        ]
    )
    func faults(variable: String, code: String) async throws {
        let platform = try await Platform.running
        let answer = try await Provider(platform).sign("Never signed", by: platform.variable(variable))
        #expect(answer.fault == code, "\(answer.body)")
    }

    @Test("times out with 208, and is busy with 406 meanwhile")
    func silence() async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let silent = try platform.variable("MSISDN_SILENT")
        async let first = provider.sign("Nobody answers", by: silent, timeOut: 3)
        try await Task.sleep(for: .seconds(1))
        let second = try await provider.sign("Another", by: silent, timeOut: 3)
        #expect(second.fault == "406", "\(second.body)")
        #expect(try await first.fault == "208")
    }

    @Test("can be fetched later: outstanding at first, then as it would have been")
    func asynchronous() async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let answer = try await provider.sign("Later", by: platform.extraNumber(1), mode: "asynchClientServer")
        #expect(answer.status == "100", "\(answer.body)")
        let id = try #require(answer.transactionID)
        #expect(try await provider.status(of: id).status == "504")
        let end = try await ended(provider, id)
        #expect(end.status == "500", "\(end.body)")
        let signature = try #require(end.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "Later")
    }

    @Test("is not found under an id that was never given")
    func unknownTransaction() async throws {
        let platform = try await Platform.running
        let answer = try await Provider(platform).status(of: "h1" + String(repeating: "a", count: 26))
        #expect(answer.fault == "101")
    }
}

/// Signs, and again while another test has the same phone.
func signUntilFree(
    _ platform: Platform,
    _ text: String,
    _ msisdn: String,
    extra: String = ""
) async throws -> Provider.Answer {
    let provider = try Provider(platform)
    for _ in 0..<100 {
        let answer = try await provider.sign(text, by: msisdn, extra: extra)
        guard answer.fault == "406" else { return answer }
        try await Task.sleep(for: .milliseconds(50))
    }
    return try await provider.sign(text, by: msisdn, extra: extra)
}

/// Asks until the transaction has ended, at most twenty seconds.
func ended(_ provider: Provider, _ id: String) async throws -> Provider.Answer {
    for _ in 0..<100 {
        let answer = try await provider.status(of: id)
        if answer.status != "504", answer.http != 0, answer.fault != "780" { return answer }
        try await Task.sleep(for: .milliseconds(200))
    }
    return try await provider.status(of: id)
}
