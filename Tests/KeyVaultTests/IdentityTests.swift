import Crypto
import Foundation
import MSSTestSupport
import Testing

@testable import KeyVault

@Suite("The platform's identity")
struct IdentityTests {
    private let personaliser: Personaliser
    private var vault: Vault { personaliser.vault }
    private var pki: ThrowawayPKI { personaliser.pki }
    private let name = "urn:mssp:test:home"

    init() async throws {
        personaliser = try await Personaliser(rsa: false)
        try await pki.root("ca")
    }

    /// Has a CA of openssl's certify a request.
    private func certify(
        _ record: IdentityRecord,
        extensions: String? = nil,
        days: Int = 2,
        by issuer: String = "ca"
    ) async throws -> [UInt8] {
        try pki.write(try vault.request(for: record, name: name), to: "request.der")
        var arguments = [
            "x509", "-req", "-inform", "DER", "-in", "request.der", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key",
            "-days", "\(days)", "-out", "identity.pem",
        ]
        if let extensions {
            try pki.write(Array(extensions.utf8), to: "extensions")
            arguments += ["-extfile", "extensions"]
        } else {
            arguments += ["-copy_extensions", "copy"]
        }
        try await pki.openssl.run(arguments)
        return try pki.octets("identity.pem")
    }

    private func active() async throws -> IdentityRecord {
        let made = try vault.newIdentity(1)
        return try vault.installed(try await certify(made), for: made)
    }

    @Test("asks for a certificate of its name, to sign with, and openssl verifies the request")
    func request() async throws {
        let made = try vault.newIdentity(1)
        #expect(made.state == .pending && made.certificates.isEmpty && made.sealed.count == 65)
        try pki.write(try vault.request(for: made, name: name), to: "request.der")
        let text = try await pki.openssl.run([
            "req", "-inform", "DER", "-in", "request.der", "-verify", "-noout", "-text",
        ])
        #expect(text.standardError.contains("verify OK"))
        for expected in ["CN = \(name)", "URI:\(name)", "Digital Signature", "NIST CURVE: P-256"] {
            #expect(text.text.contains(expected), "\(expected): \(text.text)")
        }
        let long = "urn:" + String(repeating: "a", count: 60)
        _ = try vault.request(for: made, name: long)
        for wrong in ["", long + "a", "urn:mssp:é", "urn:mssp:\u{0}", "a b"] {
            let error = #expect(throws: VaultError.self) { try vault.request(for: made, name: wrong) }
            #expect(error?.description.hasPrefix("identity: a name") == true)
        }
    }

    @Test("signs what openssl verifies, for one purpose and no other")
    func signs() async throws {
        let record = try await active()
        let signed = try vault.sign(Array("rows 1 to 2\n".utf8), as: .checkpoint, by: record)
        #expect(String(decoding: signed.content, as: UTF8.self) == "mssp audit checkpoint\nrows 1 to 2\n")
        #expect(signed.isValid(for: .checkpoint, by: record))
        try pki.write(signed.content, to: "statement")
        let der = try P256.Signing.ECDSASignature(rawRepresentation: signed.value).derRepresentation
        try pki.write(Array(der), to: "signature.der")
        try await pki.openssl.run(["x509", "-in", "identity.pem", "-noout", "-pubkey", "-out", "identity.pub"])
        let verify = ["dgst", "-sha256", "-verify", "identity.pub", "-signature", "signature.der", "statement"]
        #expect(try await pki.openssl.run(verify).text == "Verified OK\n")
        for content in [Array("rows 1 to 2\n".utf8), signed.content + [0x0A], Array(signed.content.dropLast()), []] {
            let other = IdentitySignature(content: content, value: signed.value)
            #expect(!other.isValid(for: .checkpoint, by: record))
        }
        // Over the body alone, by whoever has such a signature: no checkpoint, as its purpose is not there.
        let key = P256.Signing.PrivateKey()
        var foreign = record
        foreign.publicKey = Array(key.publicKey.x963Representation)
        let body = Array("rows 1 to 2\n".utf8)
        let bare = IdentitySignature(content: body, value: Array(try key.signature(for: body).rawRepresentation))
        #expect(!bare.isValid(for: .checkpoint, by: foreign))
        #expect(!signed.isValid(for: .checkpoint, by: foreign))
    }

