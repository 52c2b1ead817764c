import Foundation
import Synchronization

/// Many providers' requests at once: each worker has cards of its own and asks them one after another.
struct Load: Sendable {
    private let client: Client
    private let cards: [Card]
    private let provider: String
    private let concurrency: Int
    private let time: Duration
    private let processes: [(name: String, pid: Int32)]

    init(_ options: Options) throws {
        concurrency = max(1, try options.number("concurrency"))
        client = try Client(
            url: options.text("ae"),
            pki: options.text("pki"),
            name: "ap-demo",
            connections: concurrency
        )
        cards = try Card.read(options)
        guard cards.count >= concurrency else { throw BenchError("there must be a card for each worker") }
        provider = try options.text("ap-id")
        time = .seconds(try options.number("seconds"))
        processes = options.pairs("process").compactMap { name, pid in Int32(pid).map { (name, $0) } }
    }

    /// Warms up, measures, and tells in one line of JSON.
    func run() async throws -> String {
        _ = await work(for: min(time, .seconds(2)))
        let before = usage()
        let began = ContinuousClock.now
        let samples = await work(for: time)
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let after = usage()
        try await client.shutdown()
        return try Report(samples: samples, seconds: seconds, before: before, after: after).json()
    }

    private func usage() -> [String: ProcessUsage] {
        var usage = ["driver": ProcessUsage.of(getpid())]
        for process in processes { usage[process.name] = ProcessUsage.of(process.pid) }
        return usage
    }

    private func work(for time: Duration) async -> [Sample] {
        let end = ContinuousClock.now + time
        return await withTaskGroup(of: [Sample].self) { group in
            for worker in 0..<concurrency {
                let own = stride(from: worker, to: cards.count, by: concurrency).map { cards[$0] }
                group.addTask { await self.work(worker, own, until: end) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func work(_ worker: Int, _ own: [Card], until end: ContinuousClock.Instant) async -> [Sample] {
        var samples: [Sample] = []
        var turn = 0
        while ContinuousClock.now < end {
            let envelope = Message.signature(
                ap: provider,
                transaction: "B\(worker)-\(turn)-\(UInt32.random(in: 0...UInt32.max))",
                msisdn: own[turn % own.count].msisdn,
                text: "Pay \(turn) EUR to the bench?"
            )
            turn += 1
            let began = ContinuousClock.now
            let answer = try? await client.post(envelope, to: "MSS_SignaturePort")
            let total = (ContinuousClock.now - began) / .milliseconds(1)
            let signed = answer?.text.contains("StatusCode Value=\"500\"") ?? false
            samples.append(Sample(total: total, sim: answer?.sim, signed: signed))
        }
        return samples
    }
}

/// One request: milliseconds in all, those of the SIM side, and whether a signature came.
struct Sample: Sendable {
    var total: Double
    var sim: Double?
    var signed: Bool
}
