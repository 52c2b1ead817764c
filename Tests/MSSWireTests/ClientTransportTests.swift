import AsyncHTTPClient
import MSSCore
import MSSTestSupport
import NIOCore
import NIOSSL
import Testing

@testable import MSSWire

/// How each client in the field connects and frames its requests; what is in them, SOAPClientShapeTests and
/// JSONReaderTests have.
@Suite("Connections as real clients make them")
struct ClientTransportTests {
    private let pki: WirePKI

    init() throws {
        pki = try WirePKI()
    }

    /// One client's manner of connecting.
    struct Client: Sendable, CustomTestStringConvertible {
        var name: String
        var versions: [TLSVersion]
        var vector: String
        var path = "/soap/services/MSS_SignaturePort"
        /// Its head's lines, but for Host and framing.
        var lines: [String]
        var isChunked = false
        /// On one connection.
        var requests = 2
        var answered = "application/soap+xml; charset=utf-8"
        var testDescription: String { name }

        static let all = [
            Client(
                name: "laverca",
                versions: [.tlsv12],
                vector: "laverca",
                lines: [
                    "Content-Type: application/soap+xml; charset=UTF-8", "SOAPAction: \"#MSS_Signature\"",
                    "Connection: Keep-Alive", "User-Agent: Axis/1.4", "Accept-Encoding: gzip,deflate",
                ],
                isChunked: true
            ),
            Client(
                name: "Swisscom's shell",
                versions: [.tlsv12, .tlsv13],
                vector: "shell",
                lines: ["User-Agent: curl/7.29.0", "Accept: application/xml", "Content-Type: text/xml;charset=utf-8"],
                requests: 1
            ),
            Client(
                name: "mobileid-client-java in SOAP",
                versions: [.tlsv12],
                vector: "jax-ws",
                lines: [
                    "Accept: application/soap+xml, multipart/related",
                    "Content-Type: application/soap+xml; charset=utf-8", "User-Agent: Metro/2.4",
                    "Connection: keep-alive",
                ]
            ),
            Client(
                name: "mobileid-client-java in JSON",
                versions: [.tlsv12, .tlsv13],
                vector: "java",
                path: "/rest/service",
                lines: [
                    "Accept-Encoding: gzip, x-gzip, deflate", "Content-Encoding: UTF-8",
                    "Content-Type: application/json;charset=utf-8", "Connection: keep-alive",
                    "User-Agent: Apache-HttpClient/5.2",
                ],
                answered: "application/json; charset=utf-8"
            ),
            Client(
                name: "PHP's curl",
                versions: [.tlsv12, .tlsv13],
                vector: "php-helper",
                lines: [
                    "Accept: */*", "Content-Type: text/xml", "SOAPAction: \"#MSS_Signature\"", "Expect: 100-continue",
                ],
                requests: 1
            ),
            Client(
                name: "WCF",
                versions: [.tlsv12],
                vector: "wcf",
                lines: [
                    "Content-Type: text/xml; charset=utf-8", "SOAPAction: \"\"", "Accept-Encoding: gzip, deflate",
                    "Connection: Keep-Alive",
                ],
                answered: "text/xml; charset=utf-8"
            ),
            Client(
                name: "a toolkit that names the action and capitals",
                versions: [.tlsv13],
                vector: "default-namespace",
                lines: [
                    "content-type: Application/SOAP+XML;charset=\"UTF-8\";action=\"urn:x\"",
                    "accept: text/html, */*; q=.2",
                ]
            ),
        ]

        func request(_ envelope: String) -> String {
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(envelope.utf8.count)"
            let head = (["POST \(path) HTTP/1.1", "Host: localhost", framing] + lines).map { $0 + "\r\n" }.joined()
            guard isChunked else { return head + "\r\n" + envelope }
            // Its buffer is of 2,048 octets.
            var rest = Array(envelope.utf8)[...]
            var body = ""
            while !rest.isEmpty {
                let piece = rest.prefix(2_048)
                body += String(piece.count, radix: 16) + "\r\n" + String(decoding: piece, as: UTF8.self) + "\r\n"
                rest = rest.dropFirst(2_048)
            }
            return head + "\r\n" + body + "0\r\n\r\n"
        }
    }

    @Test("each is served with its own version of TLS, head and framing, as often as it asks", arguments: Client.all)
    func served(_ client: Client) async throws {
        let octets =
            client.path.hasPrefix("/rest") ? try WrittenJSON.vector(client.vector) : try Written.vector(client.vector)
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        edge.settings.json = JSONBinding()
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        var tls = try PlainCaller(provider, trusting: pki.mesh).configuration
        tls.minimumTLSVersion = try #require(client.versions.first)
        tls.maximumTLSVersion = client.versions.last
        try await edge.run { [tls] port in
            let exchange = try await RawExchange(port, tls)
            for _ in 0..<client.requests {
                try await exchange.send(client.request(Written.text(octets)))
                var answer = await exchange.answer()
                if answer?.status == 100 { answer = await exchange.answer() }
                let told = try #require(answer)
                #expect(told.status == 200, "\(told.body)")
                #expect(told.headers["content-type"] == client.answered)
                #expect(told.headers["content-encoding"] == nil && told.headers["connection"] != "close")
                #expect(told.headers["content-length"].flatMap { Int($0) } == told.body.utf8.count)
            }
            try await exchange.close()
        }
        #expect(edge.service.calls.map(\.peer) == Array(repeating: Sample.ap, count: client.requests))
    }

    @Test("a listener's certificate stands under its CA and is for its host, as all but laverca look it up")
    func serverCertificate() async throws {
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        var caller = try PlainCaller(provider, trusting: pki.mesh)
        caller.configuration.certificateVerification = .fullVerification
        let answer = try await edge.run { [caller] port in
            var request = PlainCaller.request(port)
            request.url = "https://localhost:\(port)/soap/services/MSS_SignaturePort"
            return try await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
        }
        #expect(answer.status == 200)
    }

    @Test("a client without a certificate, as laverca-rest is, gets no further than TLS")
    func noCertificate() async throws {
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        let caller = try PlainCaller(nil, trusting: pki.mesh)
        try await edge.run { port in
            _ = await #expect(throws: (any Error).self) { try await caller.post(port) }
        }
        #expect(edge.service.calls.isEmpty)
    }
}
