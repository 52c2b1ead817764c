import AsyncHTTPClient
import Foundation
import Logging
import MSSCore
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import MSSRuntime

@Suite("The operator's listener")
struct OperatorListenerTests {
    private let metrics = ServiceMetrics()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func listening(_ text: String) throws -> OperatorConfiguration {
        OperatorConfiguration(listen: try #require(ListenAddress(text)))
    }

    /// Runs a listener on a port of its own while `body` asks it.
    private func withListener(
        _ dependencies: [String: OperatorListener.Question] = [:],
        watched: [String: OperatorListener.Question] = [:],
        words: [String: String] = [:],
        clock: ClockOffset? = nil,
        patience: Duration = .seconds(20),
        _ body: (_ url: String) async throws -> Void
    ) async throws {
        let (ports, arrival) = AsyncStream<Int>.makeStream()
        let listener = try OperatorListener(
            listening("127.0.0.1:0"),
            metrics: metrics,
            dependencies: dependencies,
            watched: watched,
            words: words,
            clock: clock,
            patience: patience,
            logger: logger,
            onListening: { arrival.yield($0) }
        )
        let group = ServiceGroup(services: [listener], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body("http://127.0.0.1:\(port)")
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func ask(_ url: String, method: String = "GET") async throws -> (code: Int, type: String?, body: String) {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), response.headers.first(name: "content-type"), String(buffer: body))
    }

    @Test("metrics are served in their format")
    func serving() async throws {
        metrics.count("e")
        try await withListener { url in
            let answer = try await ask("\(url)/metrics")
            #expect(answer.code == 200)
            #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(try Exposition(answer.body)["mssp_e_total"] == 1)
        }
    }

    @Test("it is alive, and ready when all it needs is there")
    func readiness() async throws {
        try await withListener(["database": { true }, "smsc": { true }]) { url in
            #expect(try await ask("\(url)/health").code == 200)
            let answer = try await ask("\(url)/ready")
            #expect(answer.code == 200)
            #expect(answer.body == "{\"database\":true,\"smsc\":true}\n")
            #expect(answer.type == "application/json")
        }
        let words = ["database": "closed", "vault": "sealed"]
        try await withListener(["database": { true }, "vault": { false }], words: words) { url in
            let answer = try await ask("\(url)/ready")
            #expect(answer.code == 503 && answer.body == "{\"database\":true,\"vault\":\"sealed\"}\n")
        }
        try await withListener(["database": { true }, "smsc": { false }]) { url in
            let answer = try await ask("\(url)/ready")
            #expect(answer.code == 503)
            #expect(answer.body == "{\"database\":true,\"smsc\":false}\n")
            #expect(try await ask("\(url)/health").code == 200)
        }
    }

    @Test("a clock that is more than two seconds off is no health, and is shown")
    func clock() async throws {
        let clock = ClockOffset()
        try await withListener(clock: clock) { url in
            for (offset, code) in [(0.0, 200), (1.9, 200), (-3.2, 503), (2.1, 503), (0.5, 200)] {
                let now = Date()
                clock.note(now.addingTimeInterval(offset), resolution: 0, asked: now, answered: now)
                let answer = try await ask("\(url)/health")
                #expect(answer.code == code, "\(offset): \(answer.body)")
                #expect(answer.body.contains("3 s behind") == (offset == -3.2))
                let shown = try Exposition(try await ask("\(url)/metrics").body)["mssp_clock_offset_seconds"]
                #expect(abs(try #require(shown) - offset) < 0.001)
            }
        }
    }

    @Test("what is watched is shown and decides nothing")
    func watched() async throws {
        try await withListener(["smsc": { true }], watched: ["smsc.second": { false }]) { url in
            let answer = try await ask("\(url)/ready")
            #expect(answer.code == 200)
            #expect(answer.body == "{\"smsc\":true,\"smsc.second\":false}\n")
        }
    }

    @Test("a dependency that does not answer is not there")
    func hanging() async throws {
        let hangs: OperatorListener.Question = {
            try? await Task.sleep(for: .seconds(60))
            return true
        }
        try await withListener(["database": hangs], patience: .milliseconds(20)) { url in
            let answer = try await ask("\(url)/ready")
            #expect(answer.code == 503)
            #expect(answer.body == "{\"database\":false}\n")
        }
    }

    @Test("nothing else is there")
    func others() async throws {
        try await withListener { url in
            for path in ["/", "/metrics/", "/debug", "//metrics", "/metrics/../health"] {
                let code = try await ask(url + path).code
                #expect(code == 404, "\(path)")
            }
            for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
                let code = try await ask("\(url)/metrics", method: method).code
                #expect(code == 404, "\(method)")
            }
        }
    }

    @Test("other machines reach it only when the configuration says so")
    func loopback() throws {
        for text in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            var configuration = try listening(text)
            #expect(throws: StartError.self) { try OperatorListener(configuration, metrics: metrics, logger: logger) }
            configuration.beyondLoopback = true
            _ = try OperatorListener(configuration, metrics: metrics, logger: logger)
        }
    }

    @Test("a port in use is one line")
    func inUse() async throws {
        try await withListener { url in
            let address = String(url.dropFirst("http://".count))
            let second = try OperatorListener(listening(address), metrics: metrics, logger: logger)
            await #expect(throws: StartError("operator.listen: \(address): Address already in use")) {
                try await second.run()
            }
        }
    }
}
