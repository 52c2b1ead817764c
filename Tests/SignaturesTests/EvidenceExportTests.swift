import Alauda
import Crypto
import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime
import MSSTestSupport
import PostgreSQL
import Synchronization
import Testing

@testable import HomeMSSPService
@testable import Signatures

/// `evidence` as somebody at the console has it, on the real vault, database and certificates.
@Suite("The export of evidence")
struct EvidenceExportTests {
    @Test("gives the auditor alone a record that confirms itself, audited before it is handed over")
    func exported() async throws {
        let home = try await EvidenceHome()
        let id = try await home.sign("Pay 10 € to Ñandú?")
        let handed = try await home.run(id.description)
        let record = try EvidenceRecord(decoding: try await home.opened(handed.octets))
        #expect(try record.confirm(anchors: try home.ca.pki.octets("ca.pem")) == .valid)
        #expect(record.transaction == id.description && record.status == 502 && record.proofs.map(\.kind) == ["crl"])
        #expect(record.pages == ["Demo Bank", "Pay 10 € to Ñandú?"])
        #expect(record.request == Data("all that was asked".utf8) && record.times.sent != nil)
        let shown = try await home.ca.pki.openssl.run([
            "x509", "-in", "auditor.pem", "-noout", "-fingerprint", "-sha256",
        ])
        let fingerprint = try #require(shown.text.split(separator: "=").last)
            .lowercased().filter { $0.isHexDigit }
        #expect(handed.answer == "\(handed.octets.count) octets, for the certificate of SHA-256 \(fingerprint)")
        let digest = Hexadecimal.text(Array(SHA256.hash(data: handed.octets)))
        #expect(
            try await home.audit() == [
                "intent \(id) uid 1000 pid 7 for \(fingerprint) -", "result \(id) uid 1000 pid 7 ok \(digest)",
            ]
        )
    }

    @Test("at rest shows neither text nor person")
    func rest() async throws {
        let home = try await EvidenceHome()
        let id = try await home.sign("Only for the person's eyes")
        let row = try await home.owner.execute("SELECT sealed FROM evidence WHERE id = $1", [.text(id.description)])
        let sealed = try row.bytes(0, 0)
        #expect(sealed.count > 1_000)
        for secret in ["Only for", "+35840", Sample.apID, "all that was asked"] {
            #expect(sealed.firstRange(of: Array(secret.utf8)) == nil)
        }
        #expect(sealed.firstRange(of: home.user.der.suffix(40)) == nil)
    }

    @Test("names what there is not, and what is past its retention; both stand in the audit")
    func refused() async throws {
        let home = try await EvidenceHome()
        let id = try await home.sign("Kept for a day", days: 1)
        let unknown = TransactionID.random(prefix: Sample.homePrefix)
        #expect(await home.refusal(unknown.description)?.contains("there is no evidence of this transaction") == true)
        let day = Date(timeIntervalSinceNow: 86_400).formatted(.iso8601.year().month().day())
        let later = home.at(Date(timeIntervalSinceNow: 86_500))
        #expect(
            await later.refusal(id.description)
                == "the retention of this evidence ended on \(day): it is not exported any more"
        )
        #expect(await home.refusal(id.description) == nil)
        let audit = try await home.audit()
        #expect(audit.count == 6 && audit[1].contains("there is no evidence") && audit[3].contains("retention"))
        for words in ["", "h1", "h1' OR true --", id.description + "aaaa", id.description.uppercased()] {
            #expect(await home.refusal(words)?.contains("MSSP_TransID") == true)
        }
        for auditor in [[], Array("no certificate".utf8), [UInt8](repeating: 65, count: 70_000)] {
            #expect(await home.refusal(id.description, auditor: auditor)?.hasPrefix("--for: ") == true)
        }
        home.vault.reseal()
        #expect(await home.refusal(id.description) == "the vault is sealed")
    }

    @Test(
        "refuses a row that somebody changed, with an alarm",
        arguments: [
            "UPDATE evidence SET sealed = set_byte(sealed, octet_length(sealed) - 1, get_byte(sealed, 7) # 1)",
            "UPDATE evidence SET keep_until = keep_until + interval '1 day'",
            "UPDATE evidence SET sealed = (SELECT sealed FROM evidence WHERE id <> $1) WHERE id = $1",
            "UPDATE evidence SET sealed = repeat('x', 40)::bytea",
        ]
    )
    func forged(_ sql: String) async throws {
        let home = try await EvidenceHome()
        let id = try await home.sign("The first")
        _ = try await home.sign("The second")
        try await home.owner.execute(
            sql,
            sql.contains("$1") ? [.text(id.description)] : []
        )
        #expect(await home.refusal(id.description)?.contains("not as the home wrote it") == true)
        #expect(home.tally["home_alarms alarm=row_not_authentic"] == 1)
    }

    @Test("goes on without a proof that was removed or changed, and says so")
    func proofs() async throws {
        let home = try await EvidenceHome()
        let id = try await home.sign("With a list")
        for (sql, alarms) in [
            ("UPDATE evidence_proofs SET der = 'x'", 1), ("DELETE FROM evidence_proofs", 1),
        ] {
            try await home.owner.execute(sql)
            let handed = try await home.run(id.description)
            #expect(handed.said == ["1 of its proofs are not stored any more: the record is without them"])
            let record = try EvidenceRecord(decoding: try await home.opened(handed.octets))
            #expect(try record.confirm(anchors: try home.ca.pki.octets("ca.pem")) == .noFreshProof)
            #expect(home.tally["home_alarms alarm=row_not_authentic"] == alarms)
        }
    }

    @Test("costs little beside a signature: a figure for a person who looks")
    func cost() async throws {
        let home = try await EvidenceHome()
        let signature = try home.finished("Pay 10 € to Ñandú?")
        let keeper = home.keeper(days: 3_650)
        let kept = try keeper.keep(signature)
        #expect(kept.sealed.count < 2_200, "\(kept.sealed.count)")
        let rounds = 1_000
        let start = ContinuousClock.now
        for _ in 0..<rounds { _ = try keeper.keep(signature) }
        print("evidence: \(kept.sealed.count) octets, \(start.duration(to: .now) / rounds) to gather and seal")
    }
}

