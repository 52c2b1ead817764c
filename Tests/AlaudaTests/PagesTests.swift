import Alauda
import MSSTestSupport
import Testing

@Suite("The pages that a phone shows")
struct PagesTests {
    private func texts(_ text: CardText) -> [String?] { Pages(text: text).pages.map(\.text.text) }

    @Test("are the heading, the text, and the number of digests")
    func kinds() throws {
        let pages = Pages(head: try CardText("Bank 7K2M"), text: try CardText("Pay?"), digests: 3).pages
        #expect(pages.map(\.kind) == [.head, .text, .digests])
        #expect(pages.map(\.text.text) == ["Bank 7K2M", "Pay?", "#3"])
        #expect(Pages(text: try CardText("")).pages.map(\.text.octets) == [[]])
    }

    @Test("hold 239 octets of GSM and 119 characters of UCS-2")
    func limits() throws {
        #expect(texts(try CardText(String(repeating: "a", count: 239))).count == 1)
        #expect(texts(try CardText(String(repeating: "a", count: 240))) == [String(repeating: "a", count: 239), "a"])
        #expect(texts(try CardText(String(repeating: "Ж", count: 119))).count == 1)
        #expect(texts(try CardText(String(repeating: "Ж", count: 120))) == [String(repeating: "Ж", count: 119), "Ж"])
    }

    @Test("end after a space or a line feed where there is one")
    func words() throws {
        let words = String(repeating: "word ", count: 60)
        for text in [words, words.replacing(" ", with: "\n"), words.replacing("o", with: "о")] {
            let pages = texts(try CardText(text))
            #expect(pages.count > 1 && pages.dropLast().allSatisfy { $0?.last == " " || $0?.last == "\n" })
            #expect(pages.compactMap(\.self).joined() == text)
        }
    }

    @Test("never part an escape from its character, nor an accent from its letter")
    func whole() throws {
        let euros = String(repeating: "a", count: 238) + "€€"
        #expect(texts(try CardText(euros)) == [String(repeating: "a", count: 238), "€€"])
        let accents = String(repeating: "ж", count: 118) + "е\u{301}\u{300}ж"
        let pages = texts(try CardText(accents))
        #expect(pages.first??.unicodeScalars.count == 118)
        #expect(pages.last??.unicodeScalars.first == "е")
        // Nothing but accents must end somewhere.
        #expect(texts(try CardText("ж" + String(repeating: "\u{301}", count: 300))).count == 3)
    }

    @Test("together are the text, whatever it is")
    func fuzz() throws {
        var damage = DamagedOctets(seed: 239)
        let characters: [String] = ["a", " ", "\n", "€", "@", "Ж", "\u{301}", "漢"]
        for round in 0..<2_000 {
            let set = round.isMultiple(of: 2) ? Array(characters[..<5]) : characters
            let count = Int.random(in: 0...600, using: &damage)
            let text = (0..<count).compactMap { _ in set.randomElement(using: &damage) }.joined()
            let card = try CardText(text)
            let pages = Pages(text: card).pages.map(\.text)
            #expect(pages.flatMap(\.octets) == card.octets)
            #expect(pages.allSatisfy { $0.octets.count <= 239 && $0.text != nil && $0.encoding == card.encoding })
        }
    }
}

@Suite("The fit of a text")
struct TextFitTests {
    private static func command(head: String? = nil, digests: Int = 0) throws -> SignCommand {
        SignCommand(
            transaction: try #require(WPKITransaction([1, 2, 3, 4])),
            key: 1,
            algorithm: .p256,
            head: try head.map { try CardText($0) },
            text: try CardText(""),
            form: [.signedAttributes, .utf8],
            digests: [[UInt8]](repeating: [UInt8](repeating: 1, count: 32), count: digests)
        )
    }

    @Test("follows the sizes of the profile")
    func sizes() {
        #expect((0...6).map { Capacity.plaintext(.down, segments: $0) } == [0, 79, 223, 351, 479, 623, 0])
        #expect((0...6).map { Capacity.plaintext(.up, segments: $0) } == [0, 95, 223, 367, 495, 639, 0])
        #expect(Capacity.segments(.up, plaintext: 270) == 3 && Capacity.segments(.up, plaintext: 76) == 1)
        #expect(Capacity.segments(.down, plaintext: 79) == 1 && Capacity.segments(.down, plaintext: 624) == nil)
    }

    @Test("names charset, short messages and pages")
    func fits() throws {
        let fit = TextFit.fit("Log in to bank.example?", in: try Self.command(head: "Bank"))
        #expect(fit.fits && fit.encoding == .gsm8Bit && fit.segments == 1 && fit.pages == 2 && fit.offender == nil)
        let ucs2 = TextFit.fit(String(repeating: "Ж", count: 60), in: try Self.command())
        #expect(ucs2.encoding == .ucs2 && ucs2.segments == 2)
        #expect(TextFit.fit("abc", in: try Self.command(), encoding: .ucs2).encoding == .ucs2)
        #expect(TextFit.fit("Sign?", in: try Self.command(digests: 2)).pages == 2)
    }

    @Test("tells how many characters are left, to the last one", arguments: [1, 2, 3, 4, 5])
    func left(_ segments: Int) throws {
        for (character, head) in [("a", nil), ("Ж", nil), ("a", "Bank 7K2M"), ("Ж", "Банк")] as [(String, String?)] {
            let command = try Self.command(head: head)
            let one = TextFit.fit(character, in: command, segments: segments)
            let most = one.charactersLeft + 1
            let full = TextFit.fit(String(repeating: character, count: most), in: command, segments: segments)
            #expect(full.fits && full.segments == segments && full.charactersLeft == 0)
            let over = TextFit.fit(String(repeating: character, count: most + 1), in: command, segments: segments)
            #expect(!over.fits && over.segments == nil && over.charactersLeft == -1)
        }
    }

    @Test("names the first character that cannot be shown, and its place")
    func offender() throws {
        let command = try Self.command()
        let hidden = TextFit.fit("pay \u{202E}5\u{200B}", in: command)
        #expect(!hidden.fits && hidden.offender == TextFit.Offender(character: "\u{202E}", position: 4))
        let gsm = TextFit.fit("é ok, Ж not", in: command, encoding: .gsm8Bit)
        #expect(gsm.offender == TextFit.Offender(character: "Ж", position: 6))
        // Composed é is a GSM character, the one of two scalars is none.
        let accents = TextFit.fit("é e\u{301}", in: command, encoding: .gsm8Bit)
        #expect(accents.offender?.position == 2)
    }

    @Test("of a MESSAGE is its own")
    func message() {
        let fit = TextFit.fit(message: String(repeating: "a", count: 69))
        #expect(fit.segments == 1 && fit.encoding == .gsm8Bit && fit.pages == 1)
        #expect(TextFit.fit(message: String(repeating: "a", count: 70)).segments == 2)
        #expect(TextFit.fit(message: "\u{0}").offender?.position == 0)
        #expect(!TextFit.fit(message: String(repeating: "a", count: 700)).fits)
    }
}