    @Test("opens as its row was written, and with nothing of it changed: number, state, key, certificates, seal, code")
    func bound() async throws {
        let record = try await active()
        let other = try vault.newIdentity(2)
        var rows: [IdentityRecord] = []
        func changed(_ change: (inout IdentityRecord) -> Void) {
            var row = record
            change(&row)
            rows.append(row)
        }
        changed { $0.number = 2 }
        changed { $0.state = .pending }
        changed { $0.state = .retired }
        changed { $0.publicKey = other.publicKey }
        changed { ($0.publicKey, $0.sealed) = (other.publicKey, other.sealed) }
        changed { $0.certificates = [] }
        changed { $0.certificates[40] ^= 1 }
        changed { $0.sealed = other.sealed }
        changed { $0.code = other.code }
        changed { $0.code = [] }
        for row in rows {
            #expect(throws: VaultError.damagedIdentity) { try vault.confirm(row) }
            #expect(throws: VaultError.self) { try vault.sign([1], as: .checkpoint, by: row) }
            #expect(throws: VaultError.self) { try vault.request(for: row, name: name) }
            #expect(throws: VaultError.damagedIdentity) { try vault.retired(row) }
        }
        // The seal by itself, as if somebody could make codes.
        func recoded(_ row: IdentityRecord) throws -> IdentityRecord {
            var row = row
            row.code = try vault.code(of: row.row)
            return row
        }
        for row in rows
        where row.state != .retired && row.sealed == record.sealed && row.certificates == record.certificates
            && row.code == record.code
        {
            #expect(throws: VaultError.damagedIdentity) { try vault.request(for: try recoded(row), name: name) }
        }
        for bit in 0..<(record.sealed.count * 8) {
            var row = record
            row.sealed[bit / 8] ^= 1 << (bit % 8)
            let forged = try recoded(row)
            #expect(throws: VaultError.damagedIdentity) { try vault.request(for: forged, name: name) }
        }
        for length in [0, 1, 64, 66] {
            var row = record
            row.sealed = Array((record.sealed + [0]).prefix(length))
            let forged = try recoded(row)
            #expect(throws: VaultError.damagedIdentity) { try vault.request(for: forged, name: name) }
        }
    }

    @Test("takes a certificate of its key, for signatures, valid today, with those up to the root")
    func certificates() async throws {
        let made = try vault.newIdentity(1)
        let good = try await certify(made)
        let root = try pki.octets("ca.pem")
        let installed = try vault.installed(good + root, for: made)
        #expect(installed.state == .active && installed.chain.count == 1, "the root stays out")
        #expect(throws: VaultError.identity("identity 1 is pending")) { try vault.sign([], as: .checkpoint, by: made) }

        let usage = "keyUsage=critical,"
        let (later, earlier) = (Date(timeIntervalSinceNow: 3 * 86_400), Date(timeIntervalSinceNow: -86_400))
        try await pki.root("ca2")
        let refused: [([UInt8], Date, String)] = [
            (try await certify(made, extensions: usage + "nonRepudiation"), Date(), "lacks digitalSignature"),
            (try await certify(made, extensions: "subjectKeyIdentifier=hash"), Date(), "lacks digitalSignature"),
            (
                try await certify(made, extensions: usage + "digitalSignature,keyCertSign\nbasicConstraints=CA:TRUE"),
                Date(), "a CA's"
            ),
            (try await certify(try vault.newIdentity(1)), Date(), "of another key"),
            (good, later, "not valid any more"),
            (good, earlier, "not valid yet"), (try pki.octets("home.pem"), Date(), "of another key"),
            (good + good, Date(), "certificate 2 has not issued"), ([], Date(), "must hold the certificate"),
            (Array("nothing".utf8), Date(), "must hold the certificate"),
            (good + good + good + good + good + good, Date(), "must hold the certificate"),
            (root + good, Date(), "of another key"),
        ]
        for (pem, time, reason) in refused {
            let error = #expect(throws: VaultError.self) { try vault.installed(pem, for: made, at: time) }
            #expect(error?.description.contains(reason) == true, "\(reason): \(error as Any)")
        }
    }

