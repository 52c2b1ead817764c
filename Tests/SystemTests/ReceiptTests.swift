import Foundation
import MSSTestSupport
import Testing

@Suite("A receipt through the real services")
struct ReceiptTests {
    @Test(
        "is shown by the card once, in both versions of SOAP, at its own path and a common one",
        arguments: [
            ("/soap/services/MSS_ReceiptPort", "http://www.w3.org/2003/05/soap-envelope", true),
            ("/soap", "http://schemas.xmlsoap.org/soap/envelope/", true),
            ("/soap/services", "http://www.w3.org/2003/05/soap-envelope", false),
        ]
    )
    func shown(path: String, soap: String, asks: Bool) async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let msisdn = try platform.extraNumber(3)
        let id = try #require(try await signUntilFree(platform, "To be receipted", msisdn).transactionID)
        // The number's other test may have the phone.
        var answer = try await provider.receipt(of: id, "Paid: 10 €", by: msisdn, asks: asks, at: path, soap: soap)
        for _ in 0..<50 where answer.body.contains("_406<") {
            try await Task.sleep(for: .milliseconds(100))
            answer = try await provider.receipt(of: id, "Paid: 10 €", by: msisdn, asks: asks, at: path, soap: soap)
        }
        #expect(answer.status == "100", "\(answer.body)")
        #expect(answer.body.contains("<soapenv:Envelope xmlns:soapenv=\"\(soap)\""))
        #expect(answer.body.contains("UserAck=\"true\" UserResponse=\"{&quot;status&quot;:&quot;OK&quot;}\"") == asks)
        let second = try await provider.receipt(of: id, "Again", by: msisdn, at: "/soap/services")
        #expect(second.fault == "101" && second.detail?.hasPrefix("Only one receipt") == true, "\(second.body)")
    }

    @Test("is not given to another number, nor for what was not signed")
    func refused() async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let msisdn = try platform.extraNumber(3)
        let id = try #require(try await signUntilFree(platform, "To be receipted", msisdn).transactionID)
        let other = try await provider.receipt(of: id, "Paid", by: platform.variable("MSISDN_SIGN"))
        #expect(other.fault == "105", "\(other.body)")
        let unknown = try await provider.receipt(of: "h1" + String(repeating: "a", count: 26), "Paid", by: msisdn)
        #expect(unknown.fault == "101", "\(unknown.body)")
    }
}
