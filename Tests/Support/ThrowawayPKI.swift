public import Foundation

/// A folder of keys and certificates that is gone when this object is.
///
/// Each name stands for two files: `name.pem`, the certificate, and `name.key`, the key, both PEM and P-256.
public final class ThrowawayPKI: Sendable {
    public let folder: URL
    public let openssl: OpenSSLCommand

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "pki-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        openssl = OpenSSLCommand(in: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Makes a root.
    ///
    /// - Parameters:
    ///   - name: Of its files, and its common name.
    ///   - days: How long it is valid.
    /// - Throws: When openssl does not make it.
    public func root(_ name: String, days: Int = 2) async throws {
        try await openssl.run(
            request(
                name,
                days: days,
                [
                    "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
                ]
            )
        )
    }

    /// Makes a certificate for signatures.
    ///
    /// - Parameters:
    ///   - name: Of its files, and its common name if it has no other subject.
    ///   - issuer: The name of a root of this folder.
    ///   - subject: As openssl spells it.
    ///   - uri: The one subject alternative name.
    ///   - purposes: The extended key usage, as openssl spells it.
    /// - Throws: When openssl does not make it.
    public func certificate(
        _ name: String,
        by issuer: String,
        subject: String? = nil,
        uri: String? = nil,
        purposes: String? = nil
    ) async throws {
        var extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"]
        if let uri { extensions.append("subjectAltName=URI:\(uri)") }
        if let purposes { extensions.append("extendedKeyUsage=\(purposes)") }
        let issuing = ["-CA", "\(issuer).pem", "-CAkey", "\(issuer).key"]
        try await openssl.run(request(name, subject: subject, days: 1, extensions) + issuing)
    }

    /// Makes `name.key`, a key alone, and tells its public half as DER SubjectPublicKeyInfo.
    @discardableResult
    public func key(_ name: String, curve: String = "P-256") async throws -> [UInt8] {
        try await openssl.run([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve)", "-out", "\(name).key",
        ])
        try await openssl.run(["pkey", "-in", "\(name).key", "-pubout", "-out", "\(name).pub"])
        return try await openssl.run(["pkey", "-in", "\(name).key", "-pubout", "-outform", "DER"]).standardOutput
    }

    /// The absolute path of a file in the folder.
    public func path(_ file: String) -> String { folder.appending(path: file).path }

    /// The octets of a file in the folder.
    public func octets(_ file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: file)))
    }

    /// Writes a file into the folder.
    public func write(_ octets: [UInt8], to file: String) throws {
        try Data(octets).write(to: folder.appending(path: file))
    }

    private func request(_ name: String, subject: String? = nil, days: Int, _ extensions: [String]) -> [String] {
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8",
            "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", subject ?? "/CN=\(name)", "-days", "\(days)",
        ] + extensions.flatMap { ["-addext", $0] }
    }
}
