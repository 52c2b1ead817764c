import Foundation
import HomeStore
import KeyVault
import MSSRuntime
import MSSTestSupport
import PostgreSQL
import Testing

@testable import HomeMSSPService

@Suite("A checkpoint of the audit", .serialized)
struct CheckpointTests {
    @Test("is verified by openssl, shown again octet for octet, and fits what there is")
    func made() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        try await fixture.acts(5)
        let (answer, said) = try await fixture.type("checkpoint-make")
        #expect(answer == "checkpoint 1")
        #expect(said[0] == "mssp audit checkpoint" && said[1] == "home urn:mssp:test:home")
        let text = said.joined(separator: "\n") + "\n" + answer + "\n"
        try fixture.pki.write(Array(text.utf8), to: "checkpoint.txt")
        let verify = [
            "cms", "-verify", "-inform", "PEM", "-in", "checkpoint.txt", "-CAfile", "ca.pem", "-purpose", "any",
        ]
        let verified = try await fixture.pki.openssl.run(verify)
        #expect(text.hasPrefix(verified.text.replacing("\r", with: "")) && verified.text.contains("digest "))
        let again = try await fixture.type("checkpoint-show", "1")
        #expect(again.said == said && again.answer == answer)
        #expect(try await fixture.refusal("checkpoint-show", "2") == "there is no checkpoint 2")

