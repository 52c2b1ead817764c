import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Kept-alive connections on which nothing comes, and a swarm whose requests never end: both hold the listener's
/// connections while somebody else measures what a well-behaved provider notices of them.
final class Idle: Sendable {
    private let host: String
    private let port: Int
    private let count: Int
    private let swarm: Int
    private let context: NIOSSLContext
    /// What the listener lets a head take, unless it is configured otherwise.
    private static let round: Duration = .seconds(10)
    private let held = Mutex<[any Channel]>([])
    /// How many of the swarm's connections the service has ended.
    private let ended = Atomic<Int>(0)

    init(_ options: Options) throws {
        let url = try options.text("ae")
        guard let parts = URLComponents(string: url), let host = parts.host, let port = parts.port else {
            throw BenchError("--ae must be https://HOST:PORT")
        }
        self.host = host
        self.port = port
        count = try options.number("connections")
        swarm = try options.number("swarm")
        let pki = try options.text("pki")
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(pki + "/mesh-ca.pem")
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile("\(pki)/ap-demo.pem").map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: "\(pki)/ap-demo.key", format: .pem))
        context = try NIOSSLContext(configuration: tls)
    }

    /// Opens what is to be held and says so in a line; goes on until standard input ends, then tells what was left.
    func run() async throws -> String {
        let began = ContinuousClock.now
        try await open()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        FileHandle.standardOutput.write(Data("held \(count) after \(Int(seconds)) s\n".utf8))
        await withDiscardingTaskGroup { group in
            for number in 0..<swarm { group.addTask { await self.attack(number) } }
            await Self.standardInputEnds()
            group.cancelAll()
        }
        let left = held.withLock { $0.count { $0.isActive } }
        return
            "{\"held\":\(count),\"left\":\(left),\"swarm\":\(swarm),\"swarm_ended\":\(ended.load(ordering: .relaxed))}"
    }

    private func open() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= 64 { try await group.next() }
                group.addTask {
                    let channel = try await self.connect()
                    // One whole request, so that the connection is one that a provider keeps.
                    try await channel.writeAndFlush(ByteBuffer(string: "GET /whoami HTTP/1.1\r\nHost: x\r\n\r\n"))
                    self.held.withLock { $0.append(channel) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// An octet of a header a second, and another connection whenever the service ends this one.
    ///
    /// Many slow callers are not in step: they begin spread over the time that a head may take.
    private func attack(_ number: Int) async {
        try? await Task.sleep(for: Self.round * Double(number) / Double(swarm))
        while !Task.isCancelled {
            guard let channel = try? await connect() else {
                try? await Task.sleep(for: .milliseconds(200))
                continue
            }
            try? await channel.writeAndFlush(ByteBuffer(string: "POST /soap/services HTTP/1.1\r\nX-Slow: "))
            while channel.isActive, !Task.isCancelled {
                try? await channel.writeAndFlush(ByteBuffer(string: "x"))
                try? await Task.sleep(for: .seconds(1))
            }
            if !Task.isCancelled { ended.add(1, ordering: .relaxed) }
            try? await channel.close()
        }
    }

    private func connect() async throws -> any Channel {
        let context = context
        let host = host
        return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(30))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: host)
                    try channel.pipeline.syncOperations.addHandler(tls)
                }
            }
            .connect(host: host, port: port).get()
    }

    private static func standardInputEnds() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                _ = try? FileHandle.standardInput.readToEnd()
                continuation.resume()
            }
        }
    }
}
