import AsyncHTTPClient
import MSSCore
import NIOCore
import NIOHTTP1
import Signatures
import Synchronization

/// Fetches revocation lists and OCSP answers: from the configured addresses alone, following nobody elsewhere.
///
/// What comes needs no protection on its way: lists and answers are signed.
final class RevocationFetcher: Sendable {
    private let client = Mutex<HTTPClient?>(nil)
    private let tally: any Tally

    /// Why nothing came.
    struct Refusal: Error {
        var status: UInt
    }

    init(tally: any Tally) {
        self.tally = tally
    }

    func fetch(_ request: RevocationSources.Request) async throws -> [UInt8] {
        do {
            let octets = try await execute(request)
            tally.count("home_revocation_fetches", [("outcome", "ok")])
            return octets
        } catch {
            tally.count("home_revocation_fetches", [("outcome", "failed")])
            throw error
        }
    }

    func close() async {
        let opened = client.withLock { client in
            defer { client = nil }
            return client
        }
        try? await opened?.shutdown()
    }

    private func execute(_ request: RevocationSources.Request) async throws -> [UInt8] {
        var sent = HTTPClientRequest(url: request.url)
        if let body = request.body {
            sent.method = .POST
            sent.body = .bytes(body)
            if let type = request.contentType { sent.headers.add(name: "content-type", value: type) }
        }
        let milliseconds = request.time / .milliseconds(1)
        let answer = try await opened().execute(sent, timeout: .milliseconds(Int64(milliseconds)))
        guard answer.status == .ok else { throw Refusal(status: answer.status.code) }
        return Array(try await answer.body.collect(upTo: request.mostOctets).readableBytesView)
    }

    private func opened() -> HTTPClient {
        client.withLock { client in
            if let client { return client }
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            let opened = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            client = opened
            return opened
        }
    }
}
