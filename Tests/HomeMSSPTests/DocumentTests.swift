import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("Several documents by one PIN entry")
struct DocumentTests {
    private static var provider: ApplicationProvider {
        var provider = Sample.provider
        provider.services = [.batchSign, .documentSign]
        provider.showsOtherwise = true
        provider.signsDigests = true
        provider.signatures = [.cms, .pkcs1, .fiPKCS1]
        return provider
    }

    private static func batch(_ text: String, _ displayed: String? = nil) -> AdditionalService {
        AdditionalService(
            uri: AdditionalService.Name.batchSign.uri,
            document: DocumentToBeSigned(DataToBeSigned(text), displayed: displayed.map { DataToBeSigned($0) })
        )
    }

    private static func document(_ reference: String?, _ text: String) -> AdditionalService {
        AdditionalService(
            uri: AdditionalService.Name.documentSign.uri,
            document: DocumentToBeSigned(DataToBeSigned(text), reference: reference)
        )
    }

    private func request(_ stage: Stage, _ services: AdditionalService...) -> SignatureRequest {
        var request = Sample.signature("One", msisdn: stage.card.msisdn.description)
        request.additionalServices = services
        return request
    }

    private func command(_ stage: Stage) throws -> SignCommand {
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        return command
    }

    private func fault(_ stage: Stage, _ request: SignatureRequest) async -> String? {
        await MSSTestSupport.fault { () async throws(MSSFault) in _ = try await stage.sign(request) }
    }

    private static func cms(_ text: String) -> [UInt8] { [0x30] + Array(text.utf8) }

