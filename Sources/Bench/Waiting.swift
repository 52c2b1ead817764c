import Foundation

/// Asynchronous requests to cards that do not answer: what one that waits takes of a service's memory.
struct Waiting {
    private let client: Client
    private let cards: [Card]
    private let provider: String
    private let concurrency: Int
    private let warmUp: Int
    private let processes: [(name: String, pid: Int32)]
    /// For what was only needed for a moment to go.
    private static let pause: Duration = .seconds(2)

    private struct Content: Encodable {
        var waiting: Int
        var seconds: Double
        var octets_per_transaction: [String: Int]
        var resident_mib: [String: Double]
    }

    init(_ options: Options) throws {
        concurrency = max(1, try options.number("concurrency"))
        client = try Client(
            url: options.text("ae"),
            pki: options.text("pki"),
            name: "ap-demo",
            connections: concurrency
        )
        cards = try Card.read(options)
        provider = try options.text("ap-id")
        warmUp = try options.number("warm-up")
        guard warmUp >= 0, cards.count > warmUp else { throw BenchError("more cards are needed than for the warm-up") }
        processes = options.pairs("process").compactMap { name, pid in Int32(pid).map { (name, $0) } }
    }

    /// Opens the warm-up's transactions, so that connections and buffers are there; then the others, which count.
    func run() async throws -> String {
        try await ask(cards.prefix(warmUp))
        try await Task.sleep(for: Self.pause)
        let before = resident()
        let began = ContinuousClock.now
        try await ask(cards.dropFirst(warmUp))
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        try await Task.sleep(for: Self.pause)
        let after = resident()
        try await client.shutdown()
        let count = cards.count - warmUp
        let content = Content(
            waiting: count,
            seconds: seconds,
            octets_per_transaction: after.merging(before) { ($0 - $1) / count },
            resident_mib: after.mapValues { Double($0) / 1_048_576 }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(content), as: UTF8.self)
    }

    private func resident() -> [String: Int] {
        Dictionary(uniqueKeysWithValues: processes.map { ($0.name, ProcessUsage.of($0.pid).resident) })
    }

    private func ask(_ cards: ArraySlice<Card>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = cards
            for _ in 0..<concurrency {
                if let card = waiting.popFirst() { group.addTask { try await ask(card) } }
            }
            while try await group.next() != nil {
                if let card = waiting.popFirst() { group.addTask { try await ask(card) } }
            }
        }
    }

    private func ask(_ card: Card) async throws {
        let envelope = Message.signature(
            ap: provider,
            transaction: "W\(card.iccid)-\(UInt32.random(in: 0...UInt32.max))",
            msisdn: card.msisdn,
            text: "Wait with this?",
            mode: .asynch
        )
        let answer = try await client.post(envelope, to: "MSS_SignaturePort").text
        guard answer.contains("StatusCode Value=\"100\"") else {
            throw BenchError("\(card.msisdn) was not asked: \(answer.prefix(600))")
        }
    }
}
