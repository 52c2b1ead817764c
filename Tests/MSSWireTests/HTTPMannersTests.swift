import MSSCore
import MSSTestSupport
import NIOCore
import NIOSSL
import Testing

@testable import MSSWire

/// HTTP/1 as clients in the field speak it: what each of them does, and the tests of it.
///
/// | what clients do | here |
/// |---|---|
/// | laverca: a chunked body, a pool of kept connections | `chunked`, `pipelined` |
/// | laverca: `SOAPAction: "#MSS_Signature"`, `Accept-Encoding: gzip,deflate` | `headers` |
/// | shell: `text/xml` around a SOAP 1.2 envelope, `Accept: application/xml`, a connection a call | `headers`, `endsConnection` |
/// | shell: white space before the XML declaration, an unknown encodingStyle | `margin`; SOAPClientShapeTests.signature |
/// | JAX-WS: `Accept: application/soap+xml, multipart/related`, kept connections | `headers`, `pipelined` |
/// | a JSON client's `Content-Encoding: UTF-8` | ServerTests.statuses |
/// | .NET, libcurl before 7.84: `Expect: 100-continue` | `waits`, `waitsInVain`, `doesNotWait` |
/// | ab, old proxies and health checks: HTTP/1.0 | `oldVersion`, `oldVersionKept` |
/// | monitors: HEAD, GET, OPTIONS | `otherMethods` |
/// | envelopes: SOAP 1.1 and 1.2, wrappers and messages qualified or not, prefixes, attribute order, single quotes, unused declarations, an empty header, white space between elements, references | SOAPClientShapeTests.signature |
/// | a header block that nobody here knows; one that must be understood | SOAPReaderTests |
/// | a status query with MobileUser, a version of 1.2, other namespaces' services | SOAPClientShapeTests.status, .version, .services |
/// | paths of other deployments, no redirect followed | PathTests |
/// | TLS 1.2 alone | TLSTests |
///
/// | what clients need of an answer | here |
/// |---|---|
/// | the wrapper's namespace and the message's qualification as they were sent | SOAPClientShapeTests.signature |
/// | one line, literal prefixes, base64 unbroken, the number as it was sent | SOAPClientShapeTests.literalPrefixes, .signature |
/// | the content type of the envelope's version, a length, no compression | `headers`; ServerTests.faults |
/// | faults with status 500, in the request's version | ServerTests.faults, SOAPFaultTests |
@Suite("The manners of HTTP")
struct HTTPMannersTests {
    private let pki: WirePKI
    private let tls: TLSConfiguration
    private static let path = "/soap/services/MSS_SignaturePort"

    init() throws {
        pki = try WirePKI()
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        tls = try PlainCaller(provider, trusting: pki.mesh).configuration
    }

    /// Talks to a listener; whoever waits there for what never comes is cut off after some seconds.
    private func talk(
        _ body: (RawExchange) async throws -> Void,
        _ check: (ServerFixture) -> Void = { _ in }
    ) async throws {
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        (edge.settings.limits.bodyTime, edge.settings.limits.idleTime) = (.seconds(5), .seconds(8))
        try await edge.run { port in
            let exchange = try await RawExchange(port, tls)
            try await body(exchange)
            try await exchange.close()
        }
        check(edge)
    }

    private func envelope(_ name: String = "T1") -> String {
        var request = Sample.signature()
        request.header.apInfo.transID = name
        return Written.text(PlainCaller.envelope(request))
    }

    /// A request's head; `more` are its other lines.
    private func head(_ length: Int?, _ version: String, _ more: [String]) -> String {
        let framing = length.map { "Content-Length: \($0)" }
        let lines = ["Host: localhost", "Content-Type: text/xml;charset=utf-8"] + [framing].compactMap { $0 } + more
        return "POST \(Self.path) \(version)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    private func request(_ envelope: String, _ version: String = "HTTP/1.1", _ more: String...) -> String {
        head(envelope.utf8.count, version, more) + envelope
    }

    @Test("a caller that waits to be asked for its body is asked, once it is let in")
    func waits() async throws {
        let envelope = envelope()
        try await talk { exchange in
            for _ in 0..<2 {
                try await exchange.send(head(envelope.utf8.count, "HTTP/1.1", ["Expect: 100-Continue"]))
                let asked = try #require(await exchange.answer())
                #expect(asked.status == 100)
                #expect(asked.headers.isEmpty)
                try await exchange.send(envelope)
                #expect(await exchange.answer()?.status == 200)
            }
        }
    }

    @Test("one that is refused is not asked, hears why, and has its connection closed")
    func waitsInVain() async throws {
        try await talk { exchange in
            let head = head(10, "HTTP/1.1", ["Expect: 100-continue"]).replacing("text/xml", with: "text/csv")
            try await exchange.send(head)
            let answer = try #require(await exchange.answer())
            #expect(answer.status == 415)
            #expect(answer.headers["connection"] == "close")
            #expect(await exchange.isOver())
        }
    }

    @Test("one that does not wait after all is served all the same")
    func doesNotWait() async throws {
        try await talk { exchange in
            try await exchange.send(request(envelope(), "HTTP/1.1", "Expect: 100-continue"))
            var answer = await exchange.answer()
            if answer?.status == 100 { answer = await exchange.answer() }
            #expect(answer?.status == 200)
        }
    }

