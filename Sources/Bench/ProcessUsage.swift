import Foundation
import Glibc

/// What a process and everything it started have used, by the kernel's account.
struct ProcessUsage {
    /// Milliseconds of CPU in user and system mode.
    var cpu = 0.0
    /// Octets of memory, shared pages divided among those who share them where the kernel tells.
    var resident = 0

    static func of(_ root: Int32) -> ProcessUsage {
        let processes = table()
        var usage = ProcessUsage()
        var waiting = [root]
        while let pid = waiting.popLast() {
            guard let entry = processes[pid] else { continue }
            usage.cpu += entry.cpu
            usage.resident += resident(pid)
            waiting += processes.filter { $0.value.parent == pid }.keys
        }
        return usage
    }

    private static func table() -> [Int32: (parent: Int32, cpu: Double)] {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var table: [Int32: (parent: Int32, cpu: Double)] = [:]
        for pid in names.compactMap({ Int32($0) }) {
            // The command's name stands in brackets and may hold anything; the fields come after the last one.
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 14,
                let parent = Int32(fields[1]), let user = Double(fields[11]), let system = Double(fields[12])
            else { continue }
            table[pid] = (parent, (user + system) / ticks * 1000)
        }
        return table
    }

    private static func resident(_ pid: Int32) -> Int {
        let rollup = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
        let line = rollup?.split(separator: "\n").first { $0.hasPrefix("Pss:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}
