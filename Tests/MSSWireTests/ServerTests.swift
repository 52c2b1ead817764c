import AsyncHTTPClient
import MSSCore
import MSSTestSupport
import NIOCore
import NIOHTTP1
import Testing

@testable import MSSWire

@Suite("The listener")
struct ServerTests {
    private let pki: WirePKI
    private let caller: PlainCaller

    init() throws {
        pki = try WirePKI()
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        caller = try PlainCaller(provider, trusting: pki.mesh)
    }

    private func edge(_ service: ScriptedService = ScriptedService()) throws -> ServerFixture {
        ServerFixture(.edge, try pki.listener(trusting: pki.providers), service)
    }

    private static func once(_ buffer: ByteBuffer) -> AsyncStream<ByteBuffer> {
        AsyncStream { source in
            source.yield(buffer)
            source.finish()
        }
    }

    @Test(
        "answers what is no request with the status that says why",
        arguments: [
            (HTTPMethod.GET, "/soap/services/MSS_SignaturePort", ["Content-Type": "text/xml"], UInt(405)),
            (.POST, "/soap/services/MSS_SignaturePort/", ["Content-Type": "text/xml"], 404),
            (.POST, "/soap/services/MSS_NotificationPort", ["Content-Type": "text/xml"], 404),
            (.POST, "/", ["Content-Type": "text/xml"], 404),
            (.POST, "/soap/services/MSS_SignaturePort", [:], 415),
            (.POST, "/soap/services/MSS_SignaturePort", ["Content-Type": "application/json"], 415),
            (.POST, "/soap/services/MSS_SignaturePort", ["Content-Type": "text/xml", "Content-Encoding": "gzip"], 415),
            (
                .POST, "/soap/services/MSS_SignaturePort", ["Content-Type": "text/xml", "Content-Encoding": "UTF-8"],
                200
            ),
            (.POST, "/soap/services/MSS_SignaturePort", ["Content-Type": "TEXT/XML;charset=utf-8"], 200),
            (.POST, "/soap/services/MSS_SignaturePort", ["Content-Type": "application/xml"], 200),
        ] as [(HTTPMethod, String, [String: String], UInt)]
    )
    func statuses(_ method: HTTPMethod, _ path: String, _ headers: [String: String], _ status: UInt) async throws {
        let answer = try await edge().run { port in
            var request = PlainCaller.request(port)
            request.url = "https://127.0.0.1:\(port)\(path)"
            request.method = method
            request.headers = HTTPHeaders(headers.map { ($0.key, $0.value) })
            if method == .GET { request.body = nil }
            return try await caller.connect { try await PlainCaller.answer(to: request, on: $0) }
        }
        #expect(answer.status == status)
        if status == 405 { #expect(answer.headers.first(name: "Allow") == "POST") }
    }

    @Test("a fault is HTTP 500 with the envelope of the request's SOAP version")
    func faults() async throws {
        let edge = try edge(
            ScriptedService { _, _ throws(MSSFault) in
                throw MSSFault(.userCancel, "The user said no.", cause: "an inner matter")
            }
        )
        let soap11 = Array(
            String(decoding: PlainCaller.envelope(), as: UTF8.self)
                .replacing("http://www.w3.org/2003/05/soap-envelope", with: "http://schemas.xmlsoap.org/soap/envelope/")
                .utf8
        )
        let (first, second) = try await edge.run { port in
            (try await caller.post(port), try await caller.post(port, .signature, soap11))
        }
        #expect(first.status == 500)
        #expect(first.headers.first(name: "Content-Type") == "application/soap+xml; charset=utf-8")
        #expect(first.text.contains("mss:_401") && first.text.contains("The user said no."))
        #expect(!first.text.contains("inner matter"))
        #expect(second.status == 500)
        #expect(second.headers.first(name: "Content-Type") == "text/xml; charset=utf-8")
        #expect(second.text.contains("<faultcode>mss:_401"))
    }

    @Test("what is no XML, another port's operation and an empty body get faults, and the next request is served")
    func nonsense() async throws {
        let edge = try edge()
        try await edge.run { port in
            try await caller.connect { client in
                let bodies: [[UInt8]] = [
                    [], Array("hello".utf8), [0, 0xFF], Array(PlainCaller.envelope().dropLast(9)),
                ]
                for body in bodies {
                    let answer = try await PlainCaller.answer(
                        to: PlainCaller.request(port, .signature, body),
                        on: client
                    )
                    #expect(answer.status == 500)
                    #expect(answer.text.contains("mss:_101"))
                }
                let other = try await PlainCaller.answer(to: PlainCaller.request(port, .status), on: client)
                #expect(other.text.contains("mss:_101"))
                let good = try await PlainCaller.answer(to: PlainCaller.request(port), on: client)
                #expect(good.status == 200)
            }
        }
        #expect(edge.service.calls.count == 1)
    }

    @Test("a body of 10 MB is refused at once, announced or not, and the next request is served")
    func tooLong() async throws {
        let edge = try edge()
        let long = ByteBuffer(repeating: 0x20, count: 10 << 20)
        try await edge.run { port in
            for isAnnounced in [true, false] {
                let began = ContinuousClock.now
                var request = PlainCaller.request(port)
                request.body = isAnnounced ? .bytes(long) : .stream(Self.once(long), length: .unknown)
                let answer = try? await caller.connect { [request] in
                    try await PlainCaller.answer(to: request, on: $0)
                }
                // A client that goes on writing may lose the answer with the connection; it is served no more.
                #expect(answer == nil || answer?.status == 413)
                #expect(ContinuousClock.now - began < .seconds(10))
                let next = try await caller.post(port)
                #expect(next.status == 200)
            }
        }
        #expect(edge.tally.count(of: "wire_refused{reason=too_long}") == 2)
        #expect(edge.service.calls.count == 2)
    }

    @Test("a body that does not come to its end is cut")
    func slowBody() async throws {
        var edge = try edge()
        edge.settings.limits.bodyTime = .seconds(1)
        try await edge.run { port in
            let (chunks, source) = AsyncStream<ByteBuffer>.makeStream()
            source.yield(ByteBuffer(string: "<a>"))
            var request = PlainCaller.request(port)
            request.body = .stream(chunks, length: .unknown)
            let answer = try? await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
            #expect(answer?.status != 200)
            source.finish()
            let next = try await caller.post(port)
            #expect(next.status == 200)
        }
        #expect(edge.tally.count(of: "wire_refused{reason=slow_body}") == 1)
    }

    @Test("a connection without a handshake, or with half a request's head, is closed")
    func slowHead() async throws {
        var edge = try edge()
        edge.settings.limits.headTime = .seconds(2)
        let configuration = caller.configuration
        try await edge.run { port in
            let silent = try await RawConnection.open(port, tls: nil)
            let half = try await RawConnection.open(port, tls: configuration)
            try? await half.writeAndFlush(ByteBuffer(string: "POST /soap/services/MSS_Sign"))
            try await silent.closeFuture.get()
            try await half.closeFuture.get()
            let next = try await caller.post(port)
            #expect(next.status == 200)
        }
        #expect(edge.tally.count(of: "wire_refused{reason=slow_head}") == 2)
    }

    @Test("too long a head is refused")
    func longHead() async throws {
        let edge = try edge()
        let answer = try await edge.run { port in
            var request = PlainCaller.request(port)
            request.headers.add(name: "X-Long", value: String(repeating: "x", count: 20_000))
            return try? await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
        }
        #expect(answer?.status != 200)
        #expect(edge.service.calls.isEmpty)
    }

    @Test("beyond the requests at a time a caller is told to come again")
    func busy() async throws {
        let (begun, began) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let service = ScriptedService { request, _ in
            began.yield()
            for await _ in released { break }
            return ScriptedService.signed(request)
        }
        var edge = try edge(service)
        edge.settings.limits.requests = 1
        try await edge.run { port in
            async let first = caller.post(port)
            for await _ in begun { break }
            let second = try await caller.post(port)
            #expect(second.status == 503)
            release.yield()
            let released = try await first
            #expect(released.status == 200)
        }
        #expect(edge.tally.count(of: "wire_refused{reason=busy}") == 1)
    }

    @Test("a port that is taken ends the start with one line")
    func portTaken() async throws {
        try await edge().run { port in
            var second = try edge()
            second.settings.port = port
            var line: String?
            do { try await second.run { _ in } } catch { line = (error as? ListenError)?.description }
            let ending = "is in use: stop what listens there, or choose another port"
            #expect(line == "listen: 127.0.0.1:\(port) \(ending)")
        }
    }
}
