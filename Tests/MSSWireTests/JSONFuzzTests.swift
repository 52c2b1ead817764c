import MSSCore
import MSSTestSupport
import Testing

@_spi(Octets) @testable import MSSWire

@Suite("Spoilt JSON")
struct JSONFuzzTests {
    private static let vectors = ["shell", "java", "java-status", "laverca-rest", "kiuru-ra", "receipt"]

    private func take(_ octets: [UInt8]) -> Bool { (try? WrittenJSON.reader.request(octets)) != nil }

    @Test("a request that was cut off anywhere is refused", arguments: vectors)
    func truncation(_ name: String) throws {
        let octets = try WrittenJSON.vector(name)
        #expect(take(octets))
        let end = (octets.lastIndex(of: UInt8(ascii: "}")) ?? 0) + 1
        for length in 0..<end { #expect(!take(Array(octets[..<length])), "\(length)") }
    }

    @Test("every flipped bit is refused or makes another request, and nothing else", arguments: vectors)
    func bitFlips(_ name: String) throws {
        let flipped = DamagedOctets.bitFlips(of: try WrittenJSON.vector(name))
        let taken = flipped.count { take($0) }
        // Within a text a flipped bit makes another text; the rest must be noticed.
        #expect(taken > 0 && taken < flipped.count * 4 / 5)
    }

    @Test("octets changed, cut out, doubled and put in never stop the reader", arguments: vectors)
    func damage(_ name: String) throws {
        let octets = try WrittenJSON.vector(name)
        var generator = DamagedOctets(seed: 8259)
        // What is taken goes on to the home as the same request.
        for _ in 0..<2_000 { #expect(RequestOctets.json(generator.like(octets)) != .changed) }
    }

    @Test("random marks never stop the reader")
    func marks() {
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "D800", "\\uDC00", "null", "true", "1e9", "-", " ", "ä",
            "\u{0}",
            "\"MSS_SignatureReq\":", "\"AP_Info\":", "\u{FFFF}", "//",
        ]
        var generator = DamagedOctets(seed: 7)
        for _ in 0..<5_000 {
            var text = Bool.random(using: &generator) ? "{\"MSS_SignatureReq\":{" : ""
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                text += pieces.randomElement(using: &generator) ?? ""
            }
            #expect(!take(Array(text.utf8)))
        }
    }
}
