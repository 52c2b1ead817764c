import Foundation
import MSSTestSupport
import Testing

/// The CA as another implementation's client sees it: `openssl cmp`.
@Suite("The development CA, asked by openssl")
struct DevelopmentCATests {
    private let authority: RunningAuthority
    private let pki: ThrowawayPKI

    init() async throws {
        authority = try await RunningAuthority()
        pki = authority.pki
        try await pki.key("user")
    }

    private func ask(_ arguments: [String]) async throws -> OpenSSLCommand.Output {
        try await pki.openssl.attempt(authority.commandLine(arguments))
    }

    /// The serial numbers on the revocation list, which must verify.
    private func revoked() async throws -> [String] {
        try await pki.openssl.run(["crl", "-in", "crl.pem", "-CAfile", "user-ca.pem", "-noout"])
        let text = try await pki.openssl.run(["crl", "-in", "crl.pem", "-noout", "-text"]).text
        return text.components(separatedBy: "Serial Number: ").dropFirst().compactMap {
            $0.components(separatedBy: "\n").first
        }
    }

    @Test(
        "it certifies",
        arguments: [
            [], ["-implicit_confirm"], ["-disable_confirm"], ["-cmd", "ir"], ["-popo", "1", "-newkey", "user.key"],
        ]
    )
    func certifies(more: [String]) async throws {
        let output = try await ask(more)
        #expect(output.status == 0, "\(output.standardError)")
        try await pki.openssl.run(["verify", "-x509_strict", "-CAfile", "user-ca.pem", "new.pem"])
        #expect(try await revoked().isEmpty)
    }

    @Test("a certificate is valid from a minute ago for the days that were said, under a long serial number")
    func validity() async throws {
        #expect(try await ask([]).status == 0)
        let text = try await pki.openssl.run([
            "x509", "-in", "new.pem", "-noout", "-serial", "-startdate", "-enddate", "-dateopt", "iso_8601",
        ]).text
        let values = text.split(separator: "\n").compactMap { $0.split(separator: "=").last.map { String($0) } }
        let dates = values.dropFirst().compactMap {
            try? Date($0.replacing(" ", with: "T"), strategy: .iso8601)
        }
        try #require(dates.count == 2)
        #expect(abs(dates[0].timeIntervalSinceNow + 60) < 10)
        // The CA of this test ends before that: no certificate outlives it.
        #expect(dates[1].timeIntervalSinceNow < 2 * 86_400)
        // Leading zeros are not written.
        #expect((26...32).contains(values[0].count))
    }

    @Test(
        "who is not known, or does not sign, gets nothing",
        arguments: [
            ["-cert", "stranger.pem", "-key", "stranger.key"], ["-unprotected_requests"],
            ["-secret", "pass:guess", "-ref", "me"], ["-cert", "user-ca.pem", "-key", "user-ca.key"],
            ["-cert", "ops.pem", "-key", "ops.key"],
        ]
    )
    func refusesStrangers(more: [String]) async throws {
        try await pki.certificate("stranger", by: "ops", uri: "urn:mssp:test:ra", purposes: "cmcRA")
        #expect(try await ask(more).status != 0)
        let told = try await authority.process.line(containing: "a request was refused")
        #expect(!told.contains("reason= "), "\(told)")
        #expect(try pki.octets("state/journal").isEmpty)
    }

    @Test(
        "a template with more or less than a name and a key is refused, and told why",
        arguments: [
            (["-days", "3"], "nothing else"), (["-san_nodefault", "-sans", "other.test"], "nothing else"),
            (["-subject", "/CN=Maija"], "one common name and one serial number"),
            (["-subject", "/CN=Maija/serialNumber=P1/O=x"], "one common name and one serial number"),
            (["-subject", "/CN=Maija/CN=Matti"], "one common name and one serial number"),
            (["-subject", "/CN=/serialNumber=P1"], "one common name and one serial number"),
            (["-subject", "/CN=a\u{7}b/serialNumber=P1"], "one common name and one serial number"),
            (["-issuer", "/CN=another"], "another CA"), (["-newkey", "wide.pub"], "P-256"),
            (["-newkey", "rsa.pub"], "P-256"), (["-cmd", "kur", "-oldcert", "ra.pem"], "only ir and cr"),
            (["-cmd", "genm"], ""), (["-cmd", "rr", "-oldcert", "ra.pem"], ""), (["-popo", "-1"], ""),
        ]
    )
    func refusesTemplates(more: [String], reason: String) async throws {
        if more.contains("wide.pub") { try await pki.key("wide", curve: "P-521") }
        if more.contains("rsa.pub") {
            try await pki.openssl.run([
                "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", "rsa.key",
            ])
            try await pki.openssl.run(["pkey", "-in", "rsa.key", "-pubout", "-out", "rsa.pub"])
        }
        let output = try await ask(more)
        #expect(output.status != 0)
        // openssl tells on its standard output what the CA answered.
        #expect(reason.isEmpty || output.text.contains(reason), "\(output.text)\(output.standardError)")
        #expect(try pki.octets("state/journal").isEmpty)
    }

