import Foundation
import MSSTestSupport
import Testing

/// Signatures over what the phone does not show, by a second key of the person.
@Suite("What the phone does not show, through the real services")
struct UnseenSignatureTests {
    static let sha256 = "MimeType=\"application/x-sha256\" Encoding=\"base64\""
    private static let sha384 = "MimeType=\"application/x-sha384\" Encoding=\"base64\""
    static let displayed = "<mss:DataToBeDisplayed>Contract 7</mss:DataToBeDisplayed>"
    static let documentsID = "http://ae.demo.mssp/ap-documents"

    /// Somebody with a key for digests on P-256, and somebody with one on P-384.
    static let users = MadeOnce()

    actor MadeOnce {
        private var task: Task<[String], any Error>?

        func numbers(_ platform: Platform) async throws -> [String] {
            if task == nil { task = Task { try await UnseenSignatureTests.makeKeys(platform) } }
            return try await task?.value ?? []
        }
    }

    fileprivate static func makeKeys(_ platform: Platform) async throws -> [String] {
        var numbers: [String] = []
        for (index, algorithm) in [(6, "P-256"), (7, "P-384")] {
            let card = try platform.extraCard(index)
            let answer = try await Provider(platform, certificate: "ra-demo")
                .register(
                    "ActivateMobileUser",
                    card[2],
                    ["VerifyCode": card[4], "KeyUse": "digests", "KeyAlgorithm": algorithm]
                )
            try #require(answer.status == "100", "\(answer.body)")
            numbers.append(card[2])
        }
        return numbers
    }

    func sign(
        _ data: String,
        _ type: String,
        by msisdn: String,
        ap: String? = documentsID,
        extra: String = displayed
    ) async throws -> Provider.Answer {
        let platform = try await Platform.running
        for _ in 0..<100 {
            let answer = try await Provider(platform, apID: ap).sign(data, by: msisdn, type: type, extra: extra)
            guard answer.fault == "406" else { return answer }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StartFailure(said: "the phone is always busy")
    }

    func digest(_ document: Data, _ name: String) async throws -> String {
        let result = try await Command.run("openssl", ["dgst", "-" + name, "-binary"], input: document)
        return result.output.base64EncodedString()
    }

    @Test("is the digest of a document, and OpenSSL verifies the answer over the document and no other")
    func digest() async throws {
        let platform = try await Platform.running
        let numbers = try await Self.users.numbers(platform)
        let document = Data((0..<100_000).map { _ in UInt8.random(in: 0...255) })
        for (number, name, type) in [(numbers[0], "sha256", Self.sha256), (numbers[1], "sha384", Self.sha384)] {
            let answer = try await sign(digest(document, name), type, by: number)
            #expect(answer.status == "500", "\(answer.body)")
            let signature = try #require(answer.signature)
            #expect(try await Verdict.accepts(signature, over: document, on: platform))
            #expect(try await !Verdict.accepts(signature, over: document + [0], on: platform))
            // Detached, with the nonce among the signed attributes.
            #expect(signature.count < 4_000)
            #expect(try await Verdict.structure(of: signature).contains("1.2.840.113549.1.9.25.3"))
            let id = try #require(answer.transactionID)
            let rows = try await platform.rows(
                "SELECT encode(content, 'base64'), key_reference, encode(command, 'hex') FROM transactions WHERE id = '\(id)'"
            )
            let kept = rows.joined().split(separator: "|")
            try #require(kept.count == 3)
            #expect(try await String(kept[0]) == digest(document, name))
            #expect(kept[1] == "3")
            // What was shown: the provider's text, and the platform's line below it.
            let shown = Data("Contract 7\nYou sign not the text above but something else: ".utf8)
            #expect(kept[2].contains(shown.map { String(format: "%02x", $0) }.joined()))
        }
    }

    @Test("is octets under a text: OpenSSL accepts the answer, and finds them inside")
    func octets() async throws {
        let platform = try await Platform.running
        let octets = Data([0x00, 0xFF, 0x1B, 0x80, 0x0A])
        let type = "MimeType=\"application/octet-stream\" Encoding=\"base64\""
        let number = try await Self.users.numbers(platform)[0]
        let answer = try await sign(octets.base64EncodedString(), type, by: number)
        let folder = try TemporaryFolder()
        try #require(answer.signature, "\(answer.body)").write(to: folder.url.appending(path: "signature.der"))
        let content = try await Command.run(
            "openssl",
            [
                "cms", "-verify", "-inform", "DER", "-in", folder.path("signature.der"), "-CAfile",
                platform.file("pki/user-ca.pem"), "-purpose", "any", "-binary",
            ]
        )
        #expect(content.status == 0 && content.output == octets)
    }

    @Test("is another text than the one shown: the answer holds and covers the one that was signed")
    func separateText() async throws {
        let platform = try await Platform.running
        let number = try await Self.users.numbers(platform)[0]
        let text = String(repeating: "The whole contract, clause by clause, \u{1F600}. ", count: 100)
        let answer = try await sign(text, "MimeType=\"text/plain\"", by: number)
        #expect(answer.status == "500", "\(answer.body)")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == text)
    }

    @Test("leaves the first key as it was, for what the phone shows")
    func firstKey() async throws {
        let platform = try await Platform.running
        let number = try await Self.users.numbers(platform)[0]
        let answer = try await sign("Shown", "MimeType=\"text/plain\"", by: number, ap: nil, extra: "")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "Shown")
        let user = try await Provider(platform, certificate: "ra-demo").register("GetMobileUser", number)
        #expect(user.body.contains("Name=\"Certificate\""))
        #expect(user.body.contains("Name=\"Certificate:digests\""))
        let again = try await Provider(platform, certificate: "ra-demo")
            .register("ActivateMobileUser", number, ["VerifyCode": "123456", "KeyUse": "digests"])
        #expect(again.fault == "407", "\(again.body)")
    }

