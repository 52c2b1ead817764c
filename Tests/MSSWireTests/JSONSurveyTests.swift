import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A first look at JSON")
struct JSONSurveyTests {
    private static func refusal(_ text: String) -> JSONError? {
        do throws(JSONError) { try JSONSurvey.check(Array(text.utf8), .request) } catch { return error }
        return nil
    }

    @Test("what a client may write passes")
    func passes() {
        for text in [
            "{}", #"{"a":[1,-2.5e+3,true,false,null,"x"],"b":{"a":""}}"#,
            " {\n\t\"a\" : \"\\\"\\\\\\/\\n\\r\\t\" } \r\n",
            #"{"a":"\u00e4\uD83D\uDE00\u0009"}"#, "{\"a\":\"ä😀\u{FFFD}\"}", "[[{\"a\":1},{\"a\":1}]]",
            #"{"a":{"a":1},"b":["a","a"]}"#,
        ] { #expect(Self.refusal(text) == nil, "\(text)") }
    }

    @Test("one name twice in an object is refused, however it is written")
    func twice() {
        for text in [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"{"x":[{"a":1,"b":{},"a":1}]}"#, "{\"a/\":1,\"a\\/\":1}",
        ] { #expect(Self.refusal(text) == .twice, "\(text)") }
    }

    @Test("half surrogate pairs and characters that XML has not are refused")
    func characters() {
        for text in [
            #"{"a":"\uD800"}"#, #"{"a":"\uDC00"}"#, #"{"a":"\uD800\u0041"}"#, #"{"a":"\uD800\uD800"}"#,
            #"{"a":"\uD800x"}"#, #"{"a":"\u0000"}"#, #"{"a":"\u001F"}"#, #"{"a":"\b"}"#, #"{"a":"\f"}"#,
            #"{"a":"\uFFFE"}"#, #"{"a":"\uFFFF"}"#, "{\"a\":\"\u{FFFF}\"}", "{\"a\":\"\u{1}\"}", "{\"a\":\"\n\"}",
        ] { #expect(Self.refusal(text) == .character, "\(text)") }
    }

    @Test("every limit holds on the value beyond it and not before")
    func limits() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(Self.refusal(nested(32)) == nil)
        #expect(Self.refusal(nested(33)) == .tooDeep)
        #expect(Self.refusal(String(repeating: "[", count: 131_072)) == .tooDeep)
        func many(_ count: Int) -> String {
            "[" + Array(repeating: "1", count: count - 1).joined(separator: ",") + "]"
        }
        #expect(Self.refusal(many(2_000)) == nil)
        #expect(Self.refusal(many(2_001)) == .tooMany)
        func long(_ count: Int) -> String { "[\"" + String(repeating: "x", count: count) + "\"]" }
        #expect(Self.refusal(long(98_304)) == nil)
        #expect(Self.refusal(long(98_305)) == .tooLong)
        #expect(Self.refusal("[" + String(repeating: " ", count: 131_072)) == .tooLong)
        #expect(Self.refusal("[" + String(repeating: "1", count: 64) + "]") == nil)
        #expect(Self.refusal("[" + String(repeating: "1", count: 65) + "]") == .malformed)
    }

    @Test("what is no UTF-8, or begins with a mark, is refused")
    func encodings() {
        for octets: [UInt8] in [
            [0x22, 0xFF, 0x22], [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], [0xFF, 0xFE, 0x7B, 0x00], [0x00, 0x7B], [0xC0, 0x80],
            [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: JSONError.malformed) { try JSONSurvey.check(octets, .request) }
        }
    }

    @Test("a word that JSON has not is refused also where nobody reads it")
    func words() {
        for word in [
            "NaN", "Infinity", "01", "-", "-01", "+1", ".5", "1.", "1e", "1e+", "0x1", "tru", "True", "nul", "1.5.2",
        ] {
            #expect(Self.refusal("{\"a\":\(word)}") == .malformed, "\(word)")
        }
        for word in ["0", "-0", "10", "1.50", "-1.5E-3", "1e5", "0e+0", "true", "false", "null"] {
            #expect(Self.refusal("{\"a\":\(word)}") == nil, "\(word)")
        }
        #expect(Self.refusal("{\"a\":\"\\x\"}") == .malformed)
    }

    @Test("brackets that do not match, and words that are none, never reach the decoder or are refused by it")
    func malformed() throws {
        for text in [
            "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":tru}", "{\"a\":'x'}",
            "{a:1}", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "[1}", "{", "\"", "{\"a\":\"\\x\"}",
            "{\"a\":1}{}", "{\"a\":1} x", "/**/{}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u+123\"}", "{{}}",
            "{\"a\":1,,\"b\":2}", "",
        ] { #expect(throws: (any Error).self, "\(text)") { try WrittenJSON.reader.request(Array(text.utf8)) } }
    }
}