/// A vault, a database, a user with a certificate, a list that says it stands, and an auditor.
struct EvidenceHome {
    let ca: UserCA
    let user: User
    let vault: Vault
    let owner: Connection
    let tally = EventTally()
    private let service: Connection
    private let pool: Pool
    private let authority: UserAuthority
    private var now: @Sendable () -> Date = { Date() }

    init() async throws {
        ca = try await UserCA()
        user = try await ca.user()
        try await ca.list()
        let pki = ca.pki
        for name in ["home", "auditor"] {
            try await pki.openssl.run(
                ["req", "-x509", "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)"]
                    + ["-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            )
        }
        try pki.write([UInt8](repeating: 0x42, count: 32), to: "kek")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pki.path("kek"))
        let keks = FileKEK(path: pki.path("kek"))
        vault = try Vault(importKey: try pki.octets("home.key"), importCertificate: try pki.octets("home.pem"))
        try vault.unseal(try Vault.newKeys(under: 1, of: keks), with: keks)
        authority = try ca.authority()
        let database = try await PostgreSQLCluster.shared().database()
        owner = try await Connection(database.owner)
        service = try await Connection(database.service)
        pool = Pool(database.service, size: 2)
    }

    /// The same home at another time.
    func at(_ date: Date) -> EvidenceHome {
        var other = self
        other.now = { date }
        return other
    }

    func keeper(days: Int) -> SealedEvidence { SealedEvidence(vault: vault, authority: authority, days: days) }

    func finished(_ text: String) throws -> FinishedSignature {
        let card = Sample.card(1)
        var transaction = Sample.transaction(card, content: Array(text.utf8))
        transaction.command =
            DownMessage.sign(
                SignCommand(
                    transaction: transaction.txn,
                    key: 1,
                    algorithm: .p256,
                    head: try CardText("Demo Bank"),
                    text: try CardText(text),
                    form: [.signedAttributes, .utf8]
                )
            ).octets
        guard case .signature(var task) = transaction.task else { throw EvidenceError(reason: "no signature") }
        task.request = Array("all that was asked".utf8)
        return FinishedSignature(
            transaction: transaction,
            task: task,
            key: SubscriberKey(reference: 1, algorithm: .p256, publicKey: user.publicKey, certificate: user.der),
            octets: try user.signedData(Array(text.utf8)),
            status: .validSignature,
            sent: Date() - 5,
            answered: Date()
        )
    }

    /// Keeps the evidence of a signature over a text, as the home does with its end.
    func sign(_ text: String, days: Int = 3_650) async throws -> TransactionID {
        let signature = try finished(text)
        let kept = try keeper(days: days).keep(signature)
        try await service.execute(
            "INSERT INTO evidence (id, keep_until, sealed) VALUES ($1, to_timestamp($2::int8), $3)",
            [.text(signature.transaction.id.description), .int8(kept.until), .bytea(kept.sealed)]
        )
        for proof in kept.proofs {
            try await service.execute(
                """
                INSERT INTO evidence_proofs (digest, keep_until, kind, der)
                VALUES ($1, to_timestamp($2::int8), $3, $4) ON CONFLICT DO NOTHING
                """,
                [.bytea(proof.digest), .int8(kept.until), .text(proof.kind), .bytea(proof.octets())]
            )
        }
        return signature.transaction.id
    }

    struct Handed {
        var answer: String
        var said: [String]
        var octets: [UInt8]
    }

    func run(_ id: String, auditor: [UInt8]? = nil) async throws(ConsoleRefusal) -> Handed {
        let dialogue = Recipient((try? auditor ?? ca.pki.octets("auditor.pem")) ?? [])
        let export = EvidenceExport(
            vault: vault,
            table: EvidenceTable(pool: pool),
            tally: tally,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: now
        )
        let call = ConsoleCall(peer: ConsolePeer(uid: 1_000, pid: 7), words: [id], dialogue: dialogue)
        let answer = try await EvidenceCommand(export: export).command.work(call)
        return Handed(answer: answer, said: dialogue.said, octets: dialogue.handed)
    }

    /// Why nothing was handed over.
    func refusal(_ id: String, auditor: [UInt8]? = nil) async -> String? {
        do throws(ConsoleRefusal) {
            _ = try await run(id, auditor: auditor)
            return nil
        } catch { return error.description }
    }

    /// As the auditor opens it.
    func opened(_ envelope: [UInt8]) async throws -> [UInt8] {
        try await ca.pki.openssl.run(
            ["cms", "-decrypt", "-inform", "DER", "-inkey", "auditor.key", "-recip", "auditor.pem", "-binary"],
            input: envelope
        ).standardOutput
    }

    func audit() async throws -> [String] {
        let rows = try await owner.execute(
            """
            SELECT concat_ws(' ', phase, subject, peer, outcome, coalesce(encode(digest, 'hex'), '-')) FROM audit_log
            WHERE act = 'evidence export' ORDER BY id
            """
        )
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }
}

/// Who is at the console with a certificate, and takes what comes.
private final class Recipient: ConsoleDialogue {
    private struct State {
        var file: ArraySlice<UInt8>
        var said: [String] = []
        var handed: [UInt8] = []
    }

    private let state: Mutex<State>

    init(_ file: [UInt8]) {
        state = Mutex(State(file: file[...]))
    }

    var said: [String] { state.withLock { $0.said } }
    var handed: [UInt8] { state.withLock { $0.handed } }

    func report(_ line: String) async throws(ConsoleRefusal) { state.withLock { $0.said.append(line) } }

    func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] { throw ConsoleRefusal("nothing is typed") }

    func octets() async throws(ConsoleRefusal) -> [UInt8]? {
        state.withLock { state in
            guard !state.file.isEmpty else { return nil }
            defer { state.file = state.file.dropFirst(1_000) }
            return Array(state.file.prefix(1_000))
        }
    }

    func hand(_ octets: [UInt8]) async throws(ConsoleRefusal) { state.withLock { $0.handed += octets } }
}
