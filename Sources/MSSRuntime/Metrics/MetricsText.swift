/// Prometheus' text format 0.0.4.
enum MetricsText {
    /// What `/metrics` answers as its content type.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// Characters of a label's value; a longer one is cut.
    private static let longestValue = 128

    static func text(_ state: ServiceMetrics.State, _ process: ProcessFigures) -> String {
        var text = ""
        families(state.counters) { name, series in
            text += "# TYPE \(name) counter\n"
            for (labels, value) in series { text += "\(name)\(braced(labels)) \(value)\n" }
        }
        families(state.histograms) { name, series in
            text += "# TYPE \(name) histogram\n"
            for (labels, histogram) in series { append(name, labels, histogram, to: &text) }
        }
        families(state.gauges) { name, series in
            text += "# TYPE \(name) gauge\n"
            for (labels, value) in series { text += "\(name)\(braced(labels)) \(number(value()))\n" }
        }
        text += "# TYPE mssp_metrics_overflow_total counter\nmssp_metrics_overflow_total \(state.overflow)\n"
        for figure in process.read() {
            text += "# TYPE \(figure.name) \(figure.kind)\n\(figure.name) \(number(figure.value))\n"
        }
        return text
    }

    /// `name` with what a metric's name may not have replaced by `_`.
    static func name(_ name: String) -> String {
        let isClean = name.utf8.allSatisfy(isNameOctet)
        guard !isClean else { return name }
        return String(decoding: name.utf8.map { isNameOctet($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// `a="1",b="2"`, by name.
    static func labels(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return labels.sorted { $0.0 < $1.0 }
            .map { "\(name($0.0))=\"\(escaped($0.1))\"" }
            .joined(separator: ",")
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars.prefix(longestValue) {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func append(
        _ name: String,
        _ labels: String,
        _ histogram: ServiceMetrics.Histogram,
        to text: inout String
    ) {
        let others = labels.isEmpty ? "" : labels + ","
        var count: UInt64 = 0
        for (bound, bucket) in zip(ServiceMetrics.bounds.map { number($0) } + ["+Inf"], histogram.buckets) {
            count &+= bucket
            text += "\(name)_bucket{\(others)le=\"\(bound)\"} \(count)\n"
        }
        text += "\(name)_sum\(braced(labels)) \(number(histogram.sum))\n"
        text += "\(name)_count\(braced(labels)) \(count)\n"
    }

    /// Calls `body` for each name with its series, both in order.
    private static func families<Value>(
        _ all: [ServiceMetrics.Series: Value],
        _ body: (String, [(labels: String, value: Value)]) -> Void
    ) {
        let families = Dictionary(grouping: all) { $0.key.name }
        for (name, series) in families.sorted(by: { $0.key < $1.key }) {
            body(name, series.map { ($0.key.labels, $0.value) }.sorted { $0.labels < $1.labels })
        }
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        return Int(exactly: value).map(String.init) ?? value.description
    }
}
