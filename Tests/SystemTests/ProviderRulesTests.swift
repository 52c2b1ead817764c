import Foundation
import MSSTestSupport
import Testing

@Suite("Providers of other rules, by the real services", .serialized)
struct ProviderRulesTests {
    private static let text = "Pay 10 € {@Ñ}"
    /// The same by the table of 3GPP TS 23.038 §6.2.1, an octet a character.
    private static let gsm: [UInt8] =
        Array("Pay 10 ".utf8) + [0x1B, 0x65, 0x20, 0x1B, 0x28, 0x00, 0x5D, 0x1B, 0x29]

    private static func services(_ services: (String, String)...) -> String {
        let all = services.map { name, value in
            """
            <mss:Service><mss:Description><mss:mssURI>http://mss.ficom.fi/TS102204/v1.0.0#\(name)</mss:mssURI>\
            </mss:Description>\(value)</mss:Service>
            """
        }
        return "<mss:AdditionalServices>\(all.joined())</mss:AdditionalServices>"
    }

    private static func fi(_ name: String, _ value: String) -> String {
        #"<fi:\#(name) xmlns:fi="http://mss.ficom.fi/TS102204/v1.0.0#">\#(value)</fi:\#(name)>"#
    }

    private static let fiCom = services(("eventId", fi("EventID", "A1B2")), ("noSpam", fi("NoSpamCode", "")))
    private static let swisscom = services(("userLang", fi("UserLang", "EN")))

    private func signed(_ rules: String, _ text: String, _ extra: String) async throws -> Provider.Answer {
        let platform = try await TunedHome.running.platform
        let provider = try Provider(platform, apID: TunedHome.apID(rules))
        var answer = try await provider.sign(text, by: platform.variable("MSISDN_SIGN"), extra: extra)
        for _ in 0..<100 where answer.fault == "406" {
            try await Task.sleep(for: .milliseconds(50))
            answer = try await provider.sign(text, by: platform.variable("MSISDN_SIGN"), extra: extra)
        }
        return answer
    }

    /// What openssl finds in a CMS that it accepts.
    private func content(_ signature: Data) async throws -> [UInt8] {
        let platform = try await TunedHome.running.platform
        let folder = try TemporaryFolder()
        try signature.write(to: folder.url.appending(path: "signature.der"))
        let openssl = OpenSSLCommand(in: folder.url)
        return try await openssl.run([
            "cms", "-verify", "-inform", "DER", "-in", "signature.der", "-CAfile", platform.file("pki/user-ca.pem"),
            "-purpose", "any", "-binary",
        ]).standardOutput
    }

    private func format(_ uri: String) -> String {
        "<mss:MSS_Format><mss:mssURI>\(uri)</mss:mssURI></mss:MSS_Format>"
    }

