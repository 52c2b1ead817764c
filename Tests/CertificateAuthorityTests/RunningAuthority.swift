import CertificateAuthority
import Foundation
import MSSCore
import MSSTestSupport

/// A DevelopmentCA in a process of its own, with a PKI around it: `user-ca` issues, `ops` certified `ra`.
final class RunningAuthority: Sendable {
    static let registrationAuthority = "urn:mssp:test:me"

    let pki: ThrowawayPKI
    let process: RunningProcess
    let port: Int

    /// Makes a PKI and starts the CA on a free port.
    convenience init() async throws {
        try await self.init(try await Self.makePKI())
    }

    /// Starts the CA over a PKI that is there.
    init(_ pki: ThrowawayPKI, _ changes: [String: String] = [:]) async throws {
        self.pki = pki
        process = try Self.start(pki, changes)
        let url = try await process.line(after: "DevelopmentCA listens on ")
        guard let port = URL(string: url)?.port else { throw FixtureFailure(description: url) }
        self.port = port
    }

    static func makePKI() async throws -> ThrowawayPKI {
        let pki = try ThrowawayPKI()
        try await pki.root("user-ca")
        try await pki.root("ops")
        try await pki.certificate("ra", by: "ops", uri: registrationAuthority, purposes: "cmcRA")
        return pki
    }

    /// Starts the process with other options than usual; an empty one is left out.
    static func start(_ pki: ThrowawayPKI, _ changes: [String: String] = [:]) throws -> RunningProcess {
        let usual = [
            "--listen": "127.0.0.1:0", "--ca-certificate": pki.path("user-ca.pem"), "--ca-key": pki.path("user-ca.key"),
            "--registration-authority-ca": pki.path("ops.pem"), "--registration-authority": registrationAuthority,
            "--crl": pki.path("crl.pem"), "--state": pki.path("state"),
        ]
        let options = usual.merging(changes) { $1 }.filter { !$0.value.isEmpty }
        let process = Process()
        process.executableURL = try BuiltProducts.program("DevelopmentCA")
        process.arguments = options.flatMap { [$0.key, $0.value] }
        return try RunningProcess(process)
    }

    /// The client's settings for this CA.
    func settings(as name: String = "ra", authority: String = "user-ca") throws -> CMPSettings {
        CMPSettings(
            url: "http://127.0.0.1:\(port)/cmp",
            raCertificate: try pki.octets("\(name).pem"),
            raKey: try pki.octets("\(name).key"),
            authorityCertificate: try pki.octets("\(authority).pem")
        )
    }

    /// The arguments with which `openssl cmp` asks this CA for a certificate for `user.pub`, stored in `new.pem`.
    func commandLine(_ more: [String]) -> [String] {
        // Of an option that stands twice, openssl takes the last.
        [
            "cmp", "-config", "", "-batch", "-cmd", "cr", "-server", "127.0.0.1:\(port)", "-path", "cmp", "-no_proxy",
            "*",
            "-trusted", "user-ca.pem", "-ignore_keyusage", "-cert", "ra.pem", "-key", "ra.key", "-san_nodefault",
            "-issuer", "/CN=user-ca",
            "-newkey", "user.pub", "-popo", "0", "-subject", "/CN=Maija Meikäläinen/serialNumber=P1",
            "-certout", "new.pem",
        ] + more
    }
}

extension ProvenKey {
    /// A new key on P-256 under a person's name.
    static func sample(_ pki: ThrowawayPKI, name: String = "Maija Meikäläinen", serialNumber: String = "P1")
        async throws
        -> ProvenKey
    {
        ProvenKey(
            publicKey: try await pki.key("user"),
            subject: CertificateSubject(commonName: name, serialNumber: serialNumber)
        )
    }
}

extension CMPClient {
    /// The fault that asking for a certificate ends with; `nil` if there is a certificate.
    func fault(for key: ProvenKey, within time: Duration = .seconds(10)) async -> MSSFault? {
        do throws(MSSFault) {
            _ = try await certificate(for: key, until: .now + time)
            return nil
        } catch {
            return error
        }
    }
}
