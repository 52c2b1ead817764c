import AsyncHTTPClient
import MSSCore
import MSSTestSupport
import NIOHTTP1
import Testing

@testable import MSSWire

@Suite("A caller's trace")
struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    private func read(_ text: String) -> String? { TraceContext.trace(text)?.description }

    @Test(
        "is read in this version and later ones",
        arguments: [
            "00-\(trace)-00f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902b7-00",
            "cc-\(trace)-00f067aa0ba902b7-01-more",
        ]
    )
    func read(good text: String) throws {
        #expect(read(text) == Self.trace)
    }

    @Test(
        "counts as none if it is not as the recommendation has it",
        arguments: [
            "", "-", "---", trace, "00-\(trace)-00f067aa0ba902b7", "00-\(trace)-00f067aa0ba902b7-1",
            "00-\(trace)-00f067aa0ba902b7-01-more", "ff-\(trace)-00f067aa0ba902b7-01",
            "00-\(trace.uppercased())-00f067aa0ba902b7-01", "00-\(trace)-0000000000000000-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-\(trace)0-00f067aa0ba902b7-01",
            "00-\(trace)-00f067aa0ba902b7-0g", "00-\(trace.dropLast())\u{E4}-00f067aa0ba902b7-01",
            "cc-\(trace)-00f067aa0ba902b7-01" + String(repeating: "-x", count: 200),
        ]
    )
    func read(bad text: String) throws {
        #expect(read(text) == nil)
    }

    @Test("is the request's in service, answer and log; inside the mesh another service's word counts")
    func carried() async throws {
        let pki = try WirePKI()
        let sent = "00-\(Self.trace)-00f067aa0ba902b7-01"
        for profile in [TLSProfile.edge, .mesh] {
            let authority = profile == .edge ? pki.providers : pki.mesh
            let fixture = ServerFixture(profile, try pki.listener(trusting: authority))
            let own = try authority.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
            let caller = try PlainCaller(own, trusting: pki.mesh)
            let answer = try await fixture.run { port in
                var request = PlainCaller.request(port)
                request.headers.add(name: "traceparent", value: sent)
                return try await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
            }
            #expect(answer.status == 200)
            let trace = try #require(fixture.service.calls.first?.trace.description)
            #expect((trace == Self.trace) == (profile == .edge))
            let told = try #require(answer.headers.first(name: "traceresponse"))
            #expect(told.hasPrefix("00-\(trace)-") && told != sent && told.utf8.count == 55)
            #expect(fixture.log.lines.contains { $0.contains(trace) })
        }
    }
}