    @Test("is never signed by a key for texts: one of RSA for somebody's will signs what the phone shows")
    func nonRepudiation() async throws {
        let platform = try await Platform.running
        let number = try await Self.users.numbers(platform)[1]
        let code = try platform.extraCard(7)[4]
        let answer = try await Provider(platform, certificate: "ra-demo")
            .register(
                "ActivateMobileUser",
                number,
                ["VerifyCode": code, "KeyUse": "non-repudiation", "KeyAlgorithm": "RSA-2048"]
            )
        #expect(answer.status == "100", "\(answer.body)")
        let profile = """
            <mss:SignatureProfile><mss:mssURI>http://alauda.mobi/nonRepudiation</mss:mssURI></mss:SignatureProfile>
            """
        let plain = "MimeType=\"text/plain\""
        let signed = try await sign("My will", plain, by: number, ap: nil, extra: profile)
        let signature = try #require(signed.signature, "\(signed.body)")
        #expect(try await Verdict.content(of: signature, on: platform) == "My will")
        let digest = try await digest(Data("document".utf8), "sha256")
        let refused = try await sign(digest, Self.sha256, by: number, extra: Self.displayed + profile)
        #expect(refused.fault == "404", "\(refused.body)")
    }

    @Test("is refused where the provider's entry, the text or the key is missing, and nobody is asked")
    func refused() async throws {
        let platform = try await Platform.running
        let numbers = try await Self.users.numbers(platform)
        let other = try platform.extraNumber(2)
        let short = try await digest(Data("document".utf8), "sha256")
        let long = try await digest(Data("document".utf8), "sha384")
        let authentication = """
            \(Self.displayed)<mss:SignatureProfile><mss:mssURI>http://alauda.mobi/digitalSignature</mss:mssURI>\
            </mss:SignatureProfile>
            """
        let plain = "MimeType=\"text/plain\""
        let before = [other] + numbers
        let prompts = try before.map { try platform.prompts($0) }
        let refusals: [(Provider.Answer, String, String)] = [
            (try await sign(short, Self.sha256, by: numbers[0], ap: nil), "104", "digests"),
            (try await sign("Text", plain, by: numbers[0], ap: nil), "101", "DataToBeDisplayed must be left out"),
            (try await sign(short, Self.sha256, by: numbers[0], extra: ""), "102", "DataToBeDisplayed"),
            (try await sign(short, Self.sha256, by: other), "404", "no key that signs digests only"),
            (try await sign("Text", plain, by: other), "404", "no key that signs digests only"),
            (try await sign(long, Self.sha384, by: numbers[0]), "404", "SHA-384"),
            (
                try await sign(short, Self.sha256, by: numbers[0], extra: authentication), "404",
                "leave SignatureProfile out"
            ),
            (try await sign(short, Self.sha384, by: numbers[1]), "103", "48 octets"),
        ]
        for (answer, code, words) in refusals {
            #expect(answer.fault == code, "\(answer.body)")
            #expect(answer.body.contains(words), "\(answer.body)")
        }
        #expect(try before.map { try platform.prompts($0) } == prompts)
    }
}
