import Foundation
import Hummingbird
import MSSTestSupport
import NIOCore
import Synchronization

@testable import HomeMSSPService
@testable import Signatures

/// `openssl ocsp` as a responder, and a web server with a revocation list, each on a port of its own.
final class Responder: Sendable {
    let url: String
    private let process: Process

    /// - Parameters:
    ///   - pki: With the CA's index.
    ///   - signer: Whose certificate and key answer.
    ///   - times: `-nmin`, or nothing for answers without nextUpdate.
    /// - Throws: When openssl cannot be started.
    init(_ pki: ThrowawayPKI, signer: String = "ca", times: [String] = ["-nmin", "10"]) async throws {
        let port = try FreePort.next()
        url = "http://127.0.0.1:\(port)"
        let arguments =
            [
                "ocsp", "-port", "\(port)", "-index", "ca.index", "-CA", "ca.pem", "-rsigner", "\(signer).pem", "-rkey",
                "\(signer).key", "-ignore_err",
            ] + times
        process = try pki.openssl.process(arguments)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.runWithSignals()
        for _ in 0..<100 {
            guard !Self.isOpen(port) else { break }
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    private static func isOpen(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isOpen = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        // openssl reads for ever from one who connects and says nothing.
        return isOpen && send(descriptor, "\n", 1, Int32(MSG_NOSIGNAL)) == 1
    }
}

/// What a web server gives, changed while it runs.
final class Site: Sendable {
    private let content = Mutex<(status: HTTPResponse.Status, octets: [UInt8])>((.ok, []))
    private let count = Mutex(0)

    /// How often it was asked.
    var asked: Int { count.withLock { $0 } }

    func give(_ octets: [UInt8], _ status: HTTPResponse.Status = .ok) { content.withLock { $0 = (status, octets) } }

    /// Serves for the time of the body.
    func serve(_ body: (_ url: String) async throws -> Void) async throws {
        let port = try FreePort.next()
        let router = Router()
        router.get("list.crl") { [self] _, _ in
            count.withLock { $0 += 1 }
            let (status, octets) = content.withLock { $0 }
            let fields: HTTPFields = status == .ok ? [:] : [.location: "http://127.0.0.1:\(port)/other.crl"]
            return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: octets)))
        }
        router.get("other.crl") { [self] _, _ in
            Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: content.withLock { $0.octets })))
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
            try await body("http://127.0.0.1:\(port)/list.crl")
            group.cancelAll()
            try? await group.waitForAll()
        }
    }
}

/// What is fetched, by the fetcher that the home uses.
final class Fetches: Sendable {
    let fetcher = RevocationFetcher(tally: RecordedTally())

    func close() async { await fetcher.close() }

    func sources(lists: [String] = [], responders: [String] = [], nonce: Bool = false) -> RevocationSources {
        RevocationSources(
            lists: lists,
            responders: responders,
            requiresNonce: nonce,
            longestList: 100_000,
            time: .seconds(2),
            fetch: { try await self.fetcher.fetch($0) }
        )
    }
}

/// The answers of a web server that these tests know.
enum HTTPStatus {
    case ok, found, notFound

    var value: HTTPResponse.Status {
        switch self {
        case .ok: .ok
        case .found: .found
        case .notFound: .notFound
        }
    }
}
