import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSPService
@testable import Signatures

@Suite("A time stamp over a signature")
struct TimeStampTests {
    private let ca: UserCA
    private let user: User
    private let server: TimeStampServer
    private let fetches = Fetches()
    private static let text = Array("Pay 10 € to Ñandú?".utf8)

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
        server = try await TimeStampServer(ca.pki)
    }

    private func authority(_ url: String, anchors: String = "tsa-ca.pem") throws -> TimeStampAuthority {
        try TimeStampAuthority(
            url: url,
            anchors: try ca.pki.octets(anchors),
            time: .seconds(2),
            fetch: { [fetches] in try await fetches.fetcher.fetch($0) }
        )
    }

    private func confirm(_ stamped: [UInt8]) throws {
        try SignedDataCheck.confirm(
            stamped,
            content: .utf8(Self.text),
            registeredKey: user.publicKey,
            certificate: try user.certificate
        )
    }

    /// The token, cut out of what openssl prints of the structure.
    private func token(_ stamped: [UInt8]) throws -> [UInt8] {
        let place = try #require(stamped.firstRange(of: SignatureTimeStamp.identifier)?.upperBound)
        var set = DERCursor(stamped[place...])
        let content = set.take(0x31)
        return Array(try #require(content))
    }

    @Test("stands in the CMS, where openssl accepts signature and token alike", arguments: DigestAlgorithm.allCases)
    func stamped(_ digest: DigestAlgorithm) async throws {
        let signature = try user.signedData(Self.text)
        try await server.serve { url in
            let stamped = try await authority(url).stamp(signature, by: digest, within: .seconds(60))
            await fetches.close()
            #expect(server.count == 1 && stamped.count > signature.count)
            try confirm(stamped)
            try ca.pki.write(stamped, to: "stamped.der")
            let verified = try await ca.pki.openssl.attempt([
                "cms", "-verify", "-inform", "DER", "-in", "stamped.der", "-CAfile", "ca.pem", "-purpose", "any",
            ])
            #expect(verified.status == 0 && verified.standardOutput == Self.text, "\(verified.standardError)")
            try ca.pki.write(try token(stamped), to: "token.der")
            try ca.pki.write(try SignatureTimeStamp.value(of: signature), to: "value")
            let checked = try await ca.pki.openssl.attempt([
                "ts", "-verify", "-data", "value", "-in", "token.der", "-token_in", "-CAfile", "tsa-ca.pem",
            ])
            #expect(checked.status == 0, "\(checked.standardError)")
        }
    }

    @Test("is the evidence's too, and an auditor confirms it with the rest")
    func evidence() async throws {
        let signature = try user.signedData(Self.text)
        let stamped = try await stamp(signature)
        var kept = KeptSignature(
            EvidenceRecord.Asked(
                transaction: "h1abc",
                provider: "http://ap.example/",
                providerTransaction: "T1",
                instant: "2026-01-01T00:00:00Z",
                acquiringEntity: "urn:mssp:demo:ae",
                request: []
            ),
            command: [],
            content: .utf8(Self.text),
            form: .standard,
            algorithm: .p256,
            signature: stamped,
            certificates: [user.der],
            proofs: [],
            times: EvidenceRecord.Times(asked: Date(), sent: nil, answered: Date()),
            status: 500
        )
        kept = try KeptSignature(decoding: kept.encoded())
        let record = try EvidenceRecord(kept, pages: [], proofs: [])
        #expect(try record.confirm(anchors: try ca.pki.octets("ca.pem")) == .noFreshProof)
    }

    /// By openssl alone, without the server.
    private func stamp(_ signature: [UInt8]) async throws -> [UInt8] {
        let authority = try TimeStampAuthority(
            url: "http://unused.test/",
            anchors: try ca.pki.octets("tsa-ca.pem"),
            time: .seconds(2),
            fetch: { [server] in try await server.reply($0.body ?? []) }
        )
        return try await authority.stamp(signature, by: .sha256, within: .seconds(60))
    }

    @Test("is none with any bit changed, and none of another signature's")
    func damaged() async throws {
        let signature = try user.signedData(Self.text)
        let stamped = try await stamp(signature)
        let start = try #require(stamped.firstRange(of: SignatureTimeStamp.identifier)?.lowerBound)
        for count in stride(from: 0, to: stamped.count, by: 13) {
            #expect(throws: SignatureError.self) { try confirm(Array(stamped[..<count])) }
        }
        for index in stamped.indices where index < start + 60 || index.isMultiple(of: 7) {
            var changed = stamped
            changed[index] ^= 1
            // Who made the token is not looked at here: of it the imprint alone is compared.
            if index < start { #expect(throws: SignatureError.self, "\(index)") { try confirm(changed) } }
            _ = try? confirm(changed)
        }
        let token = try token(stamped)
        let other = try user.signedData(Self.text + [0x2E])
        #expect(throws: SignatureError.self) {
            try SignedDataCheck.confirm(
                try SignatureTimeStamp.add(token, to: other),
                content: .utf8(Self.text + [0x2E]),
                registeredKey: user.publicKey,
                certificate: try user.certificate
            )
        }
        for wrong in [[], [0x30, 0], Array(signature.prefix(40)), [0x30, 0x80, 0, 0]] as [[UInt8]] {
            let spoilt = try SignatureTimeStamp.add(wrong, to: signature)
            #expect(throws: SignatureError.self) { try confirm(spoilt) }
        }
        // One token, and no second one.
        #expect(throws: SignatureError.self) { try SignatureTimeStamp.add(token, to: stamped) }
        #expect(throws: SignatureError.self) { try SignatureTimeStamp.add(token, to: [0x30, 0]) }
    }

    @Test("is refused from whoever is no time stamp authority, about something else, or of another time")
    func refused() async throws {
        let signature = try user.signedData(Self.text)
        let other = try #require(TimeStampQuestion([UInt8](repeating: 1, count: 32), by: .sha256))
        let foreign = try await server.reply(other.der)
        try await server.serve { url in
            for (manner, anchors) in [
                (.stampsUnentitled, "tsa-ca.pem"), (.answers(foreign), "tsa-ca.pem"), (.answers([]), "tsa-ca.pem"),
                (.answers([0x30, 0x03, 0x30, 0x01, 0x02]), "tsa-ca.pem"), (.refuses, "tsa-ca.pem"),
                (.stamps, "stranger.pem"), (.isSlow, "tsa-ca.pem"),
            ] as [(TimeStampServer.Manner, String)] {
                server.go(manner)
                let authority = try authority(url, anchors: anchors)
                await #expect(throws: SignatureError.self) {
                    try await authority.stamp(signature, by: .sha256, within: .seconds(60))
                }
                // For a while nobody is asked, however well it does now.
                server.go(.stamps)
                let asked = server.count
                await #expect(throws: SignatureError.self) {
                    try await authority.stamp(signature, by: .sha256, within: .seconds(60))
                }
                #expect(server.count == asked)
            }
            await fetches.close()
        }
        // The same answer an hour later is of another time.
        let question = try #require(TimeStampQuestion(MessageDigest.sha256([1]), by: .sha256))
        let answer = try await server.reply(question.der)
        let store = try #require(TrustStore())
        #expect(throws: SignatureError.self) { try question.token(answer, store: store.pointer, at: Date()) }
        let anchors = try authority("http://unused.test/")
        #expect(try anchors.token(answer, of: question, at: Date()).isEmpty == false)
        #expect(throws: SignatureError.self) { try anchors.token(answer, of: question, at: Date() + 3_600) }
        for cut in stride(from: 0, to: answer.count, by: 17) {
            #expect(throws: SignatureError.self) { try anchors.token(Array(answer[..<cut]), of: question, at: Date()) }
        }
        for index in answer.indices {
            var changed = answer
            changed[index] ^= 0x10
            _ = try? anchors.token(changed, of: question, at: Date())
        }
    }

    @Test("is not waited for where there is no time")
    func noTime() async throws {
        let authority = try authority("http://127.0.0.1:9/tsa")
        await #expect(throws: SignatureError.self) {
            try await authority.stamp(try user.signedData(Self.text), by: .sha256, within: .zero)
        }
    }
}
