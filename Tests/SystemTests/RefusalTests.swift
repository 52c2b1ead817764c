import Foundation
import MSSTestSupport
import Testing

@Suite("Who is not who they must be")
struct RefusalTests {
    @Test(
        "gets no further than the handshake",
        arguments: [
            (String?.none, "AE_URL"), ("ra-demo", "AE_URL"), ("ae-client", "AE_URL"), ("stranger", "AE_URL"),
            ("user", "AE_URL"), (String?.none, "ME_URL"), ("ap-demo", "ME_URL"), ("ap-demo", "HOME_URL"),
            ("ra-demo", "HOME_URL"), ("user", "HOME_URL"), (String?.none, "HOME_URL"),
        ]
    )
    func handshake(certificate: String?, service: String) async throws {
        let platform = try await Platform.running
        try await Self.makeCertificates(platform)
        let provider = try Provider(platform, certificate: certificate)
        let port = service == "ME_URL" ? "MSS_RegistrationPort" : "MSS_SignaturePort"
        let answer = try await provider.post(
            Data("<x/>".utf8),
            to: platform.variable(service) + "/soap/services/" + port
        )
        #expect(answer.exit != 0 && answer.http == 0, "HTTP \(answer.http) \(answer.body)")
    }

    @Test("gets 403 from the home when its certificate is of the mesh but not of this conversation")
    func wrongConversation() async throws {
        let platform = try await Platform.running
        let home = try platform.variable("HOME_URL")
        let asAE = try await Provider(platform, certificate: "ae-client")
            .register("GetMobileUser", platform.variable("MSISDN_SIGN"), url: home)
        #expect(asAE.http == 403, "\(asAE.body)")
        let asME = try await Provider(platform, certificate: "me-client")
            .post(Data("<x/>".utf8), to: home + "/soap/services/MSS_SignaturePort")
        #expect(asME.http == 403, "\(asME.body)")
        let asCAClient = try await Provider(platform, certificate: "me-authority")
            .post(Data("<x/>".utf8), to: home + "/soap/services/MSS_RegistrationPort")
        #expect(asCAClient.http == 403, "\(asCAClient.body)")
    }

    @Test("gets 403 or no TLS with a server's certificate")
    func serverCertificate() async throws {
        let platform = try await Platform.running
        let answer = try await Provider(platform, certificate: "me-server")
            .post(Data("<x/>".utf8), to: platform.variable("HOME_URL") + "/soap/services/MSS_RegistrationPort")
        #expect(answer.http == 403 || answer.exit != 0, "\(answer.body)")
    }

    @Test("gets 104 for an AP_ID that is not its own")
    func foreignAPID() async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform, apID: "http://ae.demo.mssp/another")
        let answer = try await provider.sign("Not mine", by: platform.variable("MSISDN_SIGN"))
        #expect(answer.fault == "104", "\(answer.body)")
    }

    @Test("gets 104 at ME without the registration role")
    func administrator() async throws {
        let platform = try await Platform.running
        let answer = try await Provider(platform, certificate: "admin-demo")
            .register("GetMobileUser", platform.variable("MSISDN_SIGN"))
        #expect(answer.fault == "104", "\(answer.body)")
    }

    /// A certificate by a CA of no one's, and a user's certificate, each with a key that we hold.
    private static func makeCertificates(_ platform: Platform) async throws {
        try await made.value(platform)
    }

    private static let made = MadeOnce()

    private actor MadeOnce {
        private var task: Task<Void, any Error>?

        func value(_ platform: Platform) async throws {
            if task == nil { task = Task { try await RefusalTests.make(platform) } }
            try await task?.value
        }
    }

    private static func make(_ platform: Platform) async throws {
        let pki = platform.file("pki")
        let request = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1", "-subj",
            "/CN=nobody", "-addext", "subjectAltName=URI:urn:mssp:demo:ap", "-addext", "extendedKeyUsage=clientAuth",
            "-addext", "basicConstraints=critical,CA:FALSE",
        ]
        let byUserCA = ["-CA", "\(pki)/user-ca.pem", "-CAkey", "\(pki)/user-ca.key"]
        for (name, issuer) in [("stranger", []), ("user", byUserCA)] {
            let result = try await Command.run(
                "openssl",
                request + ["-keyout", "\(pki)/\(name).key", "-out", "\(pki)/\(name).pem"] + issuer
            )
            try #require(result.status == 0, "\(result.errorText)")
        }
    }
}
