import Foundation
import MSSTestSupport
import Signatures
import Testing

@Suite("The authority of the users' certificates")
struct UserAuthorityTests {
    private let ca: UserCA
    private let user: User

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
    }

    @Test("says valid with a fresh list, PEM or DER, and revoked from the moment that the file says so")
    func revocation() async throws {
        try await ca.list()
        let authority = try ca.authority()
        #expect(authority.validity(of: user.der) == .valid)
        let neighbour = try await ca.user("neighbour")
        try await ca.revoke("user")
        try await ca.list()
        #expect(authority.validity(of: user.der) == .revoked)
        #expect(authority.validity(of: neighbour.der) == .valid)
        try await ca.pki.openssl.run(["crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der"])
        let binary = try ca.authority(list: "crl.der")
        #expect(binary.validity(of: user.der) == .revoked && binary.validity(of: neighbour.der) == .valid)
    }

    @Test("says expired after and before the certificate's time")
    func expired() async throws {
        try await ca.list()
        let authority = try ca.authority()
        #expect(authority.validity(of: user.der, at: Date() + 36 * 3_600) == .expired)
        #expect(authority.validity(of: user.der, at: Date() - 3_600) == .expired)
        let certificate = try user.certificate
        #expect(authority.validity(of: user.der, at: certificate.notAfter + 1) == .expired)
        #expect(authority.validity(of: user.der, at: certificate.notBefore - 1) == .expired)
    }

    @Test("says that there is no fresh proof when the list is missing, stale, of the future or unreadable")
    func noFreshProof() async throws {
        let now = Date()
        #expect(try ca.authority(list: nil).validity(of: user.der) == .noFreshProof)
        let authority = try ca.authority()
        #expect(authority.validity(of: user.der) == .noFreshProof)
        for times in [(-7_200.0, -3_600.0), (3_600, 7_200)] {
            try await ca.list(times: [
                "-crl_lastupdate", Self.time(now + times.0), "-crl_nextupdate", Self.time(now + times.1),
            ])
            #expect(authority.validity(of: user.der) == .staleProof)
        }
        for octets: [UInt8] in [
            [], Array("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n".utf8), [0x30, 0x80],
        ] {
            try ca.pki.write(octets, to: "crl.pem")
            #expect(authority.validity(of: user.der) == .noFreshProof)
        }
        // And all is well again with the next good file.
        try await ca.list()
        #expect(authority.validity(of: user.der) == .valid)
        try FileManager.default.removeItem(atPath: ca.pki.path("crl.pem"))
        #expect(authority.validity(of: user.der) == .noFreshProof)
    }

    @Test("calls revoked what an old list calls revoked")
    func revokedLongAgo() async throws {
        try await ca.revoke("user")
        let now = Date()
        try await ca.list(times: ["-crl_lastupdate", Self.time(now - 7_200), "-crl_nextupdate", Self.time(now - 3_600)])
        #expect(try ca.authority().validity(of: user.der) == .revoked)
    }

    @Test("calls suspended what is on hold, and valid again what a newer list no longer names")
    func hold() async throws {
        try await ca.revoke("user", reason: "certificateHold")
        let now = Date()
        try await ca.list(times: ["-crl_lastupdate", Self.time(now - 7_200), "-crl_nextupdate", Self.time(now - 3_600)])
        let authority = try ca.authority()
        #expect(authority.validity(of: user.der) == .suspended)
        try ca.pki.write([], to: "ca.index")
        try await ca.list()
        #expect(authority.validity(of: user.der) == .valid)
    }

    @Test("takes no list with an entry that has a critical extension, and no certificate whose CA is revoked")
    func entriesAndPaths() async throws {
        try await ca.pki.openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "middle.key",
            "-out", "middle.pem", "-days", "1", "-subj", "/CN=middle", "-CA", "ca.pem", "-CAkey", "ca.key", "-addext",
            "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        ])
        try ca.pki.write([], to: "middle.index")
        try ca.pki.write(Array(UserCA.configuration("middle").utf8), to: "middle.cnf")
        let below = try await ca.user("below", by: "middle")
        try ca.pki.write(try ca.pki.octets("ca.pem") + ca.pki.octets("middle.pem"), to: "cas.pem")
        let noLists = try ca.authority(list: nil, anchors: "cas.pem")
        #expect(noLists.validity(of: below.der) == .noFreshProof)
        #expect(noLists.intermediates(of: below.der).count == 1)
        // Its own issuer says nothing bad; the root has revoked the issuer.
        try await ca.revoke("middle")
        try await ca.list()
        let authority = try ca.authority(anchors: "cas.pem")
        #expect(authority.validity(of: below.der) == .revoked)
        // The intermediate CA alone anchors nothing.
        #expect(try ca.authority(anchors: "middle.pem").validity(of: below.der) == .invalid)
    }

    @Test("calls a certificate of another policy, or of a test policy, a mismatch")
    func constraints() async throws {
        try await ca.list()
        try await ca.pki.openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "policy.key",
            "-out", "policy.pem", "-days", "1", "-subj", UserCA.subject, "-CA", "ca.pem", "-CAkey", "ca.key",
            "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "certificatePolicies=1.2.3.4,1.2.3.5",
        ])
        let certified = try await ca.read("policy")
        func validity(_ user: User, _ constraints: UserAuthority.Constraints) throws -> UserAuthority.Validity {
            try UserAuthority(
                anchors: try ca.pki.octets("ca.pem"),
                revocationList: ca.pki.path("crl.pem"),
                constraints: constraints
            ).validity(of: user.der)
        }
        #expect(try validity(certified, .init(policies: ["1.2.3.4"])) == .valid)
        #expect(try validity(certified, .init(policies: ["1.2.3.6"])) == .constraintMismatch)
        #expect(try validity(certified, .init(testPolicies: ["1.2.3.5"])) == .constraintMismatch)
        #expect(try validity(user, .init(policies: ["1.2.3.4"])) == .constraintMismatch)
        #expect(try validity(user, .init(testPolicies: ["1.2.3.5"])) == .valid)
    }

    @Test("takes no list of another CA, none that was changed, and none with a critical extension")
    func foreignLists() async throws {
        let authority = try ca.authority()
        try await ca.list(by: "stranger")
        #expect(authority.validity(of: user.der) == .noFreshProof)
        try await ca.list(times: ["-crldays", "1", "-crlexts", "critical"])
        #expect(authority.validity(of: user.der) == .noFreshProof)
        try await ca.list(to: "good.pem")
        try await ca.pki.openssl.run(["crl", "-in", "good.pem", "-outform", "DER", "-out", "good.der"])
        let good = try ca.pki.octets("good.der")
        for index in stride(from: good.count - 1, to: 0, by: -7) {
            var changed = good
            changed[index] ^= 1
            try ca.pki.write(changed, to: "crl.pem")
            #expect(authority.validity(of: user.der) == .noFreshProof, "octet \(index)")
        }
        try ca.pki.write(good, to: "crl.pem")
        #expect(authority.validity(of: user.der) == .valid)
    }

    @Test("calls invalid what another CA issued, what is no certificate, and the CA's own")
    func invalid() async throws {
        try await ca.list()
        let authority = try ca.authority()
        let stranger = try await ca.user("foreign", by: "stranger")
        #expect(authority.validity(of: stranger.der) == .invalid)
        for octets in [[], [0x30], Array("certificate".utf8)] + DamagedOctets.truncations(of: user.der) {
            #expect(authority.validity(of: octets) == .invalid)
        }
        for index in stride(from: 4, to: user.der.count, by: 3) {
            var changed = user.der
            changed[index] ^= 1
            #expect(authority.validity(of: changed) != .valid, "octet \(index)")
        }
        // One that names the CA as its issuer, signed by the user.
        try await ca.pki.openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "fake.key",
            "-out",
            "fake.pem", "-subj", "/CN=x", "-CA", "user.pem", "-CAkey", "user.key",
        ])
        #expect(authority.validity(of: try await ca.read("fake").der) == .invalid)
    }

    @Test("knows every CA of its file, and starts with none that holds no certificate")
    func anchors() async throws {
        try await ca.list()
        let both = try ca.pki.octets("stranger.pem") + ca.pki.octets("ca.pem")
        try ca.pki.write(both, to: "both.pem")
        let authority = try ca.authority(anchors: "both.pem")
        #expect(authority.validity(of: user.der) == .valid)
        let stranger = try await ca.user("foreign", by: "stranger")
        // Its CA is known, but the list is the other's.
        #expect(authority.validity(of: stranger.der) == .noFreshProof)
        for octets: [UInt8] in [[], Array("no PEM".utf8), try ca.pki.octets("ca.key")] {
            #expect(throws: SignatureError.self) { try UserAuthority(anchors: octets, revocationList: nil) }
        }
    }

    @Test("checks a new certificate against the key and the names it was asked for")
    func subjects() async throws {
        try check(user)
        let neighbour = try await ca.user("neighbour")
        #expect(throws: SignatureError.self) { try check(user, key: neighbour.publicKey) }
        #expect(throws: SignatureError.self) { try check(user, name: "+358401234568") }
        #expect(throws: SignatureError.self) { try check(user, name: "") }
        #expect(throws: SignatureError.self) { try check(user, number: "FI-4712") }
        let subjects = [
            "/CN=\\+358401234567", "/serialNumber=FI-4711", "/CN=\\+358401234567/serialNumber=FI-4711/O=x",
            "/CN=\\+358401234567/CN=x/serialNumber=FI-4711", "/CN=\\+358401234567/O=FI-4711",
            "/CN=FI-4711/serialNumber=x",
        ]
        for (index, subject) in subjects.enumerated() {
            let other = try await ca.user("u\(index)", subject: subject)
            #expect(throws: SignatureError.self, "\(subject)") { try check(other) }
        }
        let unicode = try await ca.user("unicode", subject: "/CN=Jürgen Ж/serialNumber=FI-4711")
        try check(unicode, name: "Jürgen Ж")
    }

    @Test("takes no new certificate of another CA, for another use, or that is none")
    func uses() async throws {
        let foreign = try await ca.user("foreign", by: "stranger")
        #expect(throws: SignatureError.self) { try check(foreign) }
        #expect(throws: SignatureError.self) { try check(User(der: [0x30, 0], key: user.key)) }
        for extensions in [
            ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature,keyCertSign"],
            ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,keyAgreement"],
        ] {
            try await ca.pki.openssl.run(
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    "use.key",
                    "-out", "use.pem", "-subj", UserCA.subject, "-CA", "ca.pem", "-CAkey", "ca.key",
                ] + extensions.flatMap { ["-addext", $0] }
            )
            let wrong = try await ca.read("use")
            #expect(throws: SignatureError.self, "\(extensions)") { try check(wrong) }
        }
    }

    private func check(
        _ user: User,
        key: [UInt8]? = nil,
        name: String = "+358401234567",
        number: String = "FI-4711"
    ) throws {
        let authority = try ca.authority(list: nil)
        try authority.check(user.der, publicKey: key ?? user.publicKey, commonName: name, serialNumber: number)
    }

    @Test("answers many at once, while its list is replaced under it")
    func concurrency() async throws {
        try await ca.list(to: "all.pem")
        let revoked = try await ca.user("revoked")
        try await ca.revoke("revoked")
        try await ca.list(to: "one.pem")
        try await ca.list()
        let lists = [try ca.pki.octets("all.pem"), try ca.pki.octets("one.pem")]
        let authority = try ca.authority()
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { @concurrent [user] in
                    for _ in 0..<100 {
                        #expect(authority.validity(of: user.der) == .valid)
                        #expect([.valid, .revoked].contains(authority.validity(of: revoked.der)))
                    }
                }
            }
            group.addTask { @concurrent [ca] in
                for round in 0..<100 {
                    try ca.pki.write(lists[round % 2], to: "next.pem")
                    try ca.replace("crl.pem", with: "next.pem")
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        #expect(authority.validity(of: revoked.der) == .revoked)
    }

    private static func time(_ date: Date) -> String {
        let parts = Calendar.utc.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let values = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map { $0 ?? 0 }
        return String(format: "%04d%02d%02d%02d%02d%02dZ", arguments: values)
    }
}

extension Calendar {
    fileprivate static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
