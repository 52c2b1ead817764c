import Foundation
import Synchronization

/// Many providers' requests at once: each worker has cards of its own and asks them one after another.
///
/// With a rate the requests begin at moments that are fixed beforehand, whether or not the earlier ones are answered;
/// a request that had to wait for a free worker counts from its moment, so that a stalled platform does not look fast.
struct Load: Sendable {
    private let client: Client
    private let cards: [Card]
    private let provider: String
    private let concurrency: Int
    private let time: Duration
    /// Requests a second; `nil` for as many as are answered.
    private let rate: Double?
    /// Signs each message; `nil` where the provider's are not signed.
    private let signer: MessageSigner?
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
        rate = try options.optionalNumber("rate").map { Double(max(1, $0)) }
        signer = try options.optionalNumber("signed") == 1 ? MessageSigner(pki: options.text("pki")) : nil
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
        let start = ContinuousClock.now
        let end = start + time
        return await withTaskGroup(of: [Sample].self) { group in
            for worker in 0..<concurrency {
                let own = stride(from: worker, to: cards.count, by: concurrency).map { cards[$0] }
                group.addTask { await self.work(worker, own, from: start, until: end) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// When a worker's next request shall begin; at once without a rate.
    private func moment(
        _ turn: Int,
        of worker: Int,
        _ start: ContinuousClock.Instant,
        _ end: ContinuousClock.Instant
    ) async -> ContinuousClock.Instant {
        guard let rate else { return .now }
        let moment = start + .seconds(Double(turn * concurrency + worker) / rate)
        if moment > .now, moment < end { try? await Task.sleep(until: moment, tolerance: .zero, clock: .continuous) }
        return moment
    }

    private func message(_ transaction: String, _ msisdn: String, _ text: String) throws -> String {
        if let signer {
            return try signer.signature(ap: provider, transaction: transaction, msisdn: msisdn, text: text)
        }
        return Message.signature(ap: provider, transaction: transaction, msisdn: msisdn, text: text)
    }

    private func work(
        _ worker: Int,
        _ own: [Card],
        from start: ContinuousClock.Instant,
        until end: ContinuousClock.Instant
    ) async -> [Sample] {
        var samples: [Sample] = []
        var turn = 0
        while true {
            let began = await moment(turn, of: worker, start, end)
            guard began < end else { break }
            let envelope = try? message(
                "B\(worker)-\(turn)-\(UInt32.random(in: 0...UInt32.max))",
                own[turn % own.count].msisdn,
                "Pay \(turn) EUR to the bench?"
            )
            turn += 1
            let answer = try? await client.post(envelope ?? "", to: "MSS_SignaturePort")
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
