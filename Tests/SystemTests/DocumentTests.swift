import Foundation
import MSSTestSupport
import Testing

/// batchsign and docsign: one PIN entry, a signature for each document, each verified by OpenSSL.
@Suite("Several documents through the real services")
struct DocumentTests {
    private static let kiuru = "http://www.methics.fi/KiuruMSSP/v5.0.0#"
    private static let extensions = "http://www.methics.fi/TS102204/ext/v1.0.0#"

    private func service(_ name: String, _ document: String) -> String {
        "<mss:Service><mss:Description><mss:mssURI>\(Self.kiuru)\(name)</mss:mssURI></mss:Description>\(document)</mss:Service>"
    }

    private func batch(_ content: String) -> String {
        service(
            "batchsign",
            "<b:BatchSignatureRequest xmlns:b=\"\(Self.extensions)BatchSignature\">\(content)</b:BatchSignatureRequest>"
        )
    }

    private func document(_ reference: String, _ content: String) -> String {
        service(
            "docsign",
            "<d:AdditionalSignatureRequest xmlns:d=\"\(Self.extensions)MultiDocSign\" DocumentRef=\"\(reference)\">\(content)"
                + "</d:AdditionalSignatureRequest>"
        )
    }

    private func services(_ services: String...) -> String {
        "<mss:AdditionalServices>\(services.joined())</mss:AdditionalServices>"
    }

    /// Every signature of an answer, in its order.
    private func signatures(in answer: Provider.Answer) -> [Data] {
        answer.body.split(separator: "<mss:Base64Signature>", omittingEmptySubsequences: false).dropFirst()
            .compactMap { part in part.firstIndex(of: "<").flatMap { Data(base64Encoded: String(part[..<$0])) } }
    }

    @Test("are all read, and each signature covers its own document; a status query tells them again")
    func signed() async throws {
        let platform = try await Platform.running
        let number = try await UnseenSignatureTests.users.numbers(platform)[0]
        let film = Data((0..<50_000).map { _ in UInt8.random(in: 0...255) })
        let unseen = UnseenSignatureTests()
        let digest = try await unseen.digest(film, "sha256")
        let answer = try await unseen.sign(
            "Pay 10 € to Ann",
            "MimeType=\"text/plain\"",
            by: number,
            extra: services(
                batch("<b:DataToBeSigned>Pay 20 € to Bob</b:DataToBeSigned>"),
                document(
                    "film",
                    "<d:DataToBeSigned \(UnseenSignatureTests.sha256)>\(digest)</d:DataToBeSigned>"
                        + "<d:DataToBeDisplayed>A film</d:DataToBeDisplayed>"
                )
            )
        )
        #expect(answer.status == "500", "\(answer.body)")
        let all = signatures(in: answer)
        try #require(all.count == 4)
        #expect(all[0] == all[1])
        #expect(try await Verdict.content(of: all[0], on: platform) == "Pay 10 € to Ann")
        #expect(try await Verdict.content(of: all[2], on: platform) == "Pay 20 € to Bob")
        #expect(try await Verdict.accepts(all[3], over: film, on: platform))
        #expect(try await !Verdict.accepts(all[3], over: film + [0], on: platform))
        #expect(answer.body.contains(">Pay 20 € to Bob</batch:DataToBeDisplayed>"))
        #expect(answer.body.contains("DocumentRef=\"film\""))
        let id = try #require(answer.transactionID)
        let rows = try await platform.rows("SELECT encode(command, 'hex') FROM transactions WHERE id = '\(id)'")
        let shown = Data("(1/3) Pay 10 ".utf8) + [0x1B, 0x65] + Data(" to Ann\n(2/3) Pay 20 ".utf8)
        #expect(rows.joined().contains(shown.map { String(format: "%02x", $0) }.joined()))
        let told = try await Provider(platform, apID: UnseenSignatureTests.documentsID).status(of: id)
        #expect(signatures(in: told) == all, "\(told.body)")
    }

    @Test("are refused for a person without the key for digests, and where the entry does not name the service")
    func refused() async throws {
        let platform = try await Platform.running
        let other = try platform.extraNumber(2)
        let prompts = try platform.prompts(other)
        let extra = services(batch("<b:DataToBeSigned>Two</b:DataToBeSigned>"))
        let unseen = UnseenSignatureTests()
        let plain = "MimeType=\"text/plain\""
        let keyless = try await unseen.sign("One", plain, by: other, extra: extra)
        #expect(keyless.fault == "404", "\(keyless.body)")
        let unnamed = try await unseen.sign("One", plain, by: other, ap: nil, extra: extra)
        #expect(unnamed.fault == "104", "\(unnamed.body)")
        #expect(try platform.prompts(other) == prompts)
    }
}
