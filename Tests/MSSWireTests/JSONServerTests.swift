import AsyncHTTPClient
import Foundation
import MSSCore
import MSSTestSupport
import NIOCore
import NIOHTTP1
import Testing

@testable import MSSWire

@Suite("The listener's JSON")
struct JSONServerTests {
    private let pki: WirePKI
    private let caller: PlainCaller

    init() throws {
        pki = try WirePKI()
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        caller = try PlainCaller(provider, trusting: pki.mesh)
    }

    private func edge(
        _ binding: JSONBinding? = JSONBinding(),
        gate: PeerGate = .everyone([.signature, .status]),
        _ service: ScriptedService = ScriptedService()
    ) throws -> ServerFixture {
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), gate: gate, service)
        edge.settings.json = binding
        return edge
    }

    private func send(
        _ edge: ServerFixture,
        _ path: String = "/rest/service",
        _ body: [UInt8] = WrittenJSON.signature(),
        method: HTTPMethod = .POST,
        headers: HTTPHeaders = ["Content-Type": "application/json;charset=utf-8", "Content-Encoding": "UTF-8"]
    ) async throws -> PlainCaller.Answer {
        try await edge.run { port in
            var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(path)")
            request.method = method
            request.headers = headers
            if method != .GET { request.body = .bytes(ByteBuffer(bytes: body)) }
            let sent = request
            return try await caller.connect { try await PlainCaller.answer(to: sent, on: $0) }
        }
    }

    @Test("answers at the one path and at each operation's own", arguments: ["/rest/service", "/rest/service/sign"])
    func paths(_ path: String) async throws {
        let edge = try edge()
        let answer = try await send(edge, path)
        #expect(answer.status == 200 && answer.text.hasPrefix(#"{"MSS_SignatureResp":{"AP_Info""#))
        #expect(answer.headers.first(name: "Content-Type") == "application/json; charset=utf-8")
        #expect(edge.service.calls.map(\.peer) == [Sample.ap])
        #expect(edge.tally.count(of: "wire_requests{operation=MSS_Signature,outcome=ok}") == 1)
        #expect(edge.tally.count(of: "wire_json_requests") == 1)
    }

    @Test(
        "answers every operation at its path and at the one path",
        arguments: [
            ("receipt", "MSS_Receipt", #""MobileUser":{},"MSSP_TransID":"h1""#),
            ("profile", "MSS_Profile", #""MobileUser":{}"#), ("cancel", "MSSP_Cancel", #""MSSP_TransID":"h1""#),
            ("fit", "MSSP_Fit", #""DataToBeSigned":{"Data":"x"}"#),
        ]
    )
    func operation(_ path: String, _ name: String, _ members: String) async throws {
        for path in ["/rest/service", "/rest/service/" + path] {
            let edge = try edge(gate: .everyone(Set(JSONReader.operations.values)))
            let answer = try await send(edge, path, WrittenJSON.message(name + "Req", members))
            #expect(answer.status == 200 && answer.text.hasPrefix("{\"\(name)Resp\":"), "\(answer.text)")
        }
    }

    @Test("is not there unless it is offered")
    func off() async throws {
        for path in ["/rest/service", "/rest/service/sign"] {
            #expect(try await send(try edge(nil), path).status == 404)
        }
        #expect(try await send(try edge(nil), "/rest/openapi.json", method: .GET).status == 404)
    }

    @Test(
        "answers what is no request with the status that says why",
        arguments: [
            (HTTPMethod.GET, "/rest/service", "application/json", UInt(405)),
            (.PUT, "/rest/service", "application/json", 405),
            (.POST, "/rest/service/", "application/json", 404), (.POST, "/rest/service/none", "application/json", 404),
            (.POST, "/rest/service", "text/xml", 415), (.POST, "/rest/service", "", 415),
            (.POST, "/rest/openapi.json", "application/json", 405),
        ] as [(HTTPMethod, String, String, UInt)]
    )
    func refusals(_ method: HTTPMethod, _ path: String, _ type: String, _ status: UInt) async throws {
        let answer = try await send(try edge(), path, method: method, headers: ["Content-Type": type])
        #expect(answer.status == status)
        let allowed = path.hasSuffix("json") ? "GET" : "POST"
        if status == 405 { #expect(answer.headers.first(name: "Allow") == allowed) }
    }

    @Test("a path takes its own operation alone, and the gate is asked about the one that is named")
    func operations() async throws {
        let answer = try await send(try edge(), "/rest/service/status")
        #expect(answer.status == 500 && answer.text.contains(#""Value":"_101""#))
        let gated = try edge(gate: .everyone([.status]))
        #expect(try await send(gated).text.contains(#""Value":"_104""#))
        #expect(gated.service.calls.isEmpty)
        #expect(try await send(gated, "/rest/service/sign").status == 403)
    }

    @Test("a fault is 500 unless its provider wants to be told more, and 401 for a stranger")
    func faults() async throws {
        let busy = ScriptedService { _, _ throws(MSSFault) in
            throw MSSFault(.signatureProcess, "Another runs.", cause: "an inner matter", retryAfter: 12)
        }
        let usual = try await send(try edge(JSONBinding(), busy))
        #expect(usual.status == 500 && usual.text.contains("Another runs.") && !usual.text.contains("inner"))
        #expect(usual.headers.first(name: "Retry-After") == nil)
        let precise = try await send(try edge(JSONBinding { $0 == Sample.ap ? .precise : .one }, busy))
        #expect(precise.status == 429 && precise.text == usual.text.replacing(trace(usual), with: trace(precise)))
        #expect(precise.headers.first(name: "Retry-After") == "12")
        let unknown = ScriptedService { _, _ throws(MSSFault) in throw MSSFault(.unauthorizedAccess) }
        let stranger = try await send(try edge(JSONBinding { _ in .stranger }, unknown))
        #expect(stranger.status == 401 && stranger.headers.first(name: "WWW-Authenticate") == "ClientCertificate")
        let spoilt = try await send(try edge(JSONBinding { _ in .precise }), "/rest/service", Array("{".utf8))
        #expect(spoilt.status == 400 && spoilt.text.contains(#""Value":"_101""#))
    }

    private func trace(_ answer: PlainCaller.Answer) -> String {
        answer.text.range(of: #""TraceID":""#).map { String(answer.text[$0.upperBound...].prefix(32)) } ?? ""
    }

    @Test("describes itself: every path is served, every reference leads somewhere")
    func description() async throws {
        let answer = try await send(try edge(), "/rest/openapi.json", method: .GET, headers: [:])
        #expect(answer.status == 200 && answer.headers.first(name: "Content-Type") == "application/json")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any]
        )
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: Any])
        for path in paths.keys { #expect(WirePath(path, offersJSON: true) != nil, "\(path)") }
        #expect(paths.count == JSONReader.operations.count + 2)
        for part in answer.text.split(separator: #""$ref": "#).dropFirst() {
            let name = part.dropFirst().prefix { $0 != "\"" }
            var place: Any? = document
            for step in name.split(separator: "/").dropFirst() { place = (place as? [String: Any])?[String(step)] }
            #expect(place != nil, "\(name)")
        }
    }
}
