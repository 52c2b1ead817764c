import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("What the phone does not show")
struct UnseenTests {
    private static let digest = [UInt8](0..<32)

    private static func request(_ stage: Stage, _ change: (inout SignatureRequest) -> Void) -> SignatureRequest {
        var request = Sample.signature("The whole contract", msisdn: stage.card.msisdn.description)
        request.header.apInfo.id = Stage.documents.id
        request.dataToBeDisplayed = DataToBeSigned("Contract 7")
        change(&request)
        return request
    }

    private static func bringDigest(_ request: inout SignatureRequest) {
        request.dataToBeSigned = DataToBeSigned(
            Data(digest).base64EncodedString(),
            mimeType: "application/x-sha256",
            encoding: "base64"
        )
    }

    private func command(_ stage: Stage) throws -> SignCommand {
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        return command
    }

    @Test("is a text under another one, with the platform's own line below and a digest for the card")
    func separateText() async throws {
        let stage = try await Stage.withDigestKey()
        let response = try await stage.sign(Self.request(stage) { _ in }, from: Stage.documentsAP)
        let content = Array("The whole contract".utf8)
        #expect(response.signature == [0x30] + content)
        let command = try command(stage)
        // By sha256sum.
        #expect(
            command.text.text
                == "Contract 7\nEt allekirjoita yllä olevaa tekstiä vaan muun sisällön: "
                + "SHA-256 7466 2812 2206 6AF7 D9D6 EFE7 9A46 027B..."
        )
        #expect(command.head?.text == "Documents")
        #expect(command.key == 3)
        #expect(command.digests == [Array((content + [UInt8](repeating: 0xD1, count: 48)).prefix(32))])
        #expect(stage.tally["home_unseen_requests kind=text"] == 1)
    }

    @Test("is the digest of something elsewhere, with a nonce among what is signed")
    func digest() async throws {
        let stage = try await Stage.withDigestKey()
        let request = Self.request(stage, Self.bringDigest)
        let response = try await stage.sign(request, from: Stage.documentsAP)
        #expect(response.signature == [0x31, 3] + Self.digest + FakeEvidence.nonce)
        let command = try command(stage)
        #expect(
            command.text.text
                == "Contract 7\nEt allekirjoita yllä olevaa tekstiä vaan muun sisällön: "
                + "SHA-256 0001 0203 0405 0607 0809 0A0B 0C0D 0E0F..."
        )
        #expect(command.digests == [Self.digest] && command.key == 3)
        // Both are kept: what was signed, and in the command what was shown.
        let id = try #require(TransactionID(response.transactionID))
        let entry = try #require(try await stage.home.entry(id, until: .now + .seconds(9)))
        guard case .signature(let task) = entry.transaction.task else { throw MSSFault(.internalError) }
        #expect(task.content == Self.digest && task.key == 3 && task.manner.kind == .digest)
        let kept = try DownMessage(decoding: try #require(entry.transaction.command))
        #expect(kept == stage.vault.lastMessage)
        #expect(stage.tally["home_unseen_requests kind=digest"] == 1)
        #expect(stage.log.unclassified.isEmpty)
    }

    /// FiCom 2.1 §5.2: application/octet-stream.
    @Test("is octets under a text, signed as they are, with signed attributes in every form that has any")
    func octets() async throws {
        let stage = try await Stage.withDigestKey()
        let content: [UInt8] = [0x00, 0xFF, 0x1B, 0x80]
        let request = Self.request(stage) { Self.bringOctets(&$0, content) }
        let response = try await stage.sign(request, from: Stage.documentsAP)
        #expect(response.signature == [0x30] + content)
        let command = try command(stage)
        #expect(command.key == 3 && command.form.isEmpty && command.text.text?.hasPrefix("Contract 7\n") == true)
        #expect(command.digests == [Array((content + [UInt8](repeating: 0xD1, count: 48)).prefix(32))])
        let id = try #require(TransactionID(response.transactionID))
        let entry = try #require(try await stage.home.entry(id, until: .now + .seconds(9)))
        guard case .signature(let task) = entry.transaction.task else { throw MSSFault(.internalError) }
        #expect(task.manner.kind == .binary && task.content == content)
        #expect(stage.tally["home_unseen_requests kind=octets"] == 1)
    }

    @Test("is a digest in a DigestInfo where a value is asked for: its digest alone goes to the card")
    func digestInfo() async throws {
        var provider = Stage.documents
        provider.id = Sample.apID
        provider.identities = [Sample.ap]
        provider.signatures = [.cms, .pkcs1, .fiPKCS1]
        for kind in [SignatureKind.pkcs1, .fiPKCS1] {
            let stage = try await Stage.withDigestKey(provider: provider)
            let info = DigestAlgorithm.sha256.digestInfoPrefix + Self.digest
            func request(_ octets: [UInt8]) -> SignatureRequest {
                Self.request(stage) { request in
                    Self.bringOctets(&request, octets)
                    request.header.apInfo.id = Sample.apID
                    request.format = kind.format
                }
            }
            let response = try await stage.sign(request(info))
            #expect(response.signature == FakeEvidence.rightSignature)
            #expect(try command(stage).digests == [Self.digest])
            // A digest of the key's other algorithm, a bare digest, and what is no DER.
            let sha384 = DigestAlgorithm.sha384.digestInfoPrefix + [UInt8](repeating: 1, count: 48)
            for (octets, expected) in [(sha384, "404/4042"), (Self.digest, "107"), (info + [0], "107")] {
                let asked = request(octets)
                #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(asked) } == expected)
            }
        }
    }

    private static func bringOctets(_ request: inout SignatureRequest, _ octets: [UInt8]) {
        request.dataToBeSigned = DataToBeSigned(
            Data(octets).base64EncodedString(),
            mimeType: "application/octet-stream",
            encoding: "BASE64"
        )
    }

    @Test("may be asked for by the profile of the key for digests, and repeated like any other request")
    func profile() async throws {
        let stage = try await Stage.withDigestKey()
        let request = Self.request(stage) { request in
            Self.bringDigest(&request)
            request.signatureProfile = "http://mss.ficom.fi/TS102206/v1.0.0/digestive-signature-profile.xml"
        }
        let first = try await stage.sign(request, from: Stage.documentsAP)
        let again = try await stage.sign(request, from: Stage.documentsAP)
        #expect(first.signature == again.signature && first.transactionID == again.transactionID)
        #expect(stage.chronicle.all.filter { $0 == "sent" }.count == 1)
    }

    @Test("is finished by whichever process of the home gets the answer")
    func otherProcess() async throws {
        let stage = try await Stage.withDigestKey()
        let other = stage.process(2)
        stage.channel.whenSent { _ in
            _ = await stage.receive(.ok, signature: FakeEvidence.rightSignature, at: other)
        }
        let request = Self.request(stage) { request in
            Self.bringDigest(&request)
            request.messagingMode = .asynchClientServer
        }
        let begun = try await stage.sign(request, from: Stage.documentsAP)
        #expect(begun.status == .requestOK)
        let ended = try await stage.status(begun.transactionID, from: Stage.documentsAP, ap: Stage.documents.id)
        #expect(ended.signature == [0x31, 3] + Self.digest + FakeEvidence.nonce)
    }

    @Test("is refused where anything is missing, before anybody is asked", arguments: Refused.all)
    func refused(_ refused: Refused) async throws {
        let stage = refused.hasKey ? try await Stage.withDigestKey() : try await Stage.withSigner()
        let request = Self.request(stage, refused.change)
        let origin = request.header.apInfo.id == Sample.apID ? Sample.ap : Stage.documentsAP
        let fault = await fault { () async throws(MSSFault) in _ = try await stage.sign(request, from: origin) }
        #expect(fault == refused.fault)
        #expect(!stage.chronicle.all.contains("sent"))
    }

    @Test("leaves the key for texts to texts: with another profile it is their own key that signs")
    func nonRepudiation() async throws {
        let stage = try await Stage.withDigestKey(.signs, .nonRepudiation)
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.signatureProfile = "http://alauda.mobi/nonRepudiation"
        #expect(try await stage.sign(request).status == .signature)
        let command = try command(stage)
        #expect(command.key == 2 && command.digests.isEmpty && command.form == [.signedAttributes, .utf8])
        let other = try await Stage.withDigestKey()
        request.mobileUser = MobileUser(msisdn: other.card.msisdn.description)
        #expect(await fault { () async throws(MSSFault) in _ = try await other.sign(request) } == "404/4041")
    }

    @Test("tells how much of the provider's own text fits above the platform's line")
    func length() async throws {
        let stage = try await Stage.withDigestKey()
        // HASH takes 34 octets where FORM takes 3; "Documents" is as long as "Test Bank"; the line has 107 characters.
        let most = 587 - 31 - 107
        for (count, expected) in [(most, nil), (most + 1, "103")] as [(Int, String?)] {
            let request = Self.request(stage) {
                $0.dataToBeDisplayed = DataToBeSigned(String(repeating: "a", count: count))
            }
            do throws(MSSFault) {
                _ = try await stage.sign(request, from: Stage.documentsAP)
                #expect(expected == nil)
            } catch {
                #expect("\(error.code.rawValue)" == expected)
                #expect(
                    error.detail
                        == "DataToBeDisplayed of \(count) characters is 1 characters too long: in the GSM alphabet, "
                        + "where ^{}\\[~]|€ count twice, "
                        + "the phone can show \(most)."
                )
            }
        }
    }

    /// A request that is refused, with the key or without.
    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: String
        var hasKey = true
        var change: @Sendable (inout SignatureRequest) -> Void

        static let all = [
            Refused(testDescription: "a digest by a provider that may not", fault: "104") {
                UnseenTests.bringDigest(&$0)
                $0.header.apInfo.id = Sample.apID
            },
            Refused(testDescription: "another text by a provider that may not", fault: "101/1015") {
                $0.header.apInfo.id = Sample.apID
            },
            Refused(testDescription: "octets by a provider that may not", fault: "107/1016") {
                UnseenTests.bringOctets(&$0, [1])
                $0.header.apInfo.id = Sample.apID
            },
            Refused(testDescription: "octets by a provider that may not, under their own base64", fault: "107/1016") {
                UnseenTests.bringOctets(&$0, [1])
                $0.header.apInfo.id = Sample.apID
                $0.dataToBeDisplayed = DataToBeSigned($0.dataToBeSigned.content)
            },
            Refused(testDescription: "octets without a text", fault: "102/1021") {
                UnseenTests.bringOctets(&$0, [1])
                $0.dataToBeDisplayed = nil
            },
            Refused(testDescription: "no octets", fault: "103") { UnseenTests.bringOctets(&$0, []) },
            Refused(testDescription: "octets in another encoding", fault: "107/1016") {
                UnseenTests.bringOctets(&$0, [1])
                $0.dataToBeSigned.encoding = "hex"
            },
            Refused(testDescription: "octets that parse as attributes", fault: "107") {
                UnseenTests.bringOctets(&$0, [0x31, 0x00])
            },
            Refused(testDescription: "octets without the key", fault: "404/4042", hasKey: false) {
                UnseenTests.bringOctets(&$0, [1])
            },
            Refused(testDescription: "a digest without a text", fault: "102/1021") {
                UnseenTests.bringDigest(&$0)
                $0.dataToBeDisplayed = nil
            },
            Refused(testDescription: "a digest with an empty text", fault: "102/1021") {
                UnseenTests.bringDigest(&$0)
                $0.dataToBeDisplayed = DataToBeSigned("")
            },
            Refused(testDescription: "an empty text to show", fault: "103") {
                $0.dataToBeDisplayed = DataToBeSigned("")
            },
            Refused(testDescription: "an empty text to sign", fault: "103") { $0.dataToBeSigned.content = "" },
            Refused(testDescription: "a digest without the key", fault: "404/4042", hasKey: false) {
                UnseenTests.bringDigest(&$0)
            },
            Refused(testDescription: "another text without the key", fault: "404/4042", hasKey: false) { _ in },
            Refused(testDescription: "a digest by the profile of another key", fault: "404/4042") {
                UnseenTests.bringDigest(&$0)
                $0.signatureProfile = "http://alauda.mobi/digitalSignature"
            },
            Refused(testDescription: "a shown text by the key for digests", fault: "404/4042") {
                $0.dataToBeDisplayed = nil
                $0.signatureProfile = "http://mss.ficom.fi/TS102206/v1.0.0/digestive-signature-profile.xml"
            },
            Refused(testDescription: "SHA-1", fault: "107/1016") {
                UnseenTests.bringDigest(&$0)
                $0.dataToBeSigned.mimeType = "application/x-sha1"
            },
            Refused(testDescription: "a digest in UTF-8", fault: "107/1016") {
                UnseenTests.bringDigest(&$0)
                $0.dataToBeSigned.encoding = "UTF-8"
            },
            Refused(testDescription: "a digest that is no base64", fault: "107") {
                UnseenTests.bringDigest(&$0)
                $0.dataToBeSigned.content = "?"
            },
            Refused(testDescription: "a digest of another length", fault: "103") {
                UnseenTests.bringDigest(&$0)
                $0.dataToBeSigned.mimeType = "application/x-sha384"
            },
            Refused(testDescription: "a digest of another algorithm than the key's", fault: "404/4042") {
                $0.dataToBeSigned = DataToBeSigned(
                    Data(repeating: 1, count: 48).base64EncodedString(),
                    mimeType: "application/x-sha384",
                    encoding: "BASE64"
                )
            },
            Refused(testDescription: "a text to show that is HTML", fault: "107/1016") {
                $0.dataToBeDisplayed?.mimeType = "text/html"
            },
            Refused(testDescription: "a text to show that hides characters", fault: "107") {
                $0.dataToBeDisplayed = DataToBeSigned("Pay \u{202E}1")
            },
            Refused(testDescription: "a text that parses as attributes", fault: "107") {
                $0.dataToBeSigned = DataToBeSigned("1\u{0}")
            },
        ]
    }
}
