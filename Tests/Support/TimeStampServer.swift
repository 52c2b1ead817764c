import Foundation
import Hummingbird
import NIOCore
import Synchronization

/// A time stamp authority: `openssl ts` behind a web server on this machine's loopback.
public final class TimeStampServer: Sendable {
    /// What it does with a question.
    public enum Manner: Sendable {
        case stamps
        /// With a certificate that is not for time stamps.
        case stampsUnentitled
        /// Gives these octets, whatever the question.
        case answers([UInt8])
        case refuses
        /// Says nothing for longer than anybody waits.
        case isSlow
    }

    private let pki: ThrowawayPKI
    private let manner = Mutex(Manner.stamps)
    private let asked = Mutex(0)

    /// How often it was asked.
    public var count: Int { asked.withLock { $0 } }

    /// With a CA of its own, `tsa-ca.pem`, in a folder of keys and certificates.
    public init(_ pki: ThrowawayPKI) async throws {
        self.pki = pki
        try await pki.root("tsa-ca")
        try await pki.certificate("tsa", by: "tsa-ca", purposes: "critical,timeStamping")
        try await pki.certificate("signer", by: "tsa-ca", purposes: "critical,emailProtection")
        try pki.write([UInt8]("01\n".utf8), to: "tsa.serial")
        for name in ["tsa", "signer"] {
            try pki.write([UInt8](Self.configuration(name).utf8), to: "\(name).cnf")
        }
    }

    public func go(_ manner: Manner) { self.manner.withLock { $0 = manner } }

    /// What openssl answers a question.
    public func reply(_ question: [UInt8], as signer: String = "tsa") async throws -> [UInt8] {
        let name = "\(UUID().uuidString).tsq"
        try pki.write(question, to: name)
        return try await pki.openssl.run(["ts", "-reply", "-config", "\(signer).cnf", "-queryfile", name])
            .standardOutput
    }

    private func answer(_ question: [UInt8]) async throws -> Response {
        asked.withLock { $0 += 1 }
        switch manner.withLock({ $0 }) {
        case .stamps: return Self.response(try await reply(question))
        case .stampsUnentitled: return Self.response(try await reply(question, as: "signer"))
        case .answers(let octets): return Self.response(octets)
        case .refuses: return Response(status: .serviceUnavailable)
        case .isSlow:
            try await Task.sleep(for: .seconds(60))
            return Response(status: .ok)
        }
    }

    private static func response(_ octets: [UInt8]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/timestamp-reply"],
            body: .init(byteBuffer: ByteBuffer(bytes: octets))
        )
    }

    /// Serves for the time of the body.
    public func serve(at port: Int? = nil, _ body: (_ url: String) async throws -> Void) async throws {
        let port = try port ?? FreePort.next()
        let router = Router()
        router.post("tsa") { [self] request, _ in
            let question = try await request.body.collect(upTo: 65_536)
            return try await answer(Array(question.readableBytesView))
        }
        let listening = AsyncStream<Void>.makeStream()
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in listening.continuation.yield() }
        )
        try await withThrowingTaskGroup { group in
            group.addTask { @concurrent in try await application.run() }
            for await _ in listening.stream { break }
            try await body("http://127.0.0.1:\(port)/tsa")
            group.cancelAll()
            try? await group.waitForAll()
        }
    }

    private static func configuration(_ name: String) -> String {
        """
        [tsa]
        default_tsa = this
        [this]
        serial = tsa.serial
        signer_cert = \(name).pem
        signer_key = \(name).key
        certs = tsa-ca.pem
        signer_digest = sha256
        default_policy = 1.2.3.4.1
        digests = sha256, sha384
        accuracy = secs:1
        """
    }
}
