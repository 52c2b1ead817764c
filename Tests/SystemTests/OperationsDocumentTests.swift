import Foundation
import MSSTestSupport
import Synchronization
import Testing

/// What an operator types stands in docs/operations.md; here it is typed as it stands there.
@Suite("The commands of docs/operations.md", .serialized)
struct OperationsDocumentTests {
    @Test("do what the document says: unseal, new KEK, outage, fail-over, restore")
    func asWritten() async throws {
        let home = try await HomeProcess.start("operations")
        let operator_ = try Operator(home)
        try await custodians(operator_)
        try await kek(operator_)
        try await looking(operator_)
        let rolled = try await operator_.run("Rolling a card's key", "roll-key")
        #expect(rolled.said.last == "KVN 2 is in use, KVN 1 is dead on the card", "\(rolled)")
        try await identity(operator_)
        try await restoring(operator_)
        #expect(operator_.left.isEmpty, "nobody ran \(operator_.left)")
    }

    private func custodians(_ who: Operator) async throws {
        #expect(try await who.run("The console", "status").said == ["unsealed, KEK 1"])
        let made = try await who.run("Sealed at start", "custodians") { shown in
            guard shown.contains("for its custodian alone: ") else { return nil }
            let share = shown.split(separator: " ").last.map { String($0) } ?? ""
            who.keep(share)
            return share
        }
        #expect(made.status == 0 && who.shares.count == 5, "\(made.errors)")
        try who.home.change("start = \"unattended\"", to: "start = \"sealed\"")
        for command in ["unseal --config", "unseal --shares"] {
            try await who.home.stop()
            try await who.home.start(until: #""vault":"sealed""#)
            #expect(try await who.signature().fault == "780")
            let chosen = Array(who.shares.shuffled()[..<3])
            let mistyped = try await who.home.type("unseal --shares", [String(chosen[0].dropLast())])
            #expect(mistyped.said.contains { $0.hasPrefix("the 1st share: it is mistyped") }, "\(mistyped)")
            let unsealed = try await who.run("Sealed at start", command, typing: chosen)
            #expect(unsealed.said == ["unsealed"], "\(unsealed)")
            try await who.home.awaitReady()
            #expect(try await who.signature().status == "500")
        }
    }

    private func kek(_ who: Operator) async throws {
        let rotated = try await who.run("Replacing the KEK", "rotate-kek", typing: Array(who.shares[..<3]))
        #expect(rotated.said.last?.hasPrefix("257 keys are wrapped under KEK 2") == true, "\(rotated)")
        let destroyed = try await who.run("Replacing the KEK", "destroy-kek", typing: Array(who.shares[2...]))
        #expect(destroyed.said.last?.hasPrefix("KEK 1 is destroyed") == true, "\(destroyed)")
        #expect(!FileManager.default.fileExists(atPath: who.home.platform.file("state/vault-top-key")))
        try await who.home.stop()
        try await who.unsealedStart()
    }

    private func looking(_ who: Operator) async throws {
        let ready = try await who.run("SMSC outage", "/ready")
        #expect(
            ready.said.joined().contains(#""smsc":true"#) && ready.said.joined().contains("smsc.primary"),
            "\(ready)"
        )
        let metrics = try await who.run("SMSC outage", "mssp_simlink_")
        #expect(metrics.said.contains { $0.hasPrefix("mssp_simlink_sessions_bound_total") }, "\(metrics)")
        let homes = try await who.run("Several homes, and fail-over", "pg_locks")
        #expect(homes.said.joined().contains("(1 row)") || homes.said.joined().contains("1 "), "\(homes)")
    }

    private func identity(_ who: Operator) async throws {
        let section = "The platform's identity"
        let made = try await who.run(section, "identity make")
        #expect(made.said.last?.hasPrefix("identity 2 is made") == true, "\(made)")
        _ = try await who.run(section, "identity request")
        let ca = """
            cp ../pki/identity-ca.pem ../pki/identity-ca.key . &&
            openssl x509 -req -in identity-request.pem -CA identity-ca.pem -CAkey identity-ca.key -copy_extensions copy \
                -days 2 -out identity.pem 2>&1
            """
        let certified = try await ConsoleTyping.run(ca, in: who.home.platform.file("config"))
        #expect(certified.status == 0, "\(certified)")
        let installed = try await who.run(section, "identity install")
        #expect(
            installed.said.last?.hasPrefix("identity 2 is active, certificate valid until ") == true,
            "\(installed)"
        )
        let shown = try await who.run(section, "identity show")
        #expect(shown.said.last == "identity 2 signs", "\(shown)")
        try await checkpoints(who)
    }

