import Foundation
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@testable import MSSWire

/// A session that OpenSSL keeps and brings again: what it was once let in for gives it nothing.
@Suite("A session of TLS that is brought again")
struct ResumptionTests {
    private static let request = Data("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)

    private let pki: WirePKI
    private let folder: TemporaryFolder

    init() throws {
        pki = try WirePKI()
        folder = try TemporaryFolder()
        let caller = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client])
        for (name, octets) in [
            ("caller.pem", caller.certificate), ("caller.key", caller.key), ("ca.pem", pki.mesh.pem),
        ] {
            try Data(octets).write(to: folder.url.appending(path: name))
        }
    }

    private func path(_ name: String) -> String { folder.url.appending(path: name).path }

    /// What OpenSSL says of a connection and of what it was answered there.
    private func connect(_ port: Int, _ version: String, _ session: [String]) async throws -> String {
        let arguments = [
            "30", "openssl", "s_client", "-connect", "127.0.0.1:\(port)", version, "-ign_eof", "-cert",
            path("caller.pem"),
            "-key", path("caller.key"), "-CAfile", path("ca.pem"),
        ]
        return try await Command.run("timeout", arguments + session, input: Self.request).text
    }

    /// The status of the answer, if there was one.
    private func status(_ port: Int, _ version: String, _ session: [String]) async throws -> String? {
        let said = try await connect(port, version, session)
        return said.firstRange(of: "HTTP/1.1 ").map { String(said[$0.upperBound...].prefix(3)) }
    }

    @Test("is looked at as any other is", arguments: ["-tls1_2", "-tls1_3"])
    func expired(_ version: String) async throws {
        let isLater = Atomic(false)
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        edge.settings.now = { Date().addingTimeInterval(isLater.load(ordering: .relaxed) ? 7_200 : 0) }
        let statuses = try await edge.run { port in
            let first = try await status(port, version, ["-sess_out", path("session")])
            let again = try await status(port, version, ["-sess_in", path("session")])
            // Their certificate has ended meanwhile.
            isLater.store(true, ordering: .relaxed)
            return [first, again, try await status(port, version, ["-sess_in", path("session")])]
        }
        #expect(statuses == ["404", "404", "403"])
    }

    @Test("is over when the listener's credential is another", arguments: ["-tls1_2", "-tls1_3"])
    func exchanged(_ version: String) async throws {
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        try await edge.run { port in
            #expect(try await status(port, version, ["-sess_out", path("session")]) == "404")
            // The root of the callers is trusted no more.
            edge.settings.tls.exchange(for: try pki.listener(trusting: try TestAuthority("others")))
            let said = try await connect(port, version, ["-sess_in", path("session")])
            #expect(!said.contains("HTTP/1.1") && !said.contains("Reused"), "\(said)")
        }
    }
}
