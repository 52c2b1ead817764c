import MSSCore
import MSSTestSupport
import Testing

@_spi(Octets) @testable import MSSWire

@Suite("Spoilt messages")
struct CodecFuzzTests {
    private static let vectors = ["laverca", "shell", "jax-ws", "jax-ws-status", "axis11", "typescript"]

    /// All that the wire does with octets of a stranger: it may throw, nothing else.
    private func take(_ octets: [UInt8]) -> Bool {
        guard let request = try? SOAPReader.request(octets) else { return false }
        return (try? WireServices.decode(request)) != nil
    }

    @Test("a request that was cut off anywhere is refused", arguments: vectors)
    func truncation(_ name: String) throws {
        let octets = try Written.vector(name)
        #expect(take(octets))
        let end = (octets.lastIndex(of: UInt8(ascii: ">")) ?? 0) + 1
        for length in 0..<end { #expect(!take(Array(octets[..<length])), "\(length)") }
    }

    @Test("flipped bits, lost and doubled octets never stop the reader", arguments: vectors)
    func noise(_ name: String) throws {
        let octets = try Written.vector(name)
        var generator = SeededGenerator(seed: 204)
        var taken = 0
        for _ in 0..<1_500 {
            var spoilt = octets
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<spoilt.count, using: &generator)
                switch UInt8.random(in: 0..<4, using: &generator) {
                case 0: spoilt.remove(at: index)
                case 1: spoilt.insert(spoilt[index], at: index)
                default: spoilt[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                }
            }
            // What is taken goes on as the same request, and every answer can be read.
            let outcome = RequestOctets.soap(spoilt)
            #expect(outcome != .changed, "\(Written.text(spoilt))")
            if outcome == .taken { taken += 1 }
        }
        // A flipped bit within a text makes another text; most others must be noticed.
        #expect(taken > 0 && taken < 1_000)
    }

    @Test("random mark-up never stops the reader")
    func markup() {
        let pieces = [
            "<", ">", "</", "/>", "<a", "a", "=", "\"", "'", "&", ";", "&#", "&#x", "<!--", "-->", "<![CDATA[", "]]>",
            "<?",
            "?>", "<!DOCTYPE", "xmlns", "xmlns:", ":", "mss:", " ", "é", "\u{FFFF}", "\u{0}", Namespace.mss, "<s:Body>",
        ]
        var generator = SeededGenerator(seed: 7)
        let start = "<s:Envelope xmlns:s=\"\(Namespace.soap12)\"><s:Body><MSS_Signature>"
        for _ in 0..<5_000 {
            var text = Bool.random(using: &generator) ? start : ""
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                text += pieces.randomElement(using: &generator) ?? ""
            }
            #expect(!take(Array(text.utf8)))
        }
    }

    @Test("spoilt answers of another service never stop the client")
    func answers() {
        let answers = [
            SignatureCodec.encodeResponse(Written.response(), .plain),
            StatusCodec.encodeResponse(Written.status(), .plain),
            FaultCodec.encode(MSSFault(.userCancel, "x", specifier: 4011), .plain, trace: Written.trace, inMesh: true),
        ]
        var generator = SeededGenerator(seed: 205)
        for answer in answers {
            for _ in 0..<1_000 {
                var spoilt = answer
                spoilt[Int.random(in: 0..<spoilt.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
                for operation in [WireOperation.signature, .status] {
                    guard case .message(let message, let document)? = try? SOAPReader.response(spoilt, to: operation)
                    else { continue }
                    _ = try? SignatureCodec.decodeResponse(message)
                    _ = try? StatusCodec.decodeResponse(message)
                    withExtendedLifetime(document) {}
                }
            }
        }
    }
}
