import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("Connections of one caller")
struct ConnectionLimitTests {
    /// What a request for nothing is answered: 404 by a listener that takes the connection.
    private func ask(_ connection: RawExchange) async throws -> Int? {
        try await connection.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        return await connection.answer()?.status
    }

    @Test("beyond the limit are answered and closed, and stand in nobody's way; one that is closed makes room")
    func limited() async throws {
        let pki = try WirePKI()
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        edge.settings.limits.connectionsOfCaller = 2
        func caller(_ uri: String) throws -> TLSMaterial {
            try pki.providers.issue(uris: [uri], for: [.client]).material(trusting: pki.mesh)
        }
        let (own, other) = (try caller(Sample.ap.uri), try caller("urn:mssp:test:other"))
        try await edge.run { port in
            func open(_ material: TLSMaterial) async throws -> RawExchange {
                try await RawExchange(port, TLSProfile.mesh.client(material))
            }
            let (first, second, third) = (try await open(own), try await open(own), try await open(own))
            #expect(try await ask(first) == 404)
            #expect(try await ask(second) == 404)
            try await third.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            let refused = await third.answer()
            #expect(refused?.status == 503 && refused?.headers["connection"] == "close", "\(refused?.body ?? "-")")
            #expect(await third.isOver())
            // Those that are open go on, and so does another caller.
            #expect(try await ask(first) == 404)
            let stranger = try await open(other)
            #expect(try await ask(stranger) == 404)
            try await second.close()
            for _ in 0..<100 {
                let again = try await open(own)
                let status = try await ask(again)
                try await again.close()
                if status == 404 { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("a closed connection still counts")
        }
        #expect(edge.tally.count(of: "wire_refused{reason=connections}") >= 1)
    }
}