        // A new identity, and a range that begins where the last one ended.
        try await fixture.identity()
        try await fixture.acts(1)
        let next = try await fixture.type("checkpoint-make").said
        let lines = Dictionary(uniqueKeysWithValues: (said + ["-"]).prefix(10).map { Self.pair($0) })
        let nextLines = Dictionary(uniqueKeysWithValues: next.prefix(10).map { Self.pair($0) })
        #expect(nextLines["previous"] == lines["digest"] && nextLines["identity"] == "2" && lines["identity"] == "1")
        let high = try #require(lines["rows"]?.split(separator: " ").last.flatMap { Int($0) })
        #expect(nextLines["rows"]?.hasPrefix("\(high + 1) to ") == true)
        let fits = try await fixture.type("checkpoint-verify").answer
        #expect(
            fits.hasPrefix("rows 1 to ") && fits.contains("fit checkpoints 1 to 2")
                && fits.hasSuffix(nextLines["digest"] ?? "-")
        )
        #expect(fixture.alarms.heard.isEmpty)
        let audit = try await fixture.custody.audit().filter { $0.hasPrefix("audit checkpoint") }
        #expect(audit == ["audit checkpoint result uid 1000 pid 7 ok", "audit checkpoint result uid 1000 pid 7 ok"])
    }

    private static func pair(_ line: String) -> (String, String) {
        let word = line.prefix { $0 != " " }
        return (String(word), String(line.dropFirst(word.count + 1)))
    }

    @Test("names the range of a row that was changed, removed or put in, and rows that were removed altogether")
    func changed() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        for _ in 0..<3 {
            try await fixture.acts(4)
            // A number that is taken and given back: a gap is no finding.
            try await fixture.run(
                "BEGIN; INSERT INTO audit_log (act, phase, subject, trace) VALUES ('x', 'result', '', ''); ROLLBACK"
            )
            try await fixture.acts(1, "after the gap")
            try await fixture.type("checkpoint-make")
        }
        _ = try await fixture.type("checkpoint-verify")
        try await fixture.run("CREATE TABLE kept AS SELECT * FROM audit_log")
        let ranges = try await fixture.text(
            "SELECT substring(convert_from(statement, 'UTF8') FROM 'rows ([0-9]+ to [0-9]+)') FROM audit_checkpoints ORDER BY number"
        )
        let second = "rows \(ranges[1]) (checkpoint 2): "
        let bounds = ranges[1].components(separatedBy: " to ")
        let inside = "(SELECT min(id) FROM audit_log WHERE act = 'test' AND id > \(bounds[0]))"
        let columns = [
            "at = at + interval '1 microsecond'", "act = 'other'", "phase = 'intent'", "subject = ''", "peer = ''",
            "origin = 'x'", "trace = 'x'", "outcome = 'x'", "digest = ''",
        ]
        var attacks = columns.map { ("UPDATE audit_log SET \($0) WHERE id = \(inside)", second + "a row was changed") }
        let count = try await fixture.text(
            "SELECT count(*)::text FROM audit_log WHERE id BETWEEN \(bounds[0]) AND \(bounds[1])"
        )[0]
        let number = try #require(Int(count))
        attacks += [
            (
                "DELETE FROM audit_log WHERE id = \(inside)",
                second + "there are \(number - 1), and there were \(number)"
            ),
            ("DELETE FROM audit_log WHERE id BETWEEN \(bounds[0]) AND \(bounds[1])", second + "all \(number) are gone"),
            (
                """
                INSERT INTO audit_log (id, act, phase, subject, trace) OVERRIDING SYSTEM VALUE
                SELECT n, 'x', 'result', '', '' FROM generate_series(\(bounds[0]), \(bounds[1])) n
                WHERE NOT EXISTS (SELECT FROM audit_log WHERE id = n)
                """, second + "there are \(number + 1), and there were \(number)"
            ),
        ]
        for (attack, finding) in attacks {
            try await fixture.run(attack)
            #expect(try await fixture.refusal("checkpoint-verify") == finding, "\(attack)")
            try await fixture.run(
                "DELETE FROM audit_log; INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM kept"
            )
        }
        #expect(fixture.alarms.heard == attacks.map { _ in "audit_changed" })
        _ = try await fixture.type("checkpoint-verify")
        // The end is cut off: the next checkpoint does not come to be as if nothing were.
        try await fixture.run("DELETE FROM audit_log WHERE id > \(bounds[0])")
        let cut = try await fixture.refusal("checkpoint-verify")
        #expect(cut.hasPrefix("2 findings, the first: " + second), "\(cut)")
        #expect(try await fixture.refusal("checkpoint-make").hasPrefix("the audit has no row after"))
    }

    @Test("cannot be changed, exchanged or taken out of the row by whoever writes the database")
    func forged() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        for _ in 0..<3 {
            try await fixture.acts(2)
            try await fixture.type("checkpoint-make")
        }
        try await fixture.run("CREATE TABLE kept AS SELECT * FROM audit_checkpoints")
        let attacks = [
            (
                "UPDATE audit_checkpoints SET statement = statement || '\\x0a' WHERE number = 2",
                "checkpoint 2 is not as it was signed"
            ),
            (
                "UPDATE audit_checkpoints SET signature = set_byte(signature, 3, get_byte(signature, 3) # 1) WHERE number = 2",
                "checkpoint 2 is not as it was signed"
            ),
            (
                "UPDATE audit_checkpoints SET (statement, signature) = (SELECT statement, signature FROM audit_checkpoints WHERE number = 1) WHERE number = 2",
                "checkpoint 2 is not as it was signed"
            ),
            ("DELETE FROM audit_checkpoints WHERE number = 2", "checkpoint 2 is missing"),
            ("DELETE FROM audit_checkpoints WHERE number = 1", "checkpoint 1 is missing"),
            ("DELETE FROM audit_checkpoints", "there is no checkpoint"),
        ]
        for (attack, finding) in attacks {
            try await fixture.run(attack)
            #expect(try await fixture.refusal("checkpoint-verify") == finding, "\(attack)")
            try await fixture.run("DELETE FROM audit_checkpoints; INSERT INTO audit_checkpoints SELECT * FROM kept")
        }
        _ = try await fixture.type("checkpoint-verify")
        try await fixture.run("UPDATE audit_checkpoints SET statement = statement || '\\x0a' WHERE number = 3")
        #expect(try await fixture.refusal("checkpoint-make") == "checkpoint 3 is not as it was signed")
        #expect(try await fixture.refusal("checkpoint-show", "3") == "checkpoint 3 is not as it was signed")
    }

    @Test("waits for a transaction that took a lower number, and covers its row")
    func late() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        let slow = try await Connection(fixture.custody.database.service)
        try await slow.run(
            script: "BEGIN; INSERT INTO audit_log (act, phase, subject, trace) VALUES ('late', 'result', '', '')"
        )
        try await fixture.acts(3)
        async let made = fixture.type("checkpoint-make")
        try await Task.sleep(for: .milliseconds(300))
        // Whoever begins now is not waited for.
        let after = try await Connection(fixture.custody.database.service)
        try await after.run(
            script: "BEGIN; INSERT INTO audit_log (act, phase, subject, trace) VALUES ('after', 'result', '', '')"
        )
        #expect(try await fixture.text("SELECT count(*)::text FROM audit_checkpoints") == ["0"])
        try await slow.run(script: "COMMIT")
        #expect(try await made.answer == "checkpoint 1")
        try await after.run(script: "COMMIT")
        let covered = try await fixture.text(
            """
            SELECT act FROM audit_log, audit_checkpoints
            WHERE act IN ('late', 'after') AND id <= substring(convert_from(statement, 'UTF8') FROM ' to ([0-9]+)')::bigint
            """
        )
        #expect(covered == ["late"])
        _ = try await fixture.type("checkpoint-verify")
        try await fixture.type("checkpoint-make")
        _ = try await fixture.type("checkpoint-verify")
        #expect(fixture.alarms.heard.isEmpty)
    }

    @Test("is refused while such a transaction does not end, and nothing is signed")
    func endless() async throws {
        let fixture = try await IdentityFixture(patience: .milliseconds(300))
        try await fixture.identity()
        let slow = try await Connection(fixture.custody.database.service)
        try await slow.run(
            script: "BEGIN; INSERT INTO audit_log (act, phase, subject, trace) VALUES ('late', 'result', '', '')"
        )
        let process = try await slow.execute("SELECT pg_backend_pid()::int8").int64(0, 0)
        let refusal = try await fixture.refusal("checkpoint-make")
        #expect(refusal.hasPrefix("a transaction of the database's process \(process) writes the audit"), "\(refusal)")
        try await slow.run(script: "ROLLBACK")
        try await fixture.type("checkpoint-make")
        _ = try await fixture.type("checkpoint-verify")
    }

    @Test("is made once, whoever else asks at the same time, and under load no row is counted wrongly")
    func together() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let connection = try await Connection(fixture.custody.database.service)
                    for act in 0..<150 {
                        let end = act % 7 == 0 ? "ROLLBACK" : "COMMIT"
                        try await connection.run(
                            script: """
                                BEGIN; INSERT INTO audit_log (act, phase, subject, trace)
                                VALUES ('load', 'result', '\(worker) \(act)', ''); SELECT pg_sleep(random() / 200); \(end)
                                """
                        )
                    }
                    return 0
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var made = 0
                    for _ in 0..<10 { made += (try? await fixture.type("checkpoint-make")) == nil ? 0 : 1 }
                    return made
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(made >= 10)
        _ = try await fixture.type("checkpoint-verify")
        #expect(fixture.alarms.heard.isEmpty)
        #expect(try await fixture.text("SELECT count(*)::text FROM audit_checkpoints") == ["\(made)"])
    }

    @Test("of many rows is read in pages, and an auditor's own query finds the same digest")
    func many() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        try await fixture.acts(25_000)
        let began = ContinuousClock.now
        let said = try await fixture.type("checkpoint-make").said
        print("checkpoint of 25,000 rows: \(began.duration(to: .now))")
        _ = try await fixture.type("checkpoint-verify")
        let digest = try #require(said.first { $0.hasPrefix("digest ") }?.dropFirst(7))
        let rows = try #require(said.first { $0.hasPrefix("rows ") })
        let high = try #require(rows.split(separator: " ").last.flatMap { Int($0) })
        let document = try String(
            contentsOf: BuiltProducts.packageRoot.appending(path: "docs/operations.md"),
            encoding: .utf8
        )
        let query = try #require(document.components(separatedBy: "\n```").first { $0.contains("FROM audit_digests(") })
        let sql = query.trimmingCharacters(in: .newlines).replacing("PREVIOUS", with: String(repeating: "0", count: 64))
            .replacing("LOW", with: "0").replacing("HIGH", with: "\(high)")
        #expect(try await fixture.text(sql) == [String(digest)])
    }

    @Test("says what it says in one form")
    func statement() {
        let statement = CheckpointStatement(
            home: "urn:x",
            database: UInt64.max,
            number: 7,
            rows: 3...9,
            count: 5,
            previous: CheckpointStatement.nothing,
            digest: [UInt8](0..<32),
            time: Date(timeIntervalSince1970: 1_800_000_000),
            identity: 2
        )
        let text = statement.text
        #expect(CheckpointStatement(text) == statement)
        for index in text.indices {
            var other = text
            other.remove(at: index)
            #expect(CheckpointStatement(other) != statement)
        }
        for (old, new) in [
            ("checkpoint 7", "checkpoint 07"), ("3 to 9", "9 to 3"), ("count 5", "count -5"), ("\n", "\r\n"),
            ("T08", "T8"), ("0a", "0A"), ("identity 2\n", "identity 2"), ("identity 2\n", "identity 2\n\n"),
        ] {
            #expect(CheckpointStatement(text.replacing(old, with: new)) == nil, "\(new)")
        }
    }
}
