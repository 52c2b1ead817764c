import Foundation
import MSSTestSupport
import Testing

@Suite("What a new provider begins with", .serialized)
struct ToolkitTests {
    private func get(_ path: String, _ certificate: String = "ap-demo") async throws -> (status: Int32, text: String) {
        let platform = try await Platform.running
        let pki = platform.file("pki")
        let result = try await Command.run(
            "curl",
            [
                "--silent", "--fail", "--max-time", "30", "--cacert", pki + "/mesh-ca.pem", "--cert",
                "\(pki)/\(certificate).pem", "--key", "\(pki)/\(certificate).key",
                try platform.variable("AE_URL") + path,
            ]
        )
        return (result.status, result.text)
    }

    @Test("AE tells a provider who it is, with the AP_IDs of the home's directory")
    func whoAmI() async throws {
        let platform = try await Platform.running
        let told = try await get("/whoami")
        #expect(told.status == 0)
        let known = try #require(try JSONSerialization.jsonObject(with: Data(told.text.utf8)) as? [String: Any])
        #expect(known["identity"] as? String == "urn:mssp:demo:ap")
        #expect((known["ap_ids"] as? [String])?.contains(try platform.variable("AP_ID")) == true)
        let shown = try await Command.run(
            "openssl",
            ["x509", "-in", platform.file("pki/ap-demo.pem"), "-noout", "-fingerprint", "-sha256"]
        )
        let digits = shown.text.split(separator: "=").last?.filter { $0.isHexDigit }.lowercased()
        #expect(known["certificate_sha256"] as? String == digits)
    }

    @Test("the WSDL names AE as its caller reached it, and a certificate of another root sees nothing of it")
    func description() async throws {
        let url = try await Platform.running.variable("AE_URL")
        let told = try await get("/soap/services?wsdl")
        #expect(told.text.contains(#"location="\#(url)/soap/services/MSS_SignaturePort""#))
        #expect(try await get("/soap/services?xsd=ts102204.xsd").text.contains("MSS_SignatureReqType"))
        #expect(try await get("/soap/services?wsdl", "ra-demo").status != 0)
    }

    @Test(
        "a signature comes at a common path, also over HTTP/1.0 and with an expectation",
        arguments: [[], ["--http1.0"], ["-H", "Expect: 100-continue"]] as [[String]]
    )
    func signature(_ options: [String]) async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let number = try platform.variable("MSISDN_SIGN")
        let answer = try await provider.sign("At a common path", by: number, at: "/soap", options: options)
        #expect(answer.status == "500", "\(answer.body)")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "At a common path")
    }
}