    @Test("of batchsign: all are read, numbered and counted, and each has its signature, the message's own first")
    func batch() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        let request = request(stage, Self.batch("Two"), Self.batch("All of three", "Three"))
        let response = try await stage.sign(request)
        let command = try command(stage)
        #expect(
            command.text.text?.hasPrefix(
                "(1/3) One\n(2/3) Two\n(3/3) Three\nEt allekirjoita yllä olevaa tekstiä vaan muun sisällön: SHA-256 "
            ) == true
        )
        #expect(command.text.text?.hasSuffix("...\nAllekirjoitat nämä 3 asiakirjaa, jokaisen erikseen.") == true)
        #expect(Pages(command).pages.last?.text.text == "#3")
        let digests = ["One", "Two", "All of three"].map { text in
            Array((Array(text.utf8) + [UInt8](repeating: 0xD1, count: 48)).prefix(32))
        }
        #expect(command.digests == digests && command.key == 3 && command.form == [])
        #expect(response.signature == Self.cms("One") && response.status == .signature)
        let expected = [("One", "One"), ("Two", "Two"), ("All of three", "Three")].map { signed, shown in
            BatchSignature(
                SignatureOctets(Self.cms(signed)),
                displayed: DataToBeSigned(shown, mimeType: "text/plain", encoding: "UTF-8")
            )
        }
        #expect(response.serviceResponses.map(\.content) == [.batch(expected)])
        #expect(response.serviceResponses.map(\.uri) == [AdditionalService.Name.batchSign.uri])
        // Asked again and asked after: the same, and nobody is asked a second time.
        #expect(try await stage.sign(request).serviceResponses == response.serviceResponses)
        #expect(try await stage.status(response.transactionID).serviceResponses == response.serviceResponses)
        #expect(stage.chronicle.all.filter { $0 == "sent" }.count == 1)
        // A repetition is a request too.
        #expect(stage.tally["home_unseen_requests kind=documents"] == 2)
        #expect(stage.log.unclassified.isEmpty && !stage.log.shown.contains { $0.contains("Three") })
        // Evidence of all in the one commit.
        let kept = try #require(stage.keeper.all.last)
        #expect(kept.octets == Self.cms("One"))
        #expect(kept.further.map(\.octets) == [Self.cms("Two"), Self.cms("All of three")])
        var other = request
        other.additionalServices[0] = Self.batch("Two!")
        #expect(await fault(stage, other) == "101")
    }

    @Test("of docsign: each by the name and the format that it came with, beside those of batchsign")
    func documents() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        var value = Self.document("b", "Two")
        value.document?.format = SignatureKind.fiPKCS1.format
        value.document?.signatureProfile = "http://mss.ficom.fi/TS102206/v1.0.0/digestive-signature-profile.xml"
        var brought = Self.document(nil, Data(0..<32).base64EncodedString())
        brought.document?.dataToBeSigned.mimeType = "application/x-sha256"
        brought.document?.dataToBeSigned.encoding = "base64"
        brought.document?.dataToBeDisplayed = DataToBeSigned("A film")
        var request = request(stage, value, Self.batch("Three"), brought)
        request.messagingMode = .asynchClientServer
        let accepted = try await stage.sign(request)
        #expect(accepted.serviceResponses.isEmpty && accepted.status == .requestOK)
        let response = try await stage.status(accepted.transactionID)
        let digest = [UInt8](0..<32)
        #expect(
            response.serviceResponses.map(\.content) == [
                .batch(
                    ["One", "Three"].map {
                        BatchSignature(
                            SignatureOctets(Self.cms($0)),
                            displayed: DataToBeSigned($0, mimeType: "text/plain", encoding: "UTF-8")
                        )
                    }
                ),
                .documents([
                    DocumentSignature(
                        reference: "b",
                        signature: SignatureOctets(FakeEvidence.oneOfSeveral, certificate: [4]),
                        status: .signature
                    ),
                    DocumentSignature(
                        reference: nil,
                        signature: SignatureOctets([0x31, 3] + digest + FakeEvidence.nonce),
                        status: .signature
                    ),
                ]),
            ]
        )
        let text = try #require(try command(stage).text.text)
        #expect(
            text.contains("(4/4) A film\nEt allekirjoita yllä olevaa tekstiä vaan muun sisällön: SHA-256 0001 0203")
        )
    }

    @Test("are finished by whichever process of the home gets the answer, or not at all")
    func otherProcess() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        let other = stage.process(2)
        stage.channel.whenSent { _ in
            _ = await stage.receive(.ok, signature: FakeEvidence.oneOfSeveral + FakeEvidence.oneOfSeveral, at: other)
        }
        var request = request(stage, Self.batch("Two"))
        request.messagingMode = .asynchClientServer
        let begun = try await stage.sign(request)
        let ended = try await stage.status(begun.transactionID)
        #expect(ended.signature == Self.cms("One"))
        guard case .batch(let signatures) = ended.serviceResponses.first?.content else {
            throw MSSFault(.internalError)
        }
        #expect(signatures.map(\.signature.signature) == [Self.cms("One"), Self.cms("Two")])
    }

    @Test(
        "are not delivered where the card signs another number, or one of them wrongly",
        arguments: [
            FakeEvidence.oneOfSeveral, FakeEvidence.oneOfSeveral + [7],
            FakeEvidence.oneOfSeveral + [UInt8](repeating: 6, count: 64),
            FakeEvidence.oneOfSeveral + FakeEvidence.oneOfSeveral + FakeEvidence.oneOfSeveral,
        ]
    )
    func wrong(_ signature: [UInt8]) async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        stage.channel.whenSent { _ in _ = await stage.receive(.ok, signature: signature) }
        #expect(await fault(stage, request(stage, Self.batch("Two"))) == "900/9003")
        #expect(stage.keeper.all.isEmpty)
    }

    @Test("are refused before anybody is asked", arguments: Refused.all)
    func refused(_ refused: Refused) async throws {
        let stage =
            refused.hasKey
            ? try await Stage.withDigestKey(provider: refused.provider)
            : try await Stage.withSigner(provider: refused.provider)
        var request = request(stage, Self.batch("Two"))
        refused.change(&request)
        #expect(await fault(stage, request) == refused.fault)
        #expect(!stage.chronicle.all.contains("sent"))
    }

    @Test("tell how much of their texts fits together")
    func length() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        // HASH of two takes 66 octets where FORM takes 3; "Test Bank" has 9 letters.
        let room = 587 - 63 - "\nAllekirjoitat nämä 2 asiakirjaa, jokaisen erikseen.".count
        let most = room - "(1/2) One\n(2/2) ".count
        #expect(await fault(stage, request(stage, Self.batch(String(repeating: "a", count: most)))) == nil)
        do throws(MSSFault) {
            _ = try await stage.sign(request(stage, Self.batch(String(repeating: "a", count: most + 1))))
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .wrongDataLength)
            #expect(
                error.detail
                    == "All that is shown of the documents of \(room + 1) characters is 1 characters too long: in the GSM "
                    + "alphabet, where ^{}\\[~]|€ count twice, the phone can show \(room)."
            )
        }
    }

    @Test("say why one for another key needs a request of its own; a profile of another platform is 109 as ever")
    func otherKey() async throws {
        let stage = try await Stage.withDigestKey(provider: Self.provider)
        for (profile, code, word) in [
            ("http://alauda.mobi/nonRepudiation", MSSFault.Code.noKeyFound, "a PIN entry is for one key"),
            ("http://elsewhere.test/profile", .unsupportedProfile, "not one of this platform's"),
        ] {
            var request = Sample.signature(msisdn: stage.card.msisdn.description)
            request.additionalServices = [Self.document("c", "Three")]
            request.additionalServices[0].document?.signatureProfile = profile
            let fault = await #expect(throws: MSSFault.self) { try await stage.sign(request) }
            #expect(fault?.code == code && fault?.detail?.contains(word) == true, "\(fault?.detail ?? "")")
        }
    }

    /// A request with two documents that is refused.
    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: String
        var hasKey = true
        var provider: ApplicationProvider = DocumentTests.provider
        var change: @Sendable (inout SignatureRequest) -> Void

        private static func entry(_ change: (inout ApplicationProvider) -> Void) -> ApplicationProvider {
            var provider = DocumentTests.provider
            change(&provider)
            return provider
        }

        static let all: [Refused] = [
            Refused(
                testDescription: "where the provider's entry does not name the service",
                fault: "104/1045",
                provider: entry { $0.services = [.documentSign] }
            ) { _ in },
            Refused(testDescription: "without the document", fault: "102") {
                $0.additionalServices[0].document = nil
            },
            Refused(testDescription: "without the user's key for digests", fault: "404/4042", hasKey: false) { _ in },
            Refused(testDescription: "for another key by the message's profile", fault: "404/4042") {
                $0.signatureProfile = "http://alauda.mobi/digitalSignature"
            },
            Refused(testDescription: "for another key by a document's profile", fault: "404/4042") {
                $0.additionalServices.append(DocumentTests.document("c", "Three"))
                $0.additionalServices[1].document?.signatureProfile = "http://alauda.mobi/nonRepudiation"
            },
            Refused(testDescription: "with a document's format that the entry does not allow", fault: "101/1017") {
                $0.additionalServices.append(DocumentTests.document("c", "Three"))
                $0.additionalServices[1].document?.format = SignatureKind.ades.format
            },
            Refused(
                testDescription: "with another text to show that the entry does not allow",
                fault: "101/1015",
                provider: entry { $0.showsOtherwise = false }
            ) { $0.additionalServices[0] = DocumentTests.batch("Two", "Nothing") },
            Refused(
                testDescription: "with a digest that the entry does not allow",
                fault: "104",
                provider: entry { $0.signsDigests = false }
            ) {
                $0.additionalServices[0] = DocumentTests.batch(Data(0..<32).base64EncodedString(), "A film")
                $0.additionalServices[0].document?.dataToBeSigned.mimeType = "application/x-sha256"
            },
            Refused(
                testDescription: "with a text that lacks the entry's prefix",
                fault: "107",
                provider: entry { $0.allowance.textPrefix = "O" }
            ) { _ in },
            Refused(testDescription: "with an empty document", fault: "103") {
                $0.additionalServices[0] = DocumentTests.batch("")
            },
            Refused(testDescription: "with an empty text to show", fault: "103") {
                $0.additionalServices[0] = DocumentTests.batch("Two", "")
            },
            Refused(testDescription: "with a text that says where another begins", fault: "107") {
                $0.additionalServices[0] = DocumentTests.batch("Two (2/2) Three")
            },
            Refused(testDescription: "with a character that no phone shows", fault: "107") {
                $0.additionalServices[0] = DocumentTests.batch("Two\u{202E}")
            },
            Refused(testDescription: "more than the platform takes", fault: "101") { request in
                request.additionalServices = (2...10).map { DocumentTests.batch("\($0)") }
            },
        ]
    }
}
