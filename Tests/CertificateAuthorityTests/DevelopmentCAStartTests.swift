import Foundation
import MSSTestSupport
import Testing

@Suite("A start of the development CA that cannot be")
struct DevelopmentCAStartTests {
    private let pki: ThrowawayPKI

    init() async throws {
        pki = try await RunningAuthority.makePKI()
    }

    /// Starts it with other options than usual; it must end with status 1 and one line, which is returned.
    private func refusal(_ changes: [String: String]) async throws -> String {
        let process = try RunningAuthority.start(pki, changes)
        #expect(try await process.end() == 1)
        let lines = process.output.split(separator: "\n")
        #expect(lines.count == 1, "\(process.output)")
        return lines.first.map { String($0) } ?? ""
    }

    @Test("a port in use is named")
    func portInUse() async throws {
        let socket = try ListeningSocket(answering: nil)
        let line = try await refusal(["--listen": "127.0.0.1:\(socket.port)"])
        #expect(line.hasPrefix("DevelopmentCA: cannot listen on 127.0.0.1:\(socket.port): "))
        #expect(line.contains("ddress already in use"))
    }

    @Test("a key that others may read is refused", arguments: [0o640, 0o604, 0o660])
    func readableKey(mode: Int) async throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: pki.path("user-ca.key"))
        #expect(try await refusal([:]).hasSuffix("user-ca.key must be a file of this user with mode 0600"))
    }

    @Test(
        "an option that is missing, unknown or unusable is named",
        arguments: [
            ("--state", ""), ("--crl", ""), ("--colour", "red"), ("--listen", "9091"), ("--listen", "127.0.0.1:99999"),
            ("--certificate-days", "0"), ("--certificate-days", "many"), ("--crl", "/nowhere/crl.pem"),
            ("--state", "/nowhere/state"), ("--ca-certificate", "/nowhere/ca.pem"), ("--ca-key", "/nowhere/ca.key"),
            ("--registration-authority-ca", "/dev/null"),
        ]
    )
    func options(name: String, value: String) async throws {
        #expect(try await refusal([name: value]).contains(name))
    }

    @Test("a certificate that is no CA's, and a key of another one, are refused")
    func authority() async throws {
        try await pki.root("another")
        #expect(try await refusal(["--ca-key": pki.path("another.key")]).contains("does not belong"))
        #expect(
            try await refusal(["--ca-key": pki.path("ra.key"), "--ca-certificate": pki.path("ra.pem")])
                .contains("is not a CA's")
        )
    }

    @Test("two of them cannot share a journal")
    func sharedJournal() async throws {
        let first = try await RunningAuthority(pki)
        #expect(try await refusal([:]).hasSuffix("journal is in use by another DevelopmentCA"))
        withExtendedLifetime(first) {}
    }
}
