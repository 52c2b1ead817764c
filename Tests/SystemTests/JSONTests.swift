import Foundation
import MSSTestSupport
import Testing

@Suite("JSON through the real services")
struct JSONTests {
    /// The answer to a message at a path below `/rest/`.
    private func send(
        _ message: [String: Any],
        to path: String = "service",
        on platform: Platform,
        as certificate: String? = "ap-demo"
    ) async throws -> Provider.Answer {
        try await Provider(platform, certificate: certificate).post(
            JSONSerialization.data(withJSONObject: message),
            to: platform.variable("AE_URL") + "/rest/" + path,
            type: "application/json;charset=utf-8",
            options: ["-H", "Content-Encoding: UTF-8"]
        )
    }

    private func header(_ platform: Platform) throws -> [String: Any] {
        let info = [
            "AP_ID": try platform.variable("AP_ID"), "AP_PWD": "not-looked-at", "AP_TransID": "T\(UUID().uuidString)",
            "Instant": "2026-01-01T00:00:00Z",
        ]
        return [
            "AP_Info": info, "MSSP_Info": ["MSSP_ID": ["URI": "http://elsewhere.test/"]], "MajorVersion": "1",
            "MinorVersion": "2",
        ]
    }

    private func request(_ text: String, _ msisdn: String, on platform: Platform) throws -> [String: Any] {
        let more: [String: Any] = [
            "DataToBeSigned": ["Data": text, "Encoding": "UTF-8", "MimeType": "text/plain"], "MessagingMode": "synch",
            "MobileUser": ["MSISDN": msisdn], "TimeOut": "30",
        ]
        return ["MSS_SignatureReq": try header(platform).merging(more) { $1 }]
    }

    private func signature(in answer: Provider.Answer) throws -> Data {
        let text = try #require(answer.between(#""Base64Signature":""#, "\""), "\(answer.body)")
        return try #require(Data(base64Encoded: text))
    }

    @Test("a signature is accepted by OpenSSL and covers exactly the text", arguments: ["service", "service/sign"])
    func signature(path: String) async throws {
        let platform = try await Platform.running
        let text = "Pay 10 € to \"Ñandú & Söhne\"?"
        let message = try request(text, platform.extraNumber(2), on: platform)
        var answer = try await send(message, to: path, on: platform)
        // Another test's request may be on the phone.
        for _ in 0..<20 where answer.body.contains("_406") {
            try await Task.sleep(for: .seconds(1))
            answer = try await send(try request(text, platform.extraNumber(2), on: platform), to: path, on: platform)
        }
        #expect(answer.http == 200 && answer.body.contains(#""StatusCode":{"Value":"500"}"#), "\(answer.body)")
        #expect(!answer.body.contains("not-looked-at"))
        #expect(try await Verdict.content(of: signature(in: answer), on: platform) == text)
    }

    @Test(
        "faults come with 500 to a provider that did not ask for more",
        arguments: [("MSISDN_CANCEL", "401"), ("MSISDN_UNKNOWN", "105")]
    )
    func faults(variable: String, code: String) async throws {
        let platform = try await Platform.running
        let answer = try await send(
            try request("Never signed", platform.variable(variable), on: platform),
            on: platform
        )
        #expect(answer.http == 500 && answer.between(#""SubCode":{"Value":"_"#, "\"") == code, "\(answer.body)")
    }

    @Test("a status query about nothing is 101, a request without a provider's name 104 where its certificate has two")
    func refusals() async throws {
        let platform = try await Platform.running
        let query = ["MSS_StatusReq": try header(platform).merging(["MSSP_TransID": "h1nothing"]) { $1 }]
        let answer = try await send(query, to: "service/status", on: platform)
        #expect(answer.between(#""SubCode":{"Value":"_"#, "\"") == "101", "\(answer.body)")
        var nameless = try #require(
            try request("Whose?", "+358401234567", on: platform)["MSS_SignatureReq"] as? [String: Any]
        )
        nameless["AP_Info"] = nil
        let refused = try await send(["MSS_SignatureReq": nameless], on: platform)
        #expect(refused.between(#""SubCode":{"Value":"_"#, "\"") == "104", "\(refused.body)")
        #expect(refused.body.contains("several application providers"))
    }

    @Test(
        "a text is fitted, its signature waited for, its receipt shown, its profile told, and nothing is left to cancel"
    )
    func everyOperation() async throws {
        let platform = try await Platform.running
        let msisdn = try platform.extraNumber(2)
        func ask(_ path: String, _ name: String, _ members: [String: Any]) async throws -> String {
            let message = [name: try header(platform).merging(members) { $1 }]
            return try await send(message, to: "service/" + path, on: platform).body
        }
        let fit = try await ask("fit", "MSSP_FitReq", ["DataToBeSigned": ["Data": "All of it"]])
        #expect(fit.contains(#""Fits":"true""#), "\(fit)")
        var begun = ""
        for _ in 0..<40 where !begun.contains("MSSP_TransID") {
            if !begun.isEmpty { try await Task.sleep(for: .milliseconds(500)) }
            var message = try request("All of it", msisdn, on: platform)
            message["MSS_SignatureReq"] = (message["MSS_SignatureReq"] as? [String: Any])?
                .merging(["MessagingMode": "asynch"]) { $1 }
            begun = try await send(message, to: "service/sign", on: platform).body
        }
        let id = try #require(begun.split(separator: #""MSSP_TransID":""#).last?.prefix { $0 != "\"" }, "\(begun)")
        let transaction = ["MSSP_TransID": String(id)]
        let status = try await ask("status", "MSS_StatusReq", transaction.merging(["Wait": "30"]) { $1 })
        #expect(status.contains(#""Value":"500""#), "\(status)")
        let user: [String: Any] = ["MobileUser": ["MSISDN": msisdn]]
        let asked = ["StatusDetail": ["ReceiptRequestExtension": ["ReceiptMessagingMode": "synch"]]]
        let text: [String: Any] = ["Message": ["Data": "Done"], "Status": asked]
        var receipt = ""
        for _ in 0..<40 where receipt.isEmpty || receipt.contains("_406") {
            if !receipt.isEmpty { try await Task.sleep(for: .milliseconds(500)) }
            receipt = try await ask("receipt", "MSS_ReceiptReq", text.merging(user) { $1 }.merging(transaction) { $1 })
        }
        #expect(receipt.contains(#""UserAck":"true","UserResponse":"{\"status\":\"OK\"}""#), "\(receipt)")
        let profile = try await ask("profile", "MSS_ProfileReq", user)
        #expect(profile.contains(#""SignatureProfile":["http"#), "\(profile)")
        let cancelled = try await ask("cancel", "MSSP_CancelReq", transaction)
        #expect(cancelled.contains(#""Value":"_101""#), "\(cancelled)")
    }

    @Test("nobody gets in without a provider's certificate")
    func mutualTLS() async throws {
        let platform = try await Platform.running
        let message = try request("Nobody", "+358401234567", on: platform)
        #expect(try await send(message, on: platform, as: nil).exit != 0)
        #expect(try await send(message, on: platform, as: "ra-demo").exit != 0)
    }
}
