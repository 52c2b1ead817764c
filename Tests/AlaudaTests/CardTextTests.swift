import Alauda
import MSSTestSupport
import Testing

@Suite("A text for the card")
struct CardTextTests {
    @Test(
        "comes back as it went, in the smaller of two encodings",
        arguments: [
            ("Log in to bank.example? 4711", CardText.Encoding.gsm8Bit),
            ("@ä€ñ_", .gsm8Bit),
            ("[]{}\\^~|", .gsm8Bit),
            ("line\nline\r\nline", .gsm8Bit),
            ("", .gsm8Bit),
            ("Подписать договор?", .ucs2),
            ("çã", .ucs2),
            ("e\u{301}", .ucs2),
            ("漢字", .ucs2),
        ]
    )
    func roundTrip(_ text: String, _ encoding: CardText.Encoding) throws {
        let card = try CardText(text)
        #expect(card.encoding == encoding)
        // Scalar by scalar: what is canonically the same is signed as other octets.
        #expect(card.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        #expect(try CardText(decoding: card.value) == card)
    }

    @Test("has the GSM codes of the standard")
    func codes() throws {
        #expect(try CardText("@£$_äöñü€[").value == [4, 0, 1, 2, 0x11, 0x7B, 0x7C, 0x7D, 0x7E, 0x1B, 0x65, 0x1B, 0x3C])
        #expect(try CardText("Ж").value == [8, 4, 0x16])
        for code in UInt8(0)...0x7F where code != 0x1B {
            let text = try #require(GSMAlphabet.decode([code]))
            #expect(GSMAlphabet.encode(text) == [code])
        }
        // ASCII keeps its places except for these.
        let moved = Set("@$_[]{}\\^~|`".unicodeScalars)
        for code in UInt8(0x20)..<0x7F where !moved.contains(Unicode.Scalar(code)) {
            #expect(GSMAlphabet.encode(String(Unicode.Scalar(code))) == [code])
        }
    }

    @Test(
        "is refused for characters that a phone cannot show or that would make it another text",
        arguments: [
            "\u{0}", "\u{7}", "\u{9}", "\u{C}", "\u{1B}", "\u{7F}", "\u{85}", "\u{AD}", "\u{34F}", "\u{61C}",
            "\u{115F}",
            "\u{180E}", "\u{200B}", "\u{200D}", "\u{200E}", "\u{2028}", "\u{202E}", "\u{2060}", "\u{2066}", "\u{2069}",
            "\u{3164}", "\u{E000}", "\u{FE0F}", "\u{FEFF}", "\u{FFA0}", "\u{1F600}", "\u{E0041}",
        ]
    )
    func unsupported(_ character: Character) {
        #expect(throws: WPKIError.unsupportedCharacter(character)) { try CardText(String(character)) }
        #expect(throws: WPKIError.self) { try CardText("pay \(character)5") }
    }

    @Test("is refused for code points that are no characters", arguments: [0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF] as [UInt32])
    func noCharacters(_ code: UInt32) throws {
        let character = Character(try #require(Unicode.Scalar(code)))
        #expect(throws: WPKIError.unsupportedCharacter(character)) { try CardText("pay \(character)") }
    }

    @Test("is refused without a data coding octet")
    func empty() {
        #expect(throws: WPKIError.malformed) { try CardText(decoding: []) }
    }

    @Test(
        "is refused as octets that are no text of 8-bit GSM or UCS-2",
        arguments: [
            [0], [5, 0x41], [4, 0x80], [4, 0xFF], [4, 0x1B], [4, 0x1B, 0x41], [8, 0x41], [8, 0xD8, 0x3D, 0xDE, 0],
            [8, 0xDC, 0],
        ] as [[UInt8]]
    )
    func unsupportedText(_ value: [UInt8]) {
        #expect(throws: WPKIError.unsupportedText) { try CardText(decoding: value) }
    }

    @Test("is written in the charset that is asked for, or refused at its first character outside of it")
    func forced() throws {
        #expect(try CardText("ab", encoding: .ucs2).value == [8, 0, 0x61, 0, 0x62])
        #expect(try CardText("ab", encoding: .gsm8Bit).value == [4, 0x61, 0x62])
        #expect(throws: WPKIError.unsupportedCharacter("Ж")) { try CardText("aЖЩ", encoding: .gsm8Bit) }
        #expect(throws: WPKIError.unsupportedCharacter("\u{202E}")) { try CardText("a\u{202E}Ж", encoding: .ucs2) }
    }

    @Test("enters the signature as its UTF-8 or as its own octets, by the form")
    func content() throws {
        let text = try CardText("ä@")
        #expect(SignedContent.text(text, [.signedAttributes, .utf8]) == [0xC3, 0xA4, 0x40])
        #expect(SignedContent.text(text, .signedAttributes) == [0x7B, 0x00])
    }

    @Test("reads or is refused, whatever the octets")
    func fuzz() throws {
        let samples = [try CardText("@ä€ñ_ [x]").value, try CardText("Подписать?").value]
        var damage = DamagedOctets(seed: 23)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 4) ? damage.octets(upTo: 20) : damage.like(samples[round % 2])
            guard let card = try? CardText(decoding: octets) else { continue }
            #expect(card.value == octets && card.text != nil)
        }
        for sample in samples { for cut in DamagedOctets.truncations(of: sample) { _ = try? CardText(decoding: cut) } }
    }
}
