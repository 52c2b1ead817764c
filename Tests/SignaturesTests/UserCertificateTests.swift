import Foundation
import MSSTestSupport
import Signatures
import Testing

@Suite("A user's certificate")
struct UserCertificateTests {
    private let ca: UserCA
    private let user: User

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
    }

    @Test("has the key and the times that openssl reads in it")
    func read() async throws {
        let certificate = try user.certificate
        #expect(certificate.publicKey == user.publicKey)
        #expect(certificate.der == user.der)
        let dates = try await ca.pki.openssl.run([
            "x509", "-in", "user.pem", "-noout", "-dates", "-dateopt", "iso_8601",
        ]).text
        for (name, date) in [("notBefore", certificate.notBefore), ("notAfter", certificate.notAfter)] {
            let iso = ISO8601DateFormatter.string(from: date, timeZone: .gmt, formatOptions: .withInternetDateTime)
            #expect(dates.contains("\(name)=" + iso.replacing("T", with: " ")))
        }
    }

    @Test(
        "has times before 2050 and after it, in leap years and at their ends",
        arguments: [
            ("20000101000000Z", 946_684_800.0), ("20240229235959Z", 1_709_251_199), ("20491231235959Z", 2_524_607_999),
            ("20500101000000Z", 2_524_608_000), ("21000301000000Z", 4_107_542_400),
            ("99991231235959Z", 253_402_300_799),
            ("19700101000000Z", 0),
        ]
    )
    func times(_ text: String, _ seconds: Double) async throws {
        try ca.pki.write(Array("01".utf8), to: "serial")
        try await ca.pki.openssl.run(["req", "-new", "-key", "user.key", "-subj", "/CN=x", "-out", "x.csr"])
        let times = ["-startdate", text.hasPrefix("1970") ? text : "19700101000000Z", "-enddate", text]
        let policy =
            "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\ndatabase=ca.index\n"
        try ca.pki.write(
            Array((policy + "x509_extensions=e\n[p]\nCN=supplied\n[e]\nbasicConstraints=CA:FALSE\n").utf8),
            to: "x.cnf"
        )
        try await ca.pki.openssl.run(
            [
                "ca", "-config", "x.cnf", "-batch", "-notext", "-in", "x.csr", "-out", "x.pem", "-cert", "ca.pem",
                "-keyfile", "ca.key",
            ]
                + times
        )
        let der = try await ca.pki.openssl.run(["x509", "-in", "x.pem", "-outform", "DER"]).standardOutput
        #expect(try UserCertificate(der: der).notAfter == Date(timeIntervalSince1970: seconds))
    }

    @Test("cut anywhere, followed by anything, or something else in DER is refused")
    func malformed() throws {
        for cut in DamagedOctets.truncations(of: user.der) {
            #expect(throws: SignatureError.self) { try UserCertificate(der: cut) }
        }
        let others: [[UInt8]] = [
            user.der + [0], user.der + user.der, [0x30, 0], [0x30, 2, 0x30, 0], [0x05, 0], user.publicKey,
            [UInt8](repeating: 0x30, count: 1_000), [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30, 0x80, 0, 0],
        ]
        for other in others { #expect(throws: SignatureError.self) { try UserCertificate(der: other) } }
    }

    @Test("is read or refused, whatever the octets")
    func fuzz() throws {
        for flipped in DamagedOctets.bitFlips(of: user.der) { _ = try? UserCertificate(der: flipped) }
        var damage = DamagedOctets(seed: 5280)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 8) ? damage.octets(upTo: 100) : damage.like(user.der)
            guard let read = try? UserCertificate(der: octets) else { continue }
            #expect(read.der == octets)
        }
    }
}
