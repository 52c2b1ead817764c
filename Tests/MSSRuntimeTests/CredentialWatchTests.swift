import Crypto
import Foundation
import Logging
import Synchronization
import Testing

@testable import MSSRuntime

@Suite("The watch over TLS credentials")
struct CredentialWatchTests {
    private struct Refused: Error {}

    private struct Settings: Decodable, Sendable {
        var tls: CredentialFiles
    }

    private let folder: TemporaryFolder
    private let files: CredentialFiles
    private let log = MemorySink()
    private let tally = MemoryTally()

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.pem", "trust.pem"] { _ = try folder.write(name, "first") }
        _ = try folder.write("a.key", "first")
        let text = "[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\ntrust = \"trust.pem\"\n"
        files = try ConfigurationFile.load(Settings.self, from: try folder.write("x.toml", text)).tls
    }

    private func watch(
        ends days: Double = 100,
        _ take: @escaping @Sendable (String) throws -> Void = { _ in }
    ) -> CredentialWatch {
        let end = Date(timeIntervalSinceNow: days * 86_400)
        let credential = CredentialWatch.Credential("tls", files) { certificate, _, _ in
            try take(String(decoding: certificate, as: UTF8.self))
        } end: {
            end
        }
        let pseudonyms = Pseudonyms(key: SymmetricKey(data: [UInt8](repeating: 1, count: 32)))
        let logger = Logger(label: "test") { [log] label in
            AssetLogHandler(label: label, service: "AE", level: .info, pseudonyms: pseudonyms, sink: log)
        }
        return CredentialWatch([credential], tally: tally, logger: logger, interval: .milliseconds(5))
    }

    /// Runs a watch until something holds.
    private func run(_ watch: CredentialWatch, _ work: () async throws -> Void) async throws {
        let task = Task { await watch.run() }
        defer { task.cancel() }
        for _ in 0..<20 { try await Task.sleep(for: .milliseconds(5)) }
        try await work()
    }

    private func until(_ isDone: () -> Bool) async throws {
        for _ in 0..<2_000 where !isDone() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(isDone(), "\(log.lines)")
    }

    @Test("takes what is put into the files, and nothing as long as nothing is")
    func takes() async throws {
        let taken = Mutex<[String]>([])
        try await run(watch { text in taken.withLock { $0.append(text) } }) {
            #expect(taken.withLock { $0.isEmpty })
            _ = try folder.write("a.pem", "the second")
            try await until { taken.withLock { $0.last } == "the second" }
            // Another root alone is another credential.
            let before = taken.withLock { $0.count }
            _ = try folder.write("trust.pem", "the second")
            try await until { taken.withLock { $0.count } == before + 1 }
        }
        #expect(tally["tls_credentials"] >= 2)
    }

    @Test("takes what was put into the files after the service had read them, and before the watch began")
    func meanwhile() async throws {
        let taken = Mutex<[String]>([])
        let watch = watch { text in taken.withLock { $0.append(text) } }
        _ = try folder.write("a.pem", "the second")
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try await until { taken.withLock { $0 } == ["the second"] }
    }

    @Test("goes on after files that are of no use, and takes the next ones")
    func refused() async throws {
        let taken = Mutex<[String]>([])
        let watch = watch { text in
            if text == "useless" { throw Refused() }
            taken.withLock { $0.append(text) }
        }
        try await run(watch) {
            _ = try folder.write("a.pem", "useless")
            try await until { log.lines.contains { $0.contains("refused") } }
            #expect(taken.withLock { $0.isEmpty })
            _ = try folder.write("a.pem", "good")
            try await until { taken.withLock { $0 } == ["good"] }
        }
    }

    @Test("tells of a certificate's end in its last fourteen days", arguments: [(15.0, 0), (13.0, 1), (-1.0, 1)])
    func warns(_ days: Double, _ times: Int) async throws {
        try await run(watch(ends: days)) {
            if times > 0 { try await until { !log.lines.isEmpty } }
        }
        #expect(log.lines.count { $0.contains("certificate") } == times, "\(log.lines)")
    }

    @Test("shows how long the first one lasts")
    func shown() throws {
        let metrics = ServiceMetrics()
        watch(ends: 1).show(in: metrics)
        let line = try #require(metrics.text().split(separator: "\n").first { $0.hasPrefix("mssp_tls_certificate") })
        let seconds = try #require(line.split(separator: " ").last.flatMap { Double($0) })
        #expect((86_000...86_400).contains(seconds))
    }
}
