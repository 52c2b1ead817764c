import Testing

@testable import MSSRuntime

@Suite("TOML")
struct TOMLTests {
    @Test(
        "values are what they say",
        arguments: [
            ("true", .truth(true)), ("false", .truth(false)), ("0", .integer(0)), ("+1_000", .integer(1_000)),
            ("-17", .integer(-17)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("0xDEAD_beef", .integer(0xDEAD_BEEF)), ("0o755", .integer(0o755)), ("0b1101", .integer(13)),
            ("3.25", .number(3.25)), ("-1e3", .number(-1_000)), ("6.5E-1", .number(0.65)), ("inf", .number(.infinity)),
            ("-inf", .number(-.infinity)), ("1_0.2_5", .number(10.25)),
            (#""a\tb\"\\\u00e4\U0001F600""#, .text("a\tb\"\\ä😀")), (#"'a\b'"#, .text(#"a\b"#)), (#""""#, .text("")),
            ("\"\"\"\na\\\n   b\nc\"\"\"", .text("ab\nc")), ("'''\na\\\nb'''", .text("a\\\nb")),
            ("\"\"\"\"x\"\"\"\"\"", .text("\"x\"\"")), ("\"\"\"a\r\nb\"\"\"", .text("a\nb")), ("[]", .array([])),
            ("[1, 2,]", .array([.integer(1), .integer(2)])),
            ("[ # one\n [1], # two\n\n ['x']\n]", .array([.array([.integer(1)]), .array([.text("x")])])),
            ("{}", .table([:])), ("{ a.b = 1, c = 2 }", .table(["a": .table(["b": .integer(1)]), "c": .integer(2)])),
        ] as [(String, ConfigurationValue)]
    )
    func values(text: String, value: ConfigurationValue) throws {
        #expect(try TOMLDocument.read("key = \(text) # comment") == .table(["key": value]))
        #expect(try TOMLDocument.read("key=\(text)\r\n") == .table(["key": value]))
    }

    @Test("keys are bare, quoted and dotted, tables open each other")
    func tables() throws {
        let document = """
            a.b."c d" = 1
            a.'e' = 2
            [t.u]
            x = 1
            [t]
            y = 2
            [[l]]
            n = 1
            [l.in]
            m = 1
            [[l]]
            [[l.deep]]
            """
        #expect(
            try TOMLDocument.read(document)
                == .table([
                    "a": .table(["b": .table(["c d": .integer(1)]), "e": .integer(2)]),
                    "t": .table(["u": .table(["x": .integer(1)]), "y": .integer(2)]),
                    "l": .array([
                        .table(["n": .integer(1), "in": .table(["m": .integer(1)])]),
                        .table(["deep": .array([.table([:])])]),
                    ]),
                ])
        )
    }

    @Test(
        "what TOML forbids is refused",
        arguments: [
            "a", "a =", "= 1", "a = 1 b = 2", "a b = 1", "a. = 1", ".a = 1", "[", "[]", "[a", "[a]]", "[[a]", "[=tls]",
            "[#]", "[ .a]", "[?]", "[[{]]", "[a] x", "a = [1 2]", "a = [,]", "a = [1,,2]", "a = {b = 1,}",
            "a = {\nb = 1}",
            "a = {b}", "a = 01", "a = 1_", "a = _1", "a = 1__2", "a = 1.", "a = .5", "a = 1._5", "a = 1e", "a = 0x",
            "a = 0x_1",
            "a = +0x1", "a = 9223372036854775808", "a = True", "a = yes", "a = 2026-01-01", "a = 07:32:00", "a = \"",
            "a = '",
            "a = \"\\x\"", "a = \"\\u12\"", "a = \"\\uD800\"", "a = \"\\u0000\"", "a = \"\\U00110000\"", "a = \"\n\"",
            "a = '\n'",
            "a = \"\u{1}\"", "a = \"\"\"", "a = \"\"\"x\"\"\"\"\"\"", "a = \"\"\"\\ x\"\"\"", "# \u{1}", "a = 1\r",
            "a = 1\ra",
            "\"\"\"a\"\"\" = 1", "a = 1\na = 2", "a = 1\na.b = 2", "a.b = 1\na = 2", "[a]\n[a]", "[a]\n[[a]]",
            "[[a]]\n[a]",
            "a = {b = 1}\n[a.c]", "a = {b = 1}\na.c = 1", "a = []\n[[a]]", "[a.b]\n[a]\nb.c = 1", "a.b = 1\n[a]",
            "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1",
        ]
    )
    func forbidden(text: String) {
        #expect(throws: TOMLProblem.self) { try TOMLDocument.read(text) }
    }

    @Test("a mistake is told with its line and column")
    func place() throws {
        let error = try #require(throws: TOMLProblem.self) { try TOMLDocument.read("a = 1\n\n  b = oops\n") }
        #expect(error == TOMLProblem(line: 3, column: 7, text: "no value: text stands in quotation marks"))
    }

    @Test("random characters of its grammar are read or refused, never a trap")
    func fuzz() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array("ab.\"'\\[]{}=,#\n\r\t 01_+-eux".utf8)
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 1...24, using: &generator)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &generator)]
            }
            _ = try? TOMLDocument.read(String(decoding: text, as: UTF8.self))
        }
    }
}
