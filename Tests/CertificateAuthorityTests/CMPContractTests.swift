import CertificateAuthority
import Foundation
import MSSCore
import MSSTestSupport
import Testing

/// The client against another implementation of a CA: `openssl cmp`, which answers with a certificate it is given.
@Suite("Certificates asked of openssl's CA")
struct CMPContractTests {
    private let pki: ThrowawayPKI
    private let key: ProvenKey

    init() async throws {
        pki = try await RunningAuthority.makePKI()
        key = try await ProvenKey.sample(pki)
        try await issue("answer")
    }

    /// Makes a certificate for a key in the folder, as the CA would.
    private func issue(
        _ name: String,
        key: String = "user",
        subject: String = "/CN=Maija Meikäläinen/serialNumber=P1",
        by issuer: String = "user-ca",
        _ extensions: String = "keyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:FALSE"
    ) async throws {
        try pki.write(Array(extensions.utf8), to: "\(name).ext")
        try await pki.openssl.run([
            "req", "-new", "-key", "\(key).key", "-subj", subject, "-utf8", "-out", "\(name).csr",
        ])
        try await pki.openssl.run([
            "x509", "-req", "-in", "\(name).csr", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key", "-days", "1",
            "-extfile", "\(name).ext", "-set_serial", "77", "-out", "\(name).pem",
        ])
    }

    private func ask(_ answer: String, signedBy signer: String = "user-ca", _ more: [String] = []) async throws
        -> Result<[UInt8], MSSFault>
    {
        let port = try ListeningSocket(answering: nil).port
        let server = try RunningProcess(
            pki.openssl.process(
                [
                    "cmp", "-config", "", "-port", "\(port)", "-srv_cert", "\(signer).pem", "-srv_key", "\(signer).key",
                    "-srv_trusted", "ops.pem", "-accept_raverified", "-rsp_cert", "\(answer).pem", "-max_msgs", "2",
                ] + more
            )
        )
        defer { server.terminate() }
        let client = try CMPClient(
            CMPSettings(
                url: "http://127.0.0.1:\(port)/",
                raCertificate: pki.octets("ra.pem"),
                raKey: pki.octets("ra.key"),
                authorityCertificate: pki.octets("user-ca.pem")
            )
        )
        _ = try await server.line(after: "ACCEPT")
        do throws(MSSFault) {
            return .success(try await client.certificate(for: key, until: .now + .seconds(8)))
        } catch {
            return .failure(error)
        }
    }

    private func der(_ name: String) async throws -> [UInt8] {
        try await pki.openssl.run(["x509", "-in", "\(name).pem", "-outform", "DER"]).standardOutput
    }

    @Test("its certificate is taken, with a confirmation and without", arguments: [[], ["-grant_implicitconf"]])
    func taken(more: [String]) async throws {
        let certificate = try await der("answer")
        #expect(try await ask("answer", more).get() == certificate)
    }

    @Test("an answer by a responder that the CA certified is believed")
    func responder() async throws {
        try await issue(
            "responder",
            key: "ops",
            subject: "/CN=responder",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=cmcCA"
        )
        try pki.write(pki.octets("ops.key"), to: "responder.key")
        let certificate = try await der("answer")
        #expect(try await ask("answer", signedBy: "responder").get() == certificate)
    }

    @Test("a user whom the CA certified cannot answer in its name")
    func userIsNoResponder() async throws {
        try await issue("mallory", key: "ops", subject: "/CN=Mallory/serialNumber=P9")
        try pki.write(pki.octets("ops.key"), to: "mallory.key")
        #expect(try await cause(ask("answer", signedBy: "mallory")).isEmpty == false)
    }

    @Test("a certificate for another key, name, by another CA or of another kind is not taken")
    func notTaken() async throws {
        try await issue("key", key: "ops")
        try await issue("name", subject: "/CN=Maija Meikalainen/serialNumber=P1")
        try await issue("more", subject: "/CN=Maija Meikäläinen/serialNumber=P1/O=x")
        try await issue("issuer", by: "ops")
        try await issue("authority", "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature,keyCertSign")
        try await issue("usage", "keyUsage=critical,keyAgreement")
        #expect(try await cause(ask("key")).contains("another key"))
        #expect(try await cause(ask("name")) == "the certificate is for another subject")
        #expect(try await cause(ask("more")) == "the certificate is for another subject")
        #expect(try await cause(ask("issuer")).hasPrefix("the certificate does not verify"))
        #expect(try await cause(ask("authority")) == "the certificate is not for a user's signatures")
        #expect(try await cause(ask("usage")) == "the certificate is not for a user's signatures")
    }

    /// Why an answer was not taken: 407/4072, and the cause that stays here.
    private func cause(_ result: Result<[UInt8], MSSFault>) throws -> String {
        guard case .failure(let fault) = result else { throw FixtureFailure(description: "the answer was taken") }
        #expect(fault.code == .registrationNotOK && fault.specifier == 4072)
        #expect(fault.detail == "The certification authority gives an answer that cannot be used.")
        return fault.cause ?? ""
    }
}
