import Foundation
import MSSTestSupport
import Testing

@Suite("#validate, by the real services")
struct ValidationTests {
    @Test("says what the list and the responder of the users' CA say, before the prompt and after it")
    func rows() async throws {
        let home = try await TunedHome.running
        let platform = home.platform
        let (user, slow) = (try platform.extraNumber(2), try platform.extraNumber(0))
        let ca = try await UsersCA(platform)

        // Neither list nor responder, then a list of the past.
        try await expect("500", service: "423", user, platform)
        try await ca.list(
            home.list,
            times: ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"]
        )
        try await expect("500", service: "424", user, platform)

        // A responder that comes up is found without a restart.
        try await ca.note(try await certificate(user, platform))
        try await ca.note(try await certificate(slow, platform))
        let responder = try ca.responder(port: home.responderPort)
        defer { responder.terminate() }
        var answer = try await validated(user, platform)
        for _ in 0..<40 where answer.status == "500" {
            try await Task.sleep(for: .milliseconds(500))
            answer = try await validated(user, platform)
        }
        #expect(answer.status == "502" && !answer.body.contains("StatusDetail"), "\(answer.body)")
        try await ca.list(home.list)
        try await expect("502", service: nil, user, platform)

        // Revoked between prompt and answer; then nobody is asked.
        let provider = try Provider(platform)
        let begun = try await provider.sign("Meanwhile", by: slow, mode: "asynchClientServer", extra: Self.service)
        let id = try #require(begun.transactionID, "\(begun.body)")
        try await Task.sleep(for: .milliseconds(500))
        try await ca.revoke(try await certificate(slow, platform))
        try await ca.list(home.list)
        let end = try await ended(provider, id)
        #expect(end.status == "501" && end.signature != nil, "\(end.body)")
        #expect(try await validated(slow, platform).fault == "425")
        try await ca.revoke(try await certificate(user, platform), reason: "certificateHold")
        try await ca.list(home.list)
        #expect(try await validated(user, platform).fault == "403")
    }

    private static let service = """
        <mss:AdditionalServices><mss:Service><mss:Description>\
        <mss:mssURI>http://uri.etsi.org/TS102204/v1.1.2#validate</mss:mssURI></mss:Description></mss:Service>\
        </mss:AdditionalServices>
        """

    private func validated(_ msisdn: String, _ platform: Platform) async throws -> Provider.Answer {
        try await signUntilFree(platform, "Valid?", msisdn, extra: Self.service)
    }

    private func expect(
        _ status: String,
        service: String?,
        _ msisdn: String,
        _ platform: Platform
    ) async throws {
        let answer = try await validated(msisdn, platform)
        #expect(answer.status == status && answer.signature != nil, "\(answer.body)")
        #expect(answer.between("<fi:Status><mss:StatusCode Value=\"", "\"") == service, "\(answer.body)")
        let later = try await Provider(platform).status(of: try #require(answer.transactionID))
        #expect(later.status == status)
        #expect(later.between("<fi:Status><mss:StatusCode Value=\"", "\"") == service, "\(later.body)")
    }

    /// The certificate of a number's user, PEM, as the home keeps it.
    private func certificate(_ msisdn: String, _ platform: Platform) async throws -> String {
        let rows = try await platform.rows(
            """
            SELECT encode(k.certificate, 'base64') FROM user_keys k JOIN cards c USING (iccid) WHERE c.msisdn = '\(msisdn)'
            """
        )
        return "-----BEGIN CERTIFICATE-----\n\(rows.joined(separator: "\n"))\n-----END CERTIFICATE-----\n"
    }
}

/// The users' CA with openssl in the place of its program: an index, lists and a responder.
private struct UsersCA {
    private let folder: TemporaryFolder
    private let openssl: OpenSSLCommand

    init(_ platform: Platform) async throws {
        folder = try TemporaryFolder()
        openssl = OpenSSLCommand(in: folder.url)
        for name in ["user-ca.pem", "user-ca.key"] {
            try FileManager.default.copyItem(atPath: platform.file("pki/\(name)"), toPath: folder.path(name))
        }
        let configuration = """
            [ca]
            default_ca = this
            [this]
            database = index
            certificate = user-ca.pem
            private_key = user-ca.key
            default_md = sha256
            unique_subject = no
            """
        try configuration.write(toFile: folder.path("ca.cnf"), atomically: true, encoding: .utf8)
        try "".write(toFile: folder.path("index"), atomically: true, encoding: .utf8)
    }

    /// Writes a list by a rename, as a careful CA does.
    func list(_ path: String, times: [String] = ["-crldays", "1"]) async throws {
        try await openssl.run(["ca", "-config", "ca.cnf", "-gencrl", "-out", path + ".new"] + times)
        try #require(rename(path + ".new", path) == 0)
    }

    func note(_ certificate: String) async throws {
        try certificate.write(toFile: folder.path("user.pem"), atomically: true, encoding: .utf8)
        try await openssl.run(["ca", "-config", "ca.cnf", "-valid", "user.pem"])
    }

    func revoke(_ certificate: String, reason: String = "keyCompromise") async throws {
        try certificate.write(toFile: folder.path("user.pem"), atomically: true, encoding: .utf8)
        try await openssl.run(["ca", "-config", "ca.cnf", "-revoke", "user.pem", "-crl_reason", reason])
    }

    func responder(port: Int) throws -> Process {
        let process = try openssl.process([
            "ocsp", "-port", "\(port)", "-index", "index", "-CA", "user-ca.pem", "-rsigner", "user-ca.pem", "-rkey",
            "user-ca.key", "-ignore_err", "-nmin", "10",
        ])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runWithSignals()
        return process
    }
}
