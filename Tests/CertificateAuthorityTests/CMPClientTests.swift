import CertificateAuthority
import MSSCore
import MSSTestSupport
import Testing

@Suite("Certificates asked of a CA by CMP")
struct CMPClientTests {
    @Test("the certificate is for the key and the name that were asked, as openssl sees it")
    func certificateIsIssued() async throws {
        let authority = try await RunningAuthority()
        let pki = authority.pki
        let client = try CMPClient(authority.settings())
        let certificate = try await client.certificate(for: .sample(pki), until: .now + .seconds(10))
        try pki.write(certificate, to: "user.der")
        try await pki.openssl.run(["x509", "-inform", "DER", "-in", "user.der", "-out", "user.pem"])
        try await pki.openssl.run([
            "verify", "-x509_strict", "-CAfile", "user-ca.pem", "-crl_check", "-CRLfile", "crl.pem", "user.pem",
        ])
        let text = try await pki.openssl.run([
            "x509", "-in", "user.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus",
        ]).text
        #expect(text.contains("Subject: CN=Maija Meikäläinen,serialNumber=P1\n"))
        #expect(text.contains("Key Usage: critical\n                Digital Signature, Non Repudiation\n"))
        #expect(text.contains("Basic Constraints: critical\n                CA:FALSE\n"))
        #expect(text.contains("X509v3 Subject Key Identifier") && text.contains("X509v3 Authority Key Identifier"))
        let key = try await pki.openssl.run(["x509", "-in", "user.pem", "-noout", "-pubkey"]).standardOutput
        #expect(key == (try pki.octets("user.pub")))
    }

    @Test("many at a time get a certificate each")
    func manyAtATime() async throws {
        let authority = try await RunningAuthority()
        let client = try CMPClient(authority.settings())
        let key = try await ProvenKey.sample(authority.pki)
        let certificates = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<40 {
                group.addTask { try await client.certificate(for: key, until: .now + .seconds(10)) }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(certificates.count == 40)
    }

    @Test("a service may show the certificate it has as a TLS client")
    func clientCertificateServes() async throws {
        let authority = try await RunningAuthority()
        try await authority.pki.certificate(
            "me",
            by: "ops",
            uri: RunningAuthority.registrationAuthority,
            purposes: "clientAuth"
        )
        let client = try CMPClient(authority.settings(as: "me"))
        _ = try await client.certificate(for: .sample(authority.pki), until: .now + .seconds(10))
    }

    @Test(
        "the CA refuses whoever is not its registration authority",
        arguments: [
            ("urn:mssp:test:mallory", "cmcRA", "ops"), ("urn:mssp:test:me", "serverAuth", "ops"),
            ("urn:mssp:test:me", "cmcRA", "user-ca"), ("urn:mssp:test:me,URI:urn:mssp:test:x", "cmcRA", "ops"),
        ]
    )
    func strangersAreRefused(uri: String, purposes: String, root: String) async throws {
        let authority = try await RunningAuthority()
        try await authority.pki.certificate("stranger", by: root, uri: uri, purposes: purposes)
        let client = try CMPClient(authority.settings(as: "stranger"))
        let key = try await ProvenKey.sample(authority.pki)
        let fault = await client.fault(for: key)
        #expect(fault?.code == .registrationNotOK && fault?.specifier == 4072)
        #expect(fault?.detail == "The certification authority refused the request.")
        #expect(try authority.pki.octets("state/journal").isEmpty)
    }

    @Test("a key of another kind is refused, with the CA's reason and without the person's name")
    func otherCurveIsRefused() async throws {
        let authority = try await RunningAuthority()
        var key = try await ProvenKey.sample(authority.pki)
        key.publicKey = try await authority.pki.key("other", curve: "P-521")
        let client = try CMPClient(authority.settings())
        let fault = await client.fault(for: key)
        #expect(fault?.code == .registrationNotOK && fault?.specifier == 4072)
        #expect(fault?.cause?.contains("the public key must be an uncompressed P-256 or P-384 key") == true)
        #expect(fault?.cause?.contains("Maija") == false)
    }

    @Test(
        "a name that no certificate can hold is a fault, not a request",
        arguments: ["", String(repeating: "x", count: 65), "a\0b"]
    )
    func unusableName(name: String) async throws {
        let authority = try await RunningAuthority()
        let key = try await ProvenKey.sample(authority.pki, name: name)
        let client = try CMPClient(authority.settings())
        let fault = await client.fault(for: key)
        #expect(fault?.detail == "The certification authority cannot certify the name or the key of this user.")
    }

    @Test("an answer of another CA is not believed")
    func answerOfAnotherAuthority() async throws {
        let authority = try await RunningAuthority()
        try await authority.pki.root("another-ca")
        let client = try CMPClient(authority.settings(authority: "another-ca"))
        let key = try await ProvenKey.sample(authority.pki)
        let fault = await client.fault(for: key)
        #expect(fault?.detail == "The certification authority gives an answer that cannot be used.")
    }
}