    private func checkpoints(_ who: Operator) async throws {
        let section = "Checkpoints of the audit"
        let made = try await who.run(section, "home.toml > checkpoint-1.txt")
        #expect(made.status == 0, "\(made)")
        let verified = try await who.run(section, "openssl cms -verify")
        #expect(verified.status == 0 && verified.said.first == "mssp audit checkpoint", "\(verified)")
        #expect(verified.said.contains("home urn:mssp:demo:home"), "\(verified)")
        #expect(try await who.signature().status == "500")
        let fits = try await who.run(section, "checkpoint verify")
        #expect(fits.said.last?.contains("fit checkpoints 1 to 1") == true, "\(fits)")
        let same = try await who.run(section, "| diff")
        #expect(same.status == 0 && same.said.isEmpty, "\(same)")
        _ = try await who.home.platform.rows(
            "UPDATE audit_log SET outcome = 'nothing' WHERE id = (SELECT min(id) FROM audit_log)"
        )
        let found = try await who.home.type("checkpoint verify")
        #expect(found.status == 70 && found.errors.contains("a row was changed"), "\(found)")
        #expect(try await who.home.ask("metrics").contains("audit_changed"))
    }

    private func restoring(_ who: Operator) async throws {
        let dump = try await who.run("Restoring", "pg_dump")
        #expect(dump.status == 0, "\(dump.errors)")
        for _ in 0..<3 { #expect(try await who.signature().status == "500") }
        let spent = try await who.counters()
        try await who.home.stop()
        let read = try await who.run("Restoring", "pg_restore")
        #expect(read.status == 0, "\(read.errors)")
        let refused = try await who.home.run()
        #expect(refused.status == 78 && refused.errors.split(separator: "\n").count == 1, "\(refused)")
        #expect(refused.errors.contains("HomeMSSPService restore"), "\(refused.errors)")
        let restored = try await who.run("Restoring", "restore --config")
        #expect(restored.said.last?.hasPrefix("epoch 1: counters of ") == true, "\(restored)")
        let moved = try await who.counters()
        #expect(moved.packet > spent.packet && moved.frame > spent.frame && moved.packet >= 1 << 16)
        try await who.unsealedStart()
        let answer = try await who.signature()
        #expect(answer.status == "500", "\(answer.body)")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: who.home.platform) == "As written")
        #expect(try await who.home.type("identity show").said.last == "identity 2 signs")
    }
}

/// Somebody who has the document before them.
private final class Operator: Sendable {
    let home: HomeProcess
    private let document: OperationsDocument
    private let kept = Mutex<[String]>([])
    private let done = Mutex<Set<String>>([])

    init(_ home: HomeProcess) throws {
        self.home = home
        document = try OperationsDocument()
    }

    var shares: [String] { kept.withLock { $0 } }
    func keep(_ share: String) { kept.withLock { $0.append(share) } }

    /// What stands in the document and was not run.
    var left: [String] {
        let done = done.withLock { $0 }
        return document.commands.map(\.line).filter { !done.contains($0) }
    }

    /// Runs the line of a section that has this word.
    func run(
        _ section: String,
        _ word: String,
        typing lines: [String] = [],
        answer: (@Sendable (String) -> String?)? = nil
    ) async throws -> ConsoleTyping.Result {
        let line = try #require(document.lines(section).first { $0.contains(word) }, "\(section): \(word)")
        done.withLock { _ = $0.insert(line) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try await ConsoleTyping.run(
            line.replacing("127.0.0.1:9191", with: "127.0.0.1:\(home.operatorPort)")
                .replacing("+358401234567", with: try home.platform.extraNumber(2)),
            in: home.platform.file("config"),
            environment: ["PATH": BuiltProducts.folder.path + ":" + path, "OWNER": try home.platform.owner()],
            typing: lines,
            answer: answer
        )
    }

    func unsealedStart() async throws {
        try await home.start(until: #""vault":"sealed""#)
        let unsealed = try await home.type("unseal", Array(shares[..<3]))
        #expect(unsealed.said == ["unsealed"], "\(unsealed)")
        try await home.awaitReady(#""smsc":true,"smsc.primary":true,"vault":true"#)
    }

    func signature() async throws -> Provider.Answer {
        try await Provider(home.platform).sign("As written", by: home.platform.extraNumber(2))
    }

    /// Of the card that signs.
    func counters() async throws -> (packet: Int, frame: Int) {
        let number = try home.platform.extraNumber(2)
        let rows = try await home.platform.rows(
            "SELECT packet, frame FROM card_counters JOIN cards USING (iccid) WHERE msisdn = '\(number)'"
        )
        let values = try #require(rows.first).split(separator: "|").compactMap { Int($0) }
        try #require(values.count == 2)
        return (values[0], values[1])
    }
}
