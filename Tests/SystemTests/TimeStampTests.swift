import Foundation
import MSSTestSupport
import Testing

/// A provider whose signatures are stamped by an authority that runs here: `openssl ts` stamps, and `openssl ts` verifies.
@Suite("Time stamps through the real services")
struct TimeStampTests {
    private static let timestamp = """
        <mss:AdditionalServices><mss:Service><mss:Description><mss:mssURI>http://uri.etsi.org/TS102204/v1.1.2#timestamp\
        </mss:mssURI></mss:Description></mss:Service></mss:AdditionalServices>
        """

    /// What openssl finds in a signature by the structure that it prints: the signature's value, and the token.
    private struct Stamped {
        let folder: TemporaryFolder

        init?(_ signature: Data) async throws {
            folder = try TemporaryFolder()
            try signature.write(to: folder.url.appending(path: "signature.der"))
            let lines = try await Verdict.structure(of: signature).split(separator: "\n")
            guard let name = lines.firstIndex(where: { $0.contains("timeStampToken") }), lines.count > name + 2,
                let value = lines[..<name].last(where: { $0.contains("OCTET STRING") })
            else { return nil }
            // Behind the attribute's name a SET, and in it the token.
            for (line, file) in [(lines[name + 2], "token.der"), (value, "value")] {
                let offset = line.trimmingPrefix { $0 == " " }.prefix { $0.isNumber }
                let cut = try await Command.run(
                    "openssl",
                    [
                        "asn1parse", "-inform", "DER", "-in", folder.path("signature.der"), "-strparse",
                        String(offset), "-noout", "-out", folder.path(file),
                    ]
                )
                guard cut.status == 0 else { return nil }
            }
        }

        /// Whether the token is the authority's, over the signature's value or over other data.
        func isOf(_ authority: String, over other: Data? = nil) async throws -> Bool {
            var data = folder.path("value")
            if let other {
                data = folder.path("other")
                try other.write(to: URL(filePath: data))
            }
            let result = try await Command.run(
                "openssl",
                [
                    "ts", "-verify", "-data", data, "-in", folder.path("token.der"), "-token_in", "-CAfile", authority,
                ]
            )
            return result.status == 0
        }
    }

    @Test("are the authority's over what the provider got, in every answer; without it the signature comes and says so")
    func stamped() async throws {
        let pki = try ThrowawayPKI()
        let authority = try await TimeStampServer(pki)
        let port = try FreePort.next()
        let platform = try await Platform.start(
            "stamped",
            [
                "HOME_EDIT":
                    "$ a [timestamp]\\nurl = \"http://127.0.0.1:\(port)/tsa\"\\nauthority = \"\(pki.path("tsa-ca.pem"))\"\\n"
                    + "within_seconds = 10",
                "PROVIDERS_EDIT": "s|^# services = .*|services = [\"timestamp\"]|",
            ]
        )
        let provider = try Provider(platform)
        let number = try platform.extraNumber(2)
        try await authority.serve(at: port) { _ in
            let answer = try await provider.sign("Stamp me", by: number, extra: Self.timestamp)
            #expect(answer.status == "500" && answer.body.contains("v1.1.2#timestamp</mss:mssURI>"), "\(answer.body)")
            #expect(answer.body.contains("<fi:Status><mss:StatusCode Value=\"100\"/>"), "\(answer.body)")
            let signature = try #require(answer.signature)
            #expect(try await Verdict.content(of: signature, on: platform) == "Stamp me")
            let stamped = try #require(try await Stamped(signature))
            #expect(try await stamped.isOf(pki.path("tsa-ca.pem")))
            #expect(try await !stamped.isOf(pki.path("tsa-ca.pem"), over: Data("else".utf8)))
            #expect(try await !stamped.isOf(platform.file("pki/user-ca.pem")))
            let id = try #require(answer.transactionID)
            #expect(try await provider.status(of: id).signature == signature)
            #expect(authority.count == 1)

            let plain = try await provider.sign("Not me", by: number)
            let without = try #require(plain.signature, "\(plain.body)")
            let unstamped = try await Stamped(without)
            #expect(unstamped == nil && authority.count == 1)
        }
        // Nobody listens there any more.
        let answer = try await provider.sign("All the same", by: number, extra: Self.timestamp)
        #expect(
            answer.status == "500" && answer.body.contains("<fi:Status><mss:StatusCode Value=\"780\"/>"),
            "\(answer.body)"
        )
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == "All the same")
        let unstamped = try await Stamped(signature)
        #expect(unstamped == nil)
    }
}