    @Test("HTTP/1.0 is answered with a length and the connection's end, and never asked for a body")
    func oldVersion() async throws {
        let envelope = envelope()
        try await talk { exchange in
            try await exchange.send(head(envelope.utf8.count, "HTTP/1.0", ["Expect: 100-continue"]) + envelope)
            let answer = try #require(await exchange.answer())
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == "close")
            #expect(answer.headers["content-length"] != nil && answer.headers["transfer-encoding"] == nil)
            #expect(await exchange.isOver())
        }
    }

    @Test("HTTP/1.0 that asks to keep its connection keeps it")
    func oldVersionKept() async throws {
        try await talk { exchange in
            for _ in 0..<3 {
                try await exchange.send(request(envelope(), "HTTP/1.0", "Connection: Keep-Alive"))
                let answer = try #require(await exchange.answer())
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "keep-alive")
            }
        }
    }

    @Test(
        "a caller that will not keep its connection is told that it ends, and it does",
        arguments: ["close", "Close"]
    )
    func endsConnection(_ word: String) async throws {
        try await talk { exchange in
            try await exchange.send(request(envelope(), "HTTP/1.1", "Connection: \(word)"))
            let answer = try #require(await exchange.answer())
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == "close")
            #expect(await exchange.isOver())
        }
    }

    @Test("a body in chunks of any size is taken, and the next request is served")
    func chunked() async throws {
        let envelope = envelope()
        try await talk { exchange in
            for size in [1_000_000, 100, 1] {
                var body = ""
                var left = Substring(envelope)
                while !left.isEmpty {
                    let piece = left.prefix(size)
                    body += String(piece.utf8.count, radix: 16) + ";x=y\r\n" + piece + "\r\n"
                    left = left.dropFirst(size)
                }
                try await exchange.send(
                    head(nil, "HTTP/1.1", ["Transfer-Encoding: chunked"]) + body + "0\r\nX-Trailer: z\r\n\r\n"
                )
                #expect(await exchange.answer()?.status == 200)
            }
        }
    }

    @Test("requests sent ahead are answered one after another, in their order")
    func pipelined() async throws {
        try await talk { exchange in
            let names = (1...5).map { "T\($0)" }
            try await exchange.send(names.map { request(envelope($0)) }.joined())
            for name in names {
                let answer = try #require(await exchange.answer())
                #expect(answer.status == 200)
                #expect(answer.body.contains(#"AP_TransID="\#(name)""#))
            }
        } _: { edge in
            #expect(edge.service.calls.count == 5)
        }
    }

    @Test("other methods are told the one there is; HEAD gets no body, and the next request is served")
    func otherMethods() async throws {
        try await talk { exchange in
            for method in ["HEAD", "GET", "OPTIONS", "PUT", "DELETE"] {
                try await exchange.send("\(method) \(Self.path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let answer = try #require(await exchange.answer(hasBody: method != "HEAD"))
                #expect(answer.status == 405, "\(method)")
                #expect(answer.headers["allow"] == "POST", "\(method)")
            }
            try await exchange.send("HEAD /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await exchange.answer(hasBody: false)?.status == 404)
            try await exchange.send(request(envelope()))
            #expect(await exchange.answer()?.status == 200)
        }
    }

    @Test("what a client says of its wishes and of the action changes nothing")
    func headers() async throws {
        try await talk { exchange in
            try await exchange.send(
                request(
                    envelope(),
                    "HTTP/1.1",
                    "Accept-Encoding: gzip,deflate",
                    "Accept: application/soap+xml, multipart/related",
                    "SOAPAction: \"#MSS_Receipt\"",
                    "User-Agent: Axis/1.4"
                )
            )
            let answer = try #require(await exchange.answer())
            #expect(answer.status == 200)
            #expect(answer.headers["content-encoding"] == nil && answer.headers["transfer-encoding"] == nil)
            #expect(answer.headers["content-type"] == "application/soap+xml; charset=utf-8")
            #expect(answer.body.utf8.count == answer.headers["content-length"].flatMap { Int($0) })
        }
    }

    @Test("who sends a body of unknown length where none is read has the connection closed")
    func unreadBody() async throws {
        try await talk { exchange in
            let head = "GET \(Self.path)?wsdl HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            try await exchange.send(head + "1\r\nx\r\n")
            let answer = try #require(await exchange.answer())
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == "close")
            #expect(await exchange.isOver())
        }
    }

    @Test("one that ends its connection gets its answer before all of its body has come")
    func endsEarly() async throws {
        try await talk { exchange in
            let head = head(200_000, "HTTP/1.1", ["Connection: close"])
            try await exchange.send(head + String(repeating: " ", count: 50_000))
            #expect(await exchange.answer()?.status == 413)
            #expect(await exchange.isOver())
        }
    }

    @Test("white space before the XML declaration is passed over", arguments: [" ", "\n\n  ", "\r\n\t"])
    func margin(_ margin: String) async throws {
        let envelope = margin + Written.text(try Written.vector("shell"))
        try await talk { exchange in
            try await exchange.send(request(envelope))
            #expect(await exchange.answer()?.status == 200)
        }
    }
}
