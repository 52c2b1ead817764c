import Foundation

/// What one run measured.
struct Report {
    var samples: [Sample]
    var seconds: Double
    var before: [String: ProcessUsage]
    var after: [String: ProcessUsage]

    private struct Content: Encodable {
        var signatures: Int
        var failures: Int
        var signatures_per_second: Double
        var p50_ms: Double
        var p99_ms: Double
        var own_p50_ms: Double
        var own_p99_ms: Double
        var cpu_ms_per_signature: [String: Double]
        var resident_mib: [String: Double]
    }

    func json() throws -> String {
        let signed = samples.filter(\.signed)
        guard !signed.isEmpty else { throw BenchError("not one signature came back") }
        let whole = signed.map(\.total).sorted()
        // The platform's own share: what is left when message centre, card and person are taken away.
        let own = signed.compactMap { sample in sample.sim.map { max(0, sample.total - $0) } }.sorted()
        guard !own.isEmpty else { throw BenchError("AE does not tell the SIM side's time: set exposesTiming = true") }
        let names = after.keys.sorted()
        let content = Content(
            signatures: signed.count,
            failures: samples.count - signed.count,
            signatures_per_second: Double(signed.count) / seconds,
            p50_ms: Self.percentile(whole, 50),
            p99_ms: Self.percentile(whole, 99),
            own_p50_ms: Self.percentile(own, 50),
            own_p99_ms: Self.percentile(own, 99),
            cpu_ms_per_signature: Dictionary(uniqueKeysWithValues: names.map { ($0, cpu($0) / Double(signed.count)) }),
            resident_mib: Dictionary(
                uniqueKeysWithValues: names.map { ($0, Double(after[$0]?.resident ?? 0) / 1_048_576) }
            )
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(content), as: UTF8.self)
    }

    private func cpu(_ name: String) -> Double {
        (after[name]?.cpu ?? 0) - (before[name]?.cpu ?? 0)
    }

    private static func percentile(_ sorted: [Double], _ percent: Int) -> Double {
        sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }
}
