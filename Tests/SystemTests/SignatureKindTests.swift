import Foundation
import MSSTestSupport
import Testing

@Suite("Each kind of signature, by the real services", .serialized)
struct SignatureKindTests {
    private static let text = "Pay 10 € to Ñandú"

    private func format(_ uri: String) -> String {
        "<mss:MSS_Format><mss:mssURI>\(uri)</mss:mssURI></mss:MSS_Format>"
    }

    /// Asks for one kind; the answer and what openssl needs beside it.
    private func signed(_ uri: String) async throws -> (Provider.Answer, OpenSSLCommand, TemporaryFolder) {
        let platform = try await TunedHome.running.platform
        let msisdn = try platform.variable("MSISDN_SIGN")
        let answer = try await signUntilFree(platform, Self.text, msisdn, extra: format(uri))
        #expect(answer.status == "500", "\(answer.body)")
        let id = try #require(answer.transactionID)
        let later = try await Provider(platform).status(of: id)
        let (before, after) = ("<mss:MSS_Signature>", "</mss:MSS_Signature>")
        #expect(later.between(before, after) == answer.between(before, after) && later.between(before, after) != nil)
        let folder = try TemporaryFolder()
        try Data(Self.text.utf8).write(to: folder.url.appending(path: "text"))
        try Data(Self.text.dropLast().utf8).write(to: folder.url.appending(path: "other"))
        let authority = platform.file("pki/user-ca.pem")
        try FileManager.default.copyItem(atPath: authority, toPath: folder.path("user-ca.pem"))
        return (answer, OpenSSLCommand(in: folder.url), folder)
    }

    @Test(
        "that is a CMS is verified by openssl, attached or detached, with and without signed attributes",
        arguments: ["cms", "cms-detached", "cms-0", "cms-0-detached", "ades", "ades-detached"]
    )
    func cms(_ kind: String) async throws {
        let (answer, openssl, folder) = try await signed("urn:mssp:format:1#" + kind)
        let signature = try #require(answer.signature)
        try signature.write(to: folder.url.appending(path: "signature.der"))
        let verify = [
            "cms", "-verify", "-inform", "DER", "-in", "signature.der", "-CAfile", "user-ca.pem", "-purpose", "any",
            "-binary",
        ]
        let isDetached = kind.hasSuffix("-detached")
        let content = isDetached ? ["-content", "text"] : []
        let output = try await openssl.attempt(verify + content)
        #expect(output.status == 0 && output.text == Self.text, "\(output.standardError)")
        // The whole content or nothing: of another one the signature is none, and a detached one has none inside.
        if isDetached {
            #expect(try await openssl.attempt(verify).status != 0)
            #expect(try await openssl.attempt(verify + ["-content", "other"]).status != 0)
        }
        #expect(try await openssl.attempt(verify + ["-cades"] + content).status == 0 || !kind.hasPrefix("ades"))
        let printed = try await openssl.run(["cms", "-cmsout", "-print", "-inform", "DER", "-in", "signature.der"]).text
        let isBare = kind.hasPrefix("cms-0")
        #expect(printed.contains("messageDigest") == !isBare)
        #expect(printed.contains("signingTime") == kind.hasPrefix("ades"))
        #expect(printed.contains("id-smime-aa-signingCertificateV2") == kind.hasPrefix("ades"))
    }

    @Test("that is the value alone verifies with the user's key over the text")
    func value() async throws {
        let (_, openssl, folder) = try await signed("urn:mssp:format:1#cms")
        let (answer, _, _) = try await signed("http://www.methics.fi/KiuruMSSP/v3.2.0#PKCS1")
        let (other, _, _) = try await signed("urn:mssp:format:1#cms")
        try #require(other.signature).write(to: folder.url.appending(path: "cms.der"))
        try await openssl.run(["pkcs7", "-inform", "DER", "-in", "cms.der", "-print_certs", "-out", "user.pem"])
        try await verify(try #require(answer.signature), openssl, folder)
    }

    @Test("that is FiCom's brings the certificate that verifies it, under the user CA")
    func fiCom() async throws {
        let (answer, openssl, folder) = try await signed("http://mss.ficom.fi/TS102204/v1.0.0#PKCS1")
        #expect(answer.signature == nil && answer.body.contains(#"<fi:PKCS1 xmlns:fi="http://mss.ficom.fi/"#))
        let value = answer.between("<fi:SignatureValue>", "<").flatMap { Data(base64Encoded: $0) }
        let certificate = answer.between("<fi:X509Certificate>", "<").flatMap { Data(base64Encoded: $0) }
        try #require(certificate).write(to: folder.url.appending(path: "user.der"))
        try await openssl.run(["x509", "-inform", "DER", "-in", "user.der", "-out", "user.pem"])
        try await openssl.run(["verify", "-CAfile", "user-ca.pem", "user.pem"])
        try await verify(try #require(value), openssl, folder)
    }

    private func verify(_ value: Data, _ openssl: OpenSSLCommand, _ folder: TemporaryFolder) async throws {
        try value.write(to: folder.url.appending(path: "value"))
        try await openssl.run(["x509", "-in", "user.pem", "-pubkey", "-noout", "-out", "key.pem"])
        let verify = ["dgst", "-sha256", "-verify", "key.pem", "-signature", "value"]
        #expect(try await openssl.attempt(verify + ["text"]).status == 0)
        #expect(try await openssl.attempt(verify + ["other"]).status != 0)
    }

    @Test("that the provider's entry does not name is refused, and so is a format that nobody knows")
    func refused() async throws {
        let shared = try await Platform.running
        for uri in ["urn:mssp:format:1#cms-0", "http://mss.ficom.fi/TS102204/v1.0.0#PKCS1", "urn:x"] {
            let msisdn = try shared.variable("MSISDN_SIGN")
            let answer = try await Provider(shared).sign(Self.text, by: msisdn, extra: format(uri))
            #expect(answer.fault == "101" && answer.body.contains("MSS_Format"), "\(answer.body)")
        }
        let tuned = try await TunedHome.running.platform
        let answer = try await Provider(tuned).sign("1", by: tuned.variable("MSISDN_SIGN"), extra: format("urn:x"))
        #expect(answer.fault == "101")
    }
}