    @Test("keeps intermediate certificates, in their order")
    func intermediates() async throws {
        try await pki.openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "sub.key",
            "-out", "sub.pem", "-subj", "/CN=sub", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE",
            "-CA", "ca.pem", "-CAkey", "ca.key",
        ])
        let made = try vault.newIdentity(1)
        let leaf = try await certify(made, by: "sub")
        let (sub, root) = (try pki.octets("sub.pem"), try pki.octets("ca.pem"))
        #expect(try vault.installed(leaf + sub + root, for: made).chain.count == 2)
        #expect(try vault.installed(leaf + sub, for: made).chain.count == 2)
        #expect(throws: VaultError.self) { try vault.installed(sub + leaf, for: made) }
    }

    @Test("can be retired: its key is gone, and what it signed is verified as before")
    func retired() async throws {
        let record = try await active()
        let signed = try vault.sign([1, 2, 3], as: .checkpoint, by: record)
        let retired = try vault.retired(record)
        #expect(retired.sealed.isEmpty && retired.certificates == record.certificates)
        try vault.confirm(retired)
        #expect(signed.isValid(for: .checkpoint, by: retired))
        for work in [
            { _ = try vault.sign([1], as: .checkpoint, by: retired) },
            { _ = try vault.request(for: retired, name: name) },
            { _ = try vault.installed(try pki.octets("identity.pem"), for: retired) },
        ] {
            let error = #expect(throws: VaultError.self) { try work() }
            #expect(error?.description == "identity 1 is retired")
        }
    }

    @Test("gets a new certificate for the same key")
    func renewed() async throws {
        let record = try await active()
        let renewed = try vault.installed(try await certify(record), for: record)
        #expect(renewed.publicKey == record.publicKey && renewed.certificates != record.certificates)
        let signed = try vault.sign([1], as: .checkpoint, by: renewed)
        #expect(signed.isValid(for: .checkpoint, by: record))
    }

    @Test("is of no use in another vault, or in this one while it is sealed")
    func elsewhere() async throws {
        let record = try await active()
        let other = try personaliser.sealedVault()
        try other.unseal(try Vault.newKeys(under: 1, of: personaliser.keks), with: personaliser.keks)
        #expect(throws: VaultError.damagedIdentity) { try other.sign([1], as: .checkpoint, by: record) }
        vault.reseal()
        #expect(throws: VaultError.sealed) { try vault.sign([1], as: .checkpoint, by: record) }
        #expect(throws: VaultError.sealed) { try vault.newIdentity(2) }
        #expect(throws: VaultError.sealed) { try vault.confirm(record) }
        try vault.unseal(personaliser.vaultKeys, with: personaliser.keks)
        #expect(try vault.sign([1], as: .checkpoint, by: record).isValid(for: .checkpoint, by: record))
    }

    @Test("has a key of its own each time, and shows it in no row")
    func keys() throws {
        let made = try (1...20).map { try vault.newIdentity(Int32($0)) }
        #expect(Set(made.map(\.publicKey)).count == 20)
        for record in made {
            // Every window of every column, taken for a private key.
            let found = PrivateKeySearch.finds(record.publicKey, in: record.row + record.code)
            #expect(!found)
        }
        let known = P256.Signing.PrivateKey()
        let hidden = [1, 2] + Array(known.rawRepresentation) + [3]
        #expect(PrivateKeySearch.finds(Array(known.publicKey.x963Representation), in: hidden), "the search finds one")
    }
}