    @Test("every kind of key that a card makes is certified", arguments: ["P-256", "P-384", "RSA"])
    func kinds(_ kind: String) async throws {
        if kind == "RSA" {
            try await pki.openssl.run(["genpkey", "-algorithm", "RSA", "-out", "kind.key"])
            try await pki.openssl.run(["pkey", "-in", "kind.key", "-pubout", "-out", "kind.pub"])
        } else {
            try await pki.key("kind", curve: kind)
        }
        let output = try await ask(["-newkey", "kind.pub"])
        #expect(output.status == 0, "\(output.text)\(output.standardError)")
        let certified = try await pki.openssl.run(["x509", "-in", "new.pem", "-noout", "-pubkey"]).text
        #expect(try certified == String(decoding: pki.octets("kind.pub"), as: UTF8.self))
    }

    @Test("a certificate that its requester does not accept is revoked, also for a CA that starts again")
    func revokesUnwanted() async throws {
        try await pki.root("another-ca")
        #expect(try await ask(["-out_trusted", "another-ca.pem"]).status != 0)
        let issued = String(decoding: try pki.octets("state/journal"), as: UTF8.self).split(separator: " ")[2]
        #expect(try await revoked() == [issued.uppercased()])
        authority.process.terminate()
        #expect(try await authority.process.end() == 0)
        let again = try await RunningAuthority(pki)
        #expect(try await revoked() == [issued.uppercased()])
        #expect(try await pki.openssl.attempt(again.commandLine([])).status == 0)
        #expect(try await revoked() == [issued.uppercased()])
    }

    @Test("the revocation list is for everybody to read, for a day")
    func revocationList() async throws {
        #expect(try await revoked().isEmpty)
        let attributes = try FileManager.default.attributesOfItem(atPath: pki.path("crl.pem"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o644)
        let text = try await pki.openssl.run([
            "crl", "-in", "crl.pem", "-noout", "-lastupdate", "-nextupdate", "-dateopt", "iso_8601",
        ]).text
        let dates = text.split(separator: "\n").compactMap { line in
            line.split(separator: "=").last.flatMap { try? Date($0.replacing(" ", with: "T"), strategy: .iso8601) }
        }
        try #require(dates.count == 2)
        #expect(dates[1].timeIntervalSince(dates[0]) == 86_400)
    }

    @Test("what is not CMP gets an HTTP error, and the next request is served")
    func garbage() async throws {
        let port = authority.port
        #expect(try Loopback.post([], port: port) == 400)
        #expect(try Loopback.post(Array("junk".utf8), port: port) == 400)
        #expect(try Loopback.post([UInt8](repeating: 0x30, count: 65_536), port: port) == 400)
        #expect(try Loopback.post([UInt8](repeating: 0x30, count: 65_537), port: port) == 413)
        #expect(try Loopback.post([0x30, 0], type: "text/plain", port: port) == 415)
        #expect(
            try Loopback.exchange(Array("GET /cmp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8), port: port)
                .hasPrefix("HTTP/1.1 40")
        )
        #expect(try Loopback.exchange(Array("\0\u{1}\r\n\r\n".utf8), port: port).hasPrefix("HTTP/1.1 400"))
        #expect(try await ask([]).status == 0)
    }

    @Test("SIGTERM ends it at once, with status 0, whoever is connected")
    func terminates() async throws {
        // A kept-alive connection of a client that does nothing more.
        let idle = try Loopback.connection(authority.port)
        defer { idle.close() }
        let start = ContinuousClock.now
        authority.process.terminate()
        #expect(try await authority.process.end() == 0)
        #expect(.now - start < .seconds(8))
    }
}
