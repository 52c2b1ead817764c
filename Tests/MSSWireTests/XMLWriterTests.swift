import Testing

@testable import MSSWire

@Suite("Written XML")
struct XMLWriterTests {
    @Test(
        "what is written is read back",
        arguments: [
            "", "plain", "<&>\"'", "]]>", "a\r\nb\tc\rd", "@ä€ñ_", "Подпись", "😀", " leading and trailing ", "&amp;",
            "\u{85}\u{2028}",
        ]
    )
    func roundTrip(_ value: String) throws {
        var writer = XMLWriter()
        writer.element("a", [("b", value), ("c", nil)], text: value)
        let root = try XMLDocument(writer.octets).root
        #expect(root.text == value)
        #expect(root.attribute("b") == value)
        #expect(root.attributes.count == 1)
    }

    @Test("characters that XML cannot hold are replaced, and the document stays whole")
    func impossible() throws {
        var writer = XMLWriter()
        writer.element("a", [("b", "\u{0}x\u{1F}")], text: "\u{0}x\u{8}")
        let root = try XMLDocument(writer.octets).root
        #expect(root.text == "?x?")
        #expect(root.attribute("b") == "?x?")
    }

    @Test("an element without a text is not written, one with an empty text is")
    func absence() {
        var writer = XMLWriter()
        writer.element("a") { writer in
            writer.element("b", text: nil)
            writer.element("c", text: "")
            writer.element("d")
        }
        #expect(String(decoding: writer.octets, as: UTF8.self) == "<a><c></c><d/></a>")
    }
}
