import Alauda
import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSP

@Suite("The fit of a provider's text")
struct ShownTextTests {
    @Test("is what the request's rules say: what fits is taken, what does not is refused", arguments: Case.all)
    func rules(_ asked: Case) throws {
        var fitting = 0
        var refused = 0
        for text in Self.texts {
            let fit = try #require(ShownText.fit(text, for: Stage.documents, signing: asked.signed))
            let fault = asked.fault(text)
            let expected: MSSFault.Code? =
                fit.fits ? nil : fit.offender != nil ? .inappropriateData : asked.emptyFault(text)
            #expect(fault?.code == expected, "\(text.count) characters: \(fault?.detail ?? "taken")")
            if fit.fits { fitting += 1 } else { refused += 1 }
        }
        #expect(fitting > 40 && refused > 40)
    }

    @Test("tells to the last character how much is left above the platform's line", arguments: Case.all)
    func left(_ asked: Case) throws {
        for character in ["a", "Ж"] {
            let one = try #require(ShownText.fit(character, for: Stage.documents, signing: asked.signed))
            let most = one.charactersLeft + 1
            #expect(most > 100 && asked.fault(String(repeating: character, count: most)) == nil)
            let fault = asked.fault(String(repeating: character, count: most + 1))
            #expect(fault?.code == .wrongDataLength && fault?.detail?.contains("is 1 characters too long") == true)
            #expect(fault?.detail?.hasSuffix("the phone can show \(most).") == true, "\(fault?.detail ?? "")")
        }
    }

    /// Nothing, and texts of every length around the last that fits: of one charset and of both, of characters that
    /// count twice, and with one among them that no phone shows.
    private static let texts: [String] = {
        var random = DamagedOctets(seed: 7)
        let alphabets = [["a", "€"], ["Ж", "b"], ["ä", "\n", "\r", "[", "é"], ["x"]]
        var texts = ["", "\n", "\r", "a\r", " "]
        for alphabet in alphabets {
            for count in stride(from: 180, through: 600, by: 7) {
                var text = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
                if count.isMultiple(of: 17) { text += "\u{202E}" }
                texts.append(text)
            }
        }
        return texts
    }()

    /// What is signed, and the request that asks for it.
    struct Case: Sendable, CustomTestStringConvertible {
        var signed: ShownText.Signed

        var testDescription: String { "\(signed)" }

        static let all: [Case] = {
            let languages = ["de", "fi", "fr"]
            let others: [ShownText.Signed] = languages.flatMap { language in
                [SignatureAlgorithm.p256, .p384, .rsa2048].map { .otherText($0, language: language) }
                    + DigestAlgorithm.allCases.map { .digest($0, language: language) }
            }
            return (SignatureKind.allCases.map { .shown($0) } + others).map { Case(signed: $0) }
        }()

        /// What an empty text, or one that is too long, is refused with.
        func emptyFault(_ text: String) -> MSSFault.Code {
            if case .digest = signed, text.isEmpty { .missingParam } else { .wrongDataLength }
        }

        /// What the rules say against a text; `nil` if they take it.
        func fault(_ text: String) -> MSSFault? {
            var request = Sample.signature(text)
            var kind = SignatureKind.cmsDetached
            var key = SignatureAlgorithm.p256
            var language = "en"
            switch signed {
            case .shown(let asked): kind = asked
            case .otherText(let algorithm, let written):
                (key, language) = (algorithm, written)
                request.dataToBeSigned.content = "The whole contract"
                request.dataToBeDisplayed = DataToBeSigned(text)
            case .digest(let algorithm, let written):
                (key, language) = (algorithm == .sha384 ? .p384 : .p256, written)
                request.dataToBeSigned = DataToBeSigned(
                    Data(repeating: 0xA5, count: algorithm.length).base64EncodedString(),
                    mimeType: algorithm == .sha384 ? "application/x-sha384" : "application/x-sha256",
                    encoding: "base64"
                )
                request.dataToBeDisplayed = DataToBeSigned(text)
            }
            return fault(request, kind, key, language)
        }

        private func fault(
            _ request: SignatureRequest,
            _ kind: SignatureKind,
            _ algorithm: SignatureAlgorithm,
            _ language: String
        ) -> MSSFault? {
            let key = SubscriberKey(
                reference: 3,
                algorithm: algorithm,
                publicKey: [1],
                certificate: [2],
                policy: KeyUse.digests.policy
            )
            do throws(MSSFault) {
                let matter = try SignedMatter(request.document, for: Stage.documents, as: kind)
                let evidence = FakeEvidence()
                _ = try WrittenMatter(matter, as: kind, for: Stage.documents, language, key, evidence, at: .now)
                return nil
            } catch { return error }
        }
    }
}
