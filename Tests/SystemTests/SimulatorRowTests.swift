import Foundation
import MSSTestSupport
import Testing

/// docs/simulator.md says what a provider gets for every number, fault and latency: each row is run through the real
/// services, and must be as it is written there.
@Suite("What docs/simulator.md promises", .serialized)
struct SimulatorRowTests {
    private static let shared = Task {
        try await Platform.start(
            "rows",
            ["SERIES": "--first 9196", "CARDS": "70", "REGISTER": "4", "BEHAVIOURS": "sign", "CONTROL": "yes"]
        )
    }

    @Test("of each number is what the provider gets", .timeLimit(.minutes(5)))
    func numbers() async throws {
        let platform = try await Self.shared.value
        let rows = try Self.table("| number |").compactMap(NumberRow.init)
        #expect(rows.count == 44)
        try await register(rows, platform)
        let seconds = 15
        try await withThrowingTaskGroup(of: Void.self) { group in
            for row in rows {
                group.addTask {
                    var provider = try Provider(platform)
                    provider.name = "row-\(row.code)"
                    let answer = try await provider.sign("Row \(row.code)", by: row.number, timeOut: seconds)
                    let ends = try await platform.rows(
                        "SELECT coalesce(fault_specifier, 0) FROM transactions WHERE provider_transaction = 'row-\(row.code)'"
                    )
                    #expect(ends.count == 1)
                    let told = answer.fault.map { "\($0)/\(ends.first ?? "")" } ?? answer.status ?? answer.body
                    #expect(row.allows(told), "…92\(row.code) is \(told), the table says: \(row.gets)")
                    #expect(answer.seconds < Double(seconds + 10))
                }
            }
            try await group.waitForAll()
        }
        let notMe = try await platform.rows("SELECT fault_detail FROM transactions WHERE provider_transaction = 'row-61'")
        #expect(notMe.first?.contains("did not start") == true)
    }

    @Test("of each fault of the message centre is what the provider gets", .timeLimit(.minutes(5)))
    func faults() async throws {
        let platform = try await Self.shared.value
        let rows = try Self.table("| place | name |")
        let faults = rows.flatMap { cells in
            cells.count < 4 ? [] : cells[1].split(separator: "`").map(String.init).filter { $0.first?.isLetter == true }
                .map { (fault: $0, gets: cells[3]) }
        }
        #expect(faults.count == 14)
        for (turn, row) in faults.enumerated() {
            let fault = row.fault.replacing(":HEX", with: ":0b").replacing(":MS", with: ":1500")
            try await platform.tell("fault \(fault)*1")
            let answer = try await sign(platform, turn, "Fault \(turn)")
            let expected = row.gets.split(separator: " ").first.map { $0.prefix { $0.isNumber } }
            if row.gets.hasPrefix("the signature") {
                #expect(answer.status == "500", "\(fault): \(answer.body)")
            } else {
                #expect(answer.fault == expected.map(String.init), "\(fault): \(row.gets), \(answer.body)")
            }
            try await platform.tell("clear")
            try await bound(platform)
        }
    }

    @Test("of each latency is a signature that takes so long", .timeLimit(.minutes(2)))
    func latencies() async throws {
        let platform = try await Self.shared.value
        let latencies: [(String, String, Double)] = [
            ("fixed:300", "fixed:400", 1.0), ("uniform:100:200", "none", 0.2), ("normal:200:20", "none", 0.2),
            ("none", "lognormal:300:0.1", 0.15), ("none", "none", 0),
        ]
        for (turn, (sms, user, least)) in latencies.enumerated() {
            try await platform.tell("latency sms \(sms)")
            try await platform.tell("latency user \(user)")
            let answer = try await sign(platform, turn, "Latency \(turn)")
            #expect(answer.status == "500" && answer.seconds >= least, "\(sms) \(user): \(answer.seconds) s")
        }
    }

    /// By one of the four who sign, one after the other.
    private func sign(_ platform: Platform, _ turn: Int, _ text: String) async throws -> Provider.Answer {
        let number = "+35840100\(9197 + turn % 4)"
        var answer = try await Provider(platform).sign(text, by: number, timeOut: 18)
        for _ in 0..<50 where answer.fault == "406" {
            try await Task.sleep(for: .milliseconds(200))
            answer = try await Provider(platform).sign(text, by: number, timeOut: 18)
        }
        return answer
    }

    /// A cut link is made anew; the next row is not about that.
    private func bound(_ platform: Platform) async throws {
        for _ in 0..<100 {
            let answer = try await Provider(platform).sign("Between", by: "+358401009200", timeOut: 18)
            if answer.status == "500" { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Makes the numbers of the rows users, four at a time; for one whose phone is off it is on meanwhile.
    private func register(_ rows: [NumberRow], _ platform: Platform) async throws {
        let off = try #require(rows.first { $0.behaviour == "off" })
        try await platform.tell("behaviour \(off.number.dropFirst()) sign")
        let cards = try String(contentsOfFile: platform.file("cards/index.tsv"), encoding: .utf8).split(separator: "\n")
        let wanted = cards.filter { line in rows.contains { line.contains("\t\($0.number)\t") } }
        #expect(wanted.count == rows.count)
        for row in rows { #expect(wanted.contains { $0.contains("\t\(row.number)\t\(row.behaviour)\t") }, "\(row)") }
        let script = BuiltProducts.packageRoot.appending(path: "deploy/demo/register").path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                let part = wanted.indices.filter { $0 % 4 == lane }.map { String(wanted[$0]) }
                group.addTask {
                    let folder = try TemporaryFolder()
                    try (part.joined(separator: "\n") + "\n")
                        .write(toFile: folder.path("index.tsv"), atomically: true, encoding: .utf8)
                    try FileManager.default.createSymbolicLink(
                        atPath: folder.path("keys"),
                        withDestinationPath: platform.file("cards/keys")
                    )
                    let result = try await Command.run(
                        script,
                        [folder.url.path, "\(part.count)"],
                        environment: ["RUN_DIR": platform.folder.path].merging(platform.environment) { $1 }
                    )
                    #expect(result.status == 0, "\(result.text) \(result.errorText)")
                }
            }
            try await group.waitForAll()
        }
        try await platform.tell("behaviour \(off.number.dropFirst()) off")
    }

    /// The cells of the rows of the document's table whose head begins so.
    private static func table(_ head: String) throws -> [[String]] {
        let file = BuiltProducts.packageRoot.appending(path: "docs/simulator.md")
        let lines = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix(head) })
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}

/// A row of the table of numbers.
struct NumberRow: Sendable {
    var code: String
    var behaviour: String
    var gets: String
    var number: String { "+3584010092" + code }

    init?(_ cells: [String]) {
        guard cells.count == 4, cells[0].hasPrefix("…92") else { return nil }
        code = String(cells[0].dropFirst(3))
        behaviour = cells[2].trimmingCharacters(in: ["`"])
        gets = cells[3]
    }

    /// Whether an end is one of those that the row names: `500`, or a fault's code and FiCom's code behind it.
    func allows(_ told: String) -> Bool {
        if gets.contains("the signature"), told == "500" { return true }
        return gets.matches(of: /\b([0-9]{3})(\/[0-9]{4})?\b/).contains { match in
            match.output.2 == nil ? told.hasPrefix(match.output.1 + "/") : told == match.output.0
        }
    }
}
