import MSSCore
import Testing

@testable import MSSRuntime

@Suite("The metrics")
struct MetricsTests {
    private let metrics = ServiceMetrics()

    private func parsed() throws -> Exposition { try Exposition(metrics.text()) }

    @Test("what was counted is a counter with its labels")
    func counters() throws {
        metrics.count("home_busy")
        metrics.count("home_busy")
        metrics.count("ended", [("outcome", "500"), ("by", "card")])
        let text = try parsed()
        #expect(text["mssp_home_busy_total"] == 2)
        #expect(text[#"mssp_ended_total{by="card",outcome="500"}"#] == 1)
        #expect(text.kinds["mssp_home_busy_total"] == "counter")
    }

    @Test("the order of labels makes no other series")
    func order() throws {
        metrics.count("e", [("a", "1"), ("b", "2")])
        metrics.count("e", [("b", "2"), ("a", "1")])
        #expect(try parsed()[#"mssp_e_total{a="1",b="2"}"#] == 2)
    }

    @Test("what was measured is a histogram whose buckets hold what is below them")
    func histograms() throws {
        for duration in [Duration.milliseconds(1), .milliseconds(3), .seconds(2), .seconds(100)] {
            metrics.measure("sign", duration, [("mode", "synch")])
        }
        let text = try parsed()
        func bucket(_ bound: String) -> Double? { text["mssp_sign_seconds_bucket{mode=\"synch\",le=\"\(bound)\"}"] }
        #expect(bucket("0.001") == 1)
        #expect(bucket("0.005") == 2)
        #expect(bucket("1") == 2)
        #expect(bucket("2.5") == 3)
        #expect(bucket("60") == 3)
        #expect(bucket("+Inf") == 4)
        #expect(text[#"mssp_sign_seconds_count{mode="synch"}"#] == 4)
        let sum = try #require(text[#"mssp_sign_seconds_sum{mode="synch"}"#])
        #expect(abs(sum - 102.004) < 1e-9)
        #expect(text.kinds["mssp_sign_seconds"] == "histogram")
    }

    @Test("names and values that the format does not allow do not break it")
    func escaping() throws {
        metrics.count("a-b.c d\n", [("l-1", "q\"uo\\te\nx"), ("é", String(repeating: "y", count: 500))])
        let text = try parsed()
        #expect(text.values.keys.contains { $0.hasPrefix("mssp_a_b_c_d__total{") && $0.contains(#"q\"uo\\te\nx"#) })
        #expect(text.values.keys.allSatisfy { $0.count < 300 })
    }

    @Test("more series than are kept are one count of what was left out")
    func overflow() throws {
        for number in 0..<(ServiceMetrics.mostSeries + 500) { metrics.count("e", [("n", "\(number)")]) }
        metrics.measure("late", .seconds(1))
        metrics.count("e", [("n", "1")])
        let text = try parsed()
        #expect(text.values.keys.count { $0.hasPrefix("mssp_e_total") } == ServiceMetrics.mostSeries)
        #expect(text["mssp_metrics_overflow_total"] == 501)
        #expect(text[#"mssp_e_total{n="1"}"#] == 2)
        #expect(text["mssp_late_seconds_count"] == nil)
    }

    @Test("the process tells its memory, its time and its start")
    func process() throws {
        let text = try parsed()
        #expect(try #require(text["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(text["process_cpu_seconds_total"]) > 0)
        #expect(try #require(text["process_start_time_seconds"]) > 1_700_000_000)
    }

    @Test("a gauge is read when it is shown")
    func gauge() throws {
        metrics.gauge("pool_free") { 7.5 }
        metrics.gauge("broken") { .nan }
        let text = try parsed()
        #expect(text["mssp_pool_free"] == 7.5)
        #expect(text["mssp_broken"]?.isNaN == true)
    }

    @Test("counts of many threads are all there")
    func threads() async throws {
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { metrics.count("e") } }
            }
        }
        #expect(try parsed()["mssp_e_total"] == 8_000)
    }
}

/// The text format 0.0.4, read as strictly as it is described.
struct Exposition {
    struct Malformed: Error {
        let line: String
    }

    private(set) var values: [String: Double] = [:]
    private(set) var kinds: [String: String] = [:]

    subscript(_ series: String) -> Double? { values[series] }

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Malformed(line: "no line feed at the end") }
        var family = ""
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if let kind = line.wholeMatch(of: #/# TYPE ([a-zA-Z_][a-zA-Z0-9_]*) (counter|gauge|histogram)/#) {
                family = String(kind.1)
                guard kinds.updateValue(String(kind.2), forKey: family) == nil else { throw Malformed(line: "\(line)") }
                continue
            }
            let label = #/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/#
            let name = #/([a-zA-Z_][a-zA-Z0-9_]*)/#
            guard let space = line.lastIndex(of: " "), let value = Self.number(line[line.index(after: space)...]),
                let match = line.prefixMatch(of: name)
            else { throw Malformed(line: "\(line)") }
            let series = line[..<space]
            var rest = series.dropFirst(match.1.count)
            if !rest.isEmpty {
                guard rest.hasPrefix("{"), rest.hasSuffix("}") else { throw Malformed(line: "\(line)") }
                rest = rest.dropFirst().dropLast()
                while let one = rest.prefixMatch(of: label) {
                    rest = rest[one.range.upperBound...]
                    if rest.hasPrefix(",") { rest = rest.dropFirst() }
                }
                guard rest.isEmpty else { throw Malformed(line: "\(line)") }
            }
            let allowed = kinds[family] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
            guard allowed.contains(where: { match.1 == family + $0 }),
                values.updateValue(value, forKey: String(series)) == nil
            else { throw Malformed(line: "\(line)") }
        }
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}
