import Glibc

/// What the system knows about this process, under the names that Prometheus' own libraries use.
struct ProcessFigures: Sendable {
    struct Figure {
        let name: String
        let kind: String
        let value: Double
    }

    /// Seconds since 1970.
    private let start: Double

    /// Takes the present as the start of the process.
    init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        start = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    func read() -> [Figure] {
        var figures = [
            Figure(name: "process_cpu_seconds_total", kind: "counter", value: cpuSeconds()),
            Figure(name: "process_start_time_seconds", kind: "gauge", value: start),
        ]
        if let octets = residentOctets() {
            figures.append(Figure(name: "process_resident_memory_bytes", kind: "gauge", value: octets))
        }
        return figures
    }

    private func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The second number of `/proc/self/statm`, which counts pages.
    private func residentOctets() -> Double? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let numbers = text.split(separator: " ")
        guard numbers.count > 1, let pages = Double(numbers[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}
