import Crypto
import Foundation
import MSSCore
import MSSTestSupport
import Signatures
import SwiftASN1
import Testing

@Suite("A SignedData")
struct SignedDataTests {
    private let ca: UserCA
    private let user: User

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
    }

    private func confirm(_ signedData: [UInt8], _ content: [UInt8], registered: [UInt8]? = nil) throws {
        try SignedDataCheck.confirm(
            signedData,
            content: .utf8(content),
            registeredKey: registered ?? user.publicKey,
            certificate: try user.certificate
        )
    }

    private func verify(_ signedData: [UInt8]) async throws -> OpenSSLCommand.Output {
        try await ca.pki.openssl.attempt(
            ["cms", "-verify", "-inform", "DER", "-CAfile", "ca.pem", "-purpose", "any"],
            input: signedData
        )
    }

    @Test(
        "is accepted by openssl, which prints exactly what was signed",
        arguments: [
            "Log in to bank.example? 4711", "@ä€ñ_", "Подписать договор № 7?", "line\nline\n", "line\r\nline", "\n",
            "漢字",
            String(repeating: "long ", count: 60),
        ]
    )
    func openssl(_ text: String) async throws {
        let content = Array(text.utf8)
        let signedData = try user.signedData(content)
        try confirm(signedData, content)
        let output = try await verify(signedData)
        #expect(output.status == 0)
        #expect(output.standardOutput == content)
    }

    @Test("is refused by openssl with a bit flipped in content, attributes or signature")
    func opensslRefuses() async throws {
        let content = Array("@ä€ñ_".utf8)
        let signedData = try user.signedData(content)
        let place = try #require(signedData.firstRange(of: content)?.lowerBound)
        for index in [place, place + 4, signedData.count - 1, signedData.count - 40, signedData.count - 100] {
            var flipped = signedData
            flipped[index] ^= 1
            #expect(try await verify(flipped).status != 0, "octet \(index)")
        }
    }

    @Test("is refused with a bit flipped in any octet, and cut anywhere")
    func damage() throws {
        let content = Array("@ä€ñ_".utf8)
        let signedData = try user.signedData(content)
        var accepted: [Int] = []
        for index in signedData.indices {
            var flipped = signedData
            flipped[index] ^= 1 << UInt8(index % 8)
            if (try? confirm(flipped, content)) != nil { accepted.append(index) }
        }
        #expect(accepted.isEmpty, "\(accepted)")
        for cut in DamagedOctets.truncations(of: signedData) {
            #expect(throws: SignatureError.self) { try confirm(cut, content) }
        }
    }

    @Test("is refused for another content, another registered key or another certificate")
    func others() async throws {
        let content = Array("pay 1".utf8)
        let signedData = try user.signedData(content)
        for other in ["pay 2", "pay 1 ", "pay ", ""] {
            #expect(throws: SignatureError.self) { try confirm(signedData, Array(other.utf8)) }
        }
        let neighbour = try await ca.user("neighbour")
        #expect(throws: SignatureError.self) { try confirm(signedData, content, registered: neighbour.publicKey) }
        #expect(throws: SignatureError.self) { try confirm(try neighbour.signedData(content), content) }
        // The same key, certified once more: not the certificate that the user has.
        try await ca.pki.openssl.run([
            "req", "-x509", "-key", "user.key", "-out", "again.pem", "-subj", "/CN=x", "-CA", "ca.pem", "-CAkey",
            "ca.key",
        ])
        let der = try await ca.pki.openssl.run(["x509", "-in", "again.pem", "-outform", "DER"]).standardOutput
        let again = try User(der: der, key: user.key).signedData(content)
        let error = #expect(throws: SignatureError.self) { try confirm(again, content) }
        #expect(error?.description.contains("another certificate") == true)
    }

    @Test("is refused when the signature is another's, over the octets without attributes, or over tag A0")
    func wrongSignatures() throws {
        let content = Array("text".utf8)
        let attributes = Attributes.set(of: content)
        let implicit = [0xA0] + attributes.dropFirst()
        let digest = SHA256.hash(data: content)
        let signatures = [
            try P256.Signing.PrivateKey().signature(for: attributes), try user.key.signature(for: content),
            try user.key.signature(for: implicit), try user.key.signature(for: digest),
        ]
        let raws =
            signatures.map { Array($0.rawRepresentation) } + [
                [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64),
                [UInt8](repeating: 0x80, count: 64),
            ]
        for raw in raws {
            let signedData = try SignedDataAssembler.assemble(
                .utf8(content),
                raw: raw,
                certificate: try user.certificate
            )
            #expect(throws: SignatureError.self) { try confirm(signedData, content) }
        }
    }

    @Test("is not assembled from a signature of another length")
    func notAssembled() throws {
        for length in [0, 63, 65] {
            #expect(throws: SignatureError.self) {
                try SignedDataAssembler.assemble(
                    .utf8([1]),
                    raw: [UInt8](repeating: 1, count: length),
                    certificate: try user.certificate
                )
            }
        }
    }

    @Test("without attributes over the attributes of another one is a forgery that openssl takes and we refuse")
    func attributeConfusion() async throws {
        let attributes = Attributes.set(of: Array("pay 1".utf8))
        let signature = try user.key.signature(for: attributes)
        let forged = try Forgery.withoutAttributes(
            content: attributes,
            signature: Array(signature.derRepresentation),
            certificate: user.der
        )
        #expect(try await verify(forged).status == 0)
        let error = #expect(throws: SignatureError.self) { try confirm(forged, attributes) }
        #expect(error?.description.contains("no signed attributes") == true)
    }

    @Test("is confirmed or refused, whatever the octets")
    func fuzz() throws {
        let content = Array("text".utf8)
        let signedData = try user.signedData(content)
        var damage = DamagedOctets(seed: 5652)
        for round in 0..<2_000 {
            let octets = round.isMultiple(of: 8) ? damage.octets(upTo: 200) : damage.like(signedData)
            guard (try? confirm(octets, content)) != nil else { continue }
            #expect(octets == signedData)
        }
    }
}

/// A SignedData of the kind CMS-0, which this platform never makes.
private enum Forgery {
    static func withoutAttributes(content: [UInt8], signature: [UInt8], certificate: [UInt8]) throws -> [UInt8] {
        let parsed = try DER.parse(certificate)
        var fields: [ASN1Node] = []
        try DER.sequence(parsed, identifier: .sequence) { nodes in
            guard let toBeSigned = nodes.next() else { return }
            while nodes.next() != nil {}
            try DER.sequence(toBeSigned, identifier: .sequence) { inner in
                while let field = inner.next() { fields.append(field) }
            }
        }
        let sha256 = element(0x30, element(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]))
        let ecdsa = element(0x30, element(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]))
        let data = element(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01])
        let identity = element(0x30, Array(fields[3].encodedBytes) + Array(fields[1].encodedBytes))
        let signer = element(0x30, [2, 1, 1] + identity + sha256 + ecdsa + element(0x04, signature))
        let encapsulated = element(0x30, data + element(0xA0, element(0x04, content)))
        let signedData = element(
            0x30,
            [2, 1, 1] + element(0x31, sha256) + encapsulated + element(0xA0, certificate) + element(0x31, signer)
        )
        let type = element(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02])
        return element(0x30, type + element(0xA0, signedData))
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            switch content.count {
            case 0..<0x80: [UInt8(content.count)]
            case 0x80..<0x100: [0x81, UInt8(content.count)]
            default: [0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
            }
        return [tag] + length + content
    }
}
