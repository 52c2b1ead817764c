import Crypto
import Foundation
import MSSCore
import MSSTestSupport
import Signatures
import Testing

/// A user CA that openssl runs, with its users and its revocation list.
final class UserCA: Sendable {
    let pki: ThrowawayPKI
    /// A plus sign would join two names to openssl, were it not escaped.
    static let subject = "/CN=\\+358401234567/serialNumber=FI-4711"

    init() async throws {
        pki = try ThrowawayPKI()
        try await pki.root("ca")
        try await pki.root("stranger")
        for name in ["ca", "stranger"] {
            try pki.write([], to: "\(name).index")
            try pki.write(Array(Self.configuration(name).utf8), to: "\(name).cnf")
        }
    }

    /// A CA and a user of it, whom its responder calls good.
    static func withUser() async throws -> (UserCA, User) {
        let ca = try await UserCA()
        let user = try await ca.user()
        try await ca.note("user")
        return (ca, user)
    }

    /// A user's key and certificate.
    func user(_ name: String = "user", by issuer: String = "ca", subject: String = UserCA.subject) async throws -> User
    {
        try await pki.certificate(name, by: issuer, subject: subject)
        return try await read(name)
    }

    /// A user whose certificate has times of its own, and a certificate policy if one is named.
    func user(_ name: String, policy: String? = nil, from: Date = Date() - 60, until: Date) async throws -> User {
        try await pki.key(name)
        let form = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted)
        func text(_ date: Date) -> String { date.formatted(form).replacing("T", with: "") }
        let extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"]
        let policies = policy.map { ["certificatePolicies=\($0)"] } ?? []
        try pki.write(Array((extensions + policies).joined(separator: "\n").utf8), to: "\(name).ext")
        try await pki.openssl.run([
            "req", "-new", "-key", "\(name).key", "-subj", Self.subject, "-out", "\(name).csr",
        ])
        try await pki.openssl.run([
            "ca", "-batch", "-config", "ca.cnf", "-in", "\(name).csr", "-out", "\(name).pem", "-notext",
            "-outdir", ".", "-policy", "any", "-extfile", "\(name).ext", "-startdate", text(from), "-enddate",
            text(until),
        ])
        return try await read(name)
    }

    /// What openssl wrote for a name.
    func read(_ name: String) async throws -> User {
        let der = try await pki.openssl.run(["x509", "-in", "\(name).pem", "-outform", "DER"]).standardOutput
        let pem = String(decoding: try pki.octets("\(name).key"), as: UTF8.self)
        return User(der: der, key: try P256.Signing.PrivateKey(pemRepresentation: pem))
    }

    func revoke(_ name: String, by issuer: String = "ca", reason: String = "keyCompromise") async throws {
        try await pki.openssl.run([
            "ca", "-config", "\(issuer).cnf", "-revoke", "\(name).pem", "-crl_reason", reason,
        ])
    }

    /// Notes a certificate in the CA's index, so that a responder calls it good.
    func note(_ name: String) async throws {
        try await pki.openssl.run(["ca", "-config", "ca.cnf", "-valid", "\(name).pem"])
    }

    /// Writes the revocation list to crl.pem, by a rename as a careful CA does.
    ///
    /// Its times are `-crl_lastupdate` and `-crl_nextupdate`, a day from now on if nothing is said.
    @discardableResult
    func list(by issuer: String = "ca", times: [String] = ["-crldays", "1"], to file: String = "crl.pem") async throws
        -> String
    {
        let new = "\(UUID().uuidString).pem"
        try await pki.openssl.run(["ca", "-config", "\(issuer).cnf", "-gencrl", "-out", new] + times)
        try replace(file, with: new)
        return pki.path(file)
    }

    func replace(_ file: String, with new: String) throws {
        try #require(rename(pki.path(new), pki.path(file)) == 0)
    }

    func authority(list: String? = "crl.pem", anchors: String = "ca.pem") throws -> UserAuthority {
        try UserAuthority(anchors: try pki.octets(anchors), revocationList: list.map { pki.path($0) })
    }

    /// One that has no list and fetches what it misses.
    func authority(_ sources: RevocationSources) throws -> UserAuthority {
        try UserAuthority(anchors: try pki.octets("ca.pem"), revocationList: nil, sources: sources)
    }

    static func configuration(_ name: String) -> String {
        """
        [ca]
        default_ca = this
        [this]
        database = \(name).index
        certificate = \(name).pem
        private_key = \(name).key
        default_md = sha256
        unique_subject = no
        rand_serial = yes
        [any]
        commonName = supplied
        serialNumber = supplied
        [critical]
        issuingDistributionPoint = critical, onlyuser:TRUE
        """
    }
}

/// Somebody whose card is a key in memory.
struct User: Sendable {
    let der: [UInt8]
    let key: P256.Signing.PrivateKey

    var certificate: UserCertificate {
        get throws { try UserCertificate(der: der) }
    }

    var publicKey: [UInt8] { Array(key.publicKey.derRepresentation) }

    /// Signs as a card does and assembles the result.
    func signedData(_ content: [UInt8]) throws -> [UInt8] {
        let attributes = Attributes.set(of: content)
        return try SignedDataAssembler.assemble(
            .utf8(content),
            raw: Array(try key.signature(for: attributes).rawRepresentation),
            certificate: try certificate
        )
    }
}

/// The signed attributes of the standard's smallest set, as a card hashes them.
enum Attributes {
    static func set(of content: [UInt8]) -> [UInt8] {
        let contentType: [UInt8] = [
            0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03, 0x31, 0x0B, 0x06, 0x09, 0x2A,
            0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01,
        ]
        let digest: [UInt8] = [
            0x30, 0x2F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04, 0x31, 0x22, 0x04, 0x20,
        ]
        return [0x31, 0x4B] + contentType + digest + MessageDigest.sha256(content)
    }
}