    @Test("FiCom's have the octets of the GSM alphabet signed: openssl accepts them and finds them inside")
    func gsm() async throws {
        for kind in ["cms", "cms-0"] {
            let answer = try await signed("ficom", Self.text, Self.fiCom + format("urn:mssp:format:1#" + kind))
            #expect(answer.status == "500", "\(answer.body)")
            #expect(try await content(try #require(answer.signature)) == Self.gsm)
            // The answer says what the operator finds the request by, as the entry wants it.
            let trace = answer.between(#"<own:TraceID xmlns:own="urn:mssp:204:1">"#, "<")
            #expect(trace?.utf8.count == 32 && answer.body.contains("urn:mssp:service:1#trace"))
        }
    }

    @Test("FiCom's value verifies with the user's key over the GSM octets and no others")
    func value() async throws {
        let form = format("http://www.methics.fi/KiuruMSSP/v3.2.0#PKCS1")
        let answer = try await signed("ficom", Self.text, Self.fiCom + form)
        let cms = try await signed("ficom", Self.text, Self.fiCom)
        let folder = try TemporaryFolder()
        func write(_ data: Data, _ name: String) throws { try data.write(to: folder.url.appending(path: name)) }
        try write(try #require(answer.signature), "value")
        try write(try #require(cms.signature), "cms.der")
        try write(Data(Self.gsm), "gsm")
        try write(Data(Self.text.utf8), "utf8")
        let openssl = OpenSSLCommand(in: folder.url)
        try await openssl.run(["pkcs7", "-inform", "DER", "-in", "cms.der", "-print_certs", "-out", "user.pem"])
        try await openssl.run(["x509", "-in", "user.pem", "-pubkey", "-noout", "-out", "key.pem"])
        let verify = ["dgst", "-sha256", "-verify", "key.pem", "-signature", "value"]
        #expect(try await openssl.attempt(verify + ["gsm"]).status == 0)
        #expect(try await openssl.attempt(verify + ["utf8"]).status != 0)
    }

    @Test(
        "FiCom's refuse what their guideline refuses",
        arguments: [
            ("Pay", services(("eventId", fi("EventID", "A1B2"))), "102"),
            ("Pay", services(("noSpam", fi("NoSpamCode", ""))), "102"), ("Ж", fiCom, "107"),
            (String(repeating: "a", count: 161), fiCom, "103"),
            ("Pay", "<mss:DataToBeDisplayed>Pay</mss:DataToBeDisplayed>" + fiCom, "101"), ("1@", fiCom, "107"),
        ]
    )
    func refused(_ text: String, _ extra: String, _ code: String) async throws {
        #expect(try await signed("ficom", text, extra).fault == code)
    }

    @Test("Swisscom's have the UTF-8 signed as it is, under the prefix and with UserLang")
    func swisscom() async throws {
        let answer = try await signed("swisscom", "Bank: Подпись €", Self.swisscom)
        #expect(answer.status == "500", "\(answer.body)")
        #expect(try await content(try #require(answer.signature)) == Array("Bank: Подпись €".utf8))
        for (text, extra, code) in [
            ("Pay", Self.swisscom, "107"), ("Bank: pay", "", "102"),
            ("Bank: " + String(repeating: "a", count: 234), Self.swisscom, "103"),
            ("Bank: " + String(repeating: "Ж", count: 114), Self.swisscom, "103"),
        ] { #expect(try await signed("swisscom", text, extra).fault == code) }
        let unprefixed = try await signed("swisscom", "Pay", Self.swisscom)
        #expect(unprefixed.detail?.hasPrefix("DTBD matching failed") == true)
    }

    @Test("a certificate is looked up by who may, and is the one that signs")
    func lookUp() async throws {
        let platform = try await TunedHome.running.platform
        let msisdn = try platform.variable("MSISDN_SIGN")
        let swisscom = try Provider(platform, apID: TunedHome.apID("swisscom"))
        let answer = try await swisscom.certificate(of: msisdn)
        #expect(answer.status == "408" && answer.body.contains("<MSS_RegistrationResponse>"), "\(answer.body)")
        let found = answer.between("<mss:X509Certificate>", "<").flatMap { Data(base64Encoded: $0) }
        let folder = try TemporaryFolder()
        try #require(found).write(to: folder.url.appending(path: "found.der"))
        let openssl = OpenSSLCommand(in: folder.url)
        try await openssl.run(["x509", "-inform", "DER", "-in", "found.der", "-out", "found.pem"])
        try await openssl.run(["verify", "-CAfile", platform.file("pki/user-ca.pem"), "found.pem"])
        let signature = try #require(try await signed("swisscom", "Bank: pay", Self.swisscom).signature)
        try signature.write(to: folder.url.appending(path: "cms.der"))
        try await openssl.run(["pkcs7", "-inform", "DER", "-in", "cms.der", "-print_certs", "-out", "signer.pem"])
        let (one, other) = (
            try await openssl.run(["x509", "-in", "found.pem", "-noout", "-fingerprint"]).text,
            try await openssl.run(["x509", "-in", "signer.pem", "-noout", "-fingerprint"]).text
        )
        #expect(one == other)
        #expect(try await swisscom.certificate(of: platform.variable("MSISDN_UNKNOWN")).fault == "105")
        // Without the entitlement nobody hears whether the number is known; without the configuration it is not there.
        let plain = try Provider(platform)
        for number in [msisdn, try platform.variable("MSISDN_UNKNOWN")] {
            #expect(try await plain.certificate(of: number).fault == "104")
        }
        let shared = try await Platform.running
        #expect(try await Provider(shared).certificate(of: shared.variable("MSISDN_SIGN")).http == 404)
    }

    @Test("the sandbox tells its faults in two levels where the entry wants it")
    func twoLevels() async throws {
        let platform = try await TunedHome.running.platform
        let apID = try platform.variable("SANDBOX_AP_ID")
        let sandbox = try Provider(platform, certificate: "ap-sandbox", apID: apID)
        let answer = try await sandbox.sign("Pay", by: "+410000924012")
        let nested = "</soapenv:Value><soapenv:Subcode xmlns:fi=\"http://mss.ficom.fi/TS102204/v1.0.0#\">"
        #expect(answer.body.contains("mss:_401\(nested)<soapenv:Value>fi:_4012</soapenv:Value>"), "\(answer.body)")
    }
}
