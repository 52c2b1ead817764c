import Alauda
import Crypto
import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSRuntime
import Signatures

/// Makes of the evidence of one transaction what an auditor can open, and nobody else.
struct EvidenceExport: Sendable {
    let vault: Vault
    let table: EvidenceTable
    let tally: any Tally
    let logger: Logger
    var now: @Sendable () -> Date = { Date() }

    /// An envelope, and what is said of it at the console.
    struct Made: Sendable {
        var octets: [UInt8]
        /// SHA-256 of the auditor's certificate, in hexadecimal digits.
        var auditor: String
        /// Proofs that the record names and storage does not have any more.
        var missing: Int
    }

    /// Opens, completes and seals it anew; the intent is audited before, what was made of it after.
    ///
    /// - Parameters:
    ///   - id: MSSP_TransID.
    ///   - pem: The auditor's certificate.
    ///   - who: At the console.
    /// - Returns: What may be handed over: it stands in the audit.
    /// - Throws: `ConsoleRefusal` with what is wrong and who can help.
    func make(_ id: TransactionID, for pem: [UInt8], by who: String) async throws(ConsoleRefusal) -> Made {
        let auditor: String
        do throws(SignatureError) { auditor = Hexadecimal.text(try EvidenceEnvelope.fingerprint(of: pem)) } catch {
            throw ConsoleRefusal("--for: \(error)")
        }
        try await note(id, "intent", "for \(auditor)", nil, who)
        do throws(ConsoleRefusal) {
            let made = try await sealed(id, pem, auditor)
            try await note(id, "result", "ok", Array(SHA256.hash(data: made.octets)), who)
            tally.count("home_evidence_exports", [("outcome", "ok")])
            return made
        } catch {
            tally.count("home_evidence_exports", [("outcome", "refused")])
            try? await note(id, "result", error.description, nil, who)
            throw error
        }
    }

    private func sealed(_ id: TransactionID, _ pem: [UInt8], _ auditor: String) async throws(ConsoleRefusal) -> Made {
        let kept = try await kept(id)
        let proofs = try await proofs(of: kept)
        do throws(SignatureError) {
            let record = try EvidenceRecord(kept, pages: pages(of: kept), proofs: proofs)
            return Made(
                octets: try EvidenceEnvelope.seal(record, for: pem),
                auditor: auditor,
                missing: kept.proofs.count - proofs.count
            )
        } catch { throw ConsoleRefusal("the record cannot be made: \(error)") }
    }

    /// What was kept, as the vault sealed it.
    private func kept(_ id: TransactionID) async throws(ConsoleRefusal) -> KeptSignature {
        let row: EvidenceTable.Row?
        do throws(StoreError) { row = try await table.row(id, until: Self.soon) } catch {
            throw ConsoleRefusal("the database cannot be asked: \(error.line)")
        }
        guard let row else {
            throw ConsoleRefusal(
                "there is no evidence of this transaction: it ended without a signature, never was, or was removed when its time was over"
            )
        }
        guard row.until > Int64(now().timeIntervalSince1970) else {
            let day = Date(timeIntervalSince1970: Double(row.until)).formatted(.iso8601.year().month().day())
            throw ConsoleRefusal("the retention of this evidence ended on \(day): it is not exported any more")
        }
        let octets: [UInt8]
        do throws(VaultError) {
            octets = try vault.open(evidence: row.sealed, of: id.description, until: row.until)
        } catch {
            guard error == .damagedEvidence else { throw ConsoleRefusal(error.description) }
            throw forged("evidence")
        }
        do throws(SignatureError) { return try KeptSignature(decoding: octets) } catch {
            throw ConsoleRefusal(error.description)
        }
    }

    /// Those that the record names; one whose octets are not of its name is none.
    private func proofs(of kept: KeptSignature) async throws(ConsoleRefusal) -> [RevocationProof] {
        let stored: [[UInt8]: [UInt8]]
        do throws(StoreError) { stored = try await table.proofs(kept.proofs.map(\.digest), until: Self.soon) } catch {
            throw ConsoleRefusal("the database cannot be asked: \(error.line)")
        }
        return kept.proofs.compactMap { name in
            guard let der = stored[name.digest] else { return nil }
            guard MessageDigest.sha256(der) == name.digest else {
                _ = forged("evidence_proofs")
                return nil
            }
            return RevocationProof(name.kind, der)
        }
    }

    /// What the phone showed of the command that was kept.
    private func pages(of kept: KeptSignature) -> [String] {
        guard case .sign(let command)? = try? DownMessage(decoding: kept.command) else { return [] }
        return Pages(command).pages.map { $0.text.text ?? "" }
    }

    private func forged(_ name: String) -> ConsoleRefusal {
        tally.count("home_alarms", [("alarm", "row_not_authentic")])
        logger.critical(
            "ALARM: a row of the database is not as the home wrote it",
            metadata: ["table": "\(name, as: .open)"]
        )
        return ConsoleRefusal("the evidence is not as the home wrote it: restore its row from a backup")
    }

    private func note(
        _ id: TransactionID,
        _ phase: String,
        _ outcome: String,
        _ digest: [UInt8]?,
        _ who: String
    ) async throws(ConsoleRefusal) {
        do throws(StoreError) {
            try await table.note(id, phase: phase, outcome: outcome, digest: digest, by: who, until: Self.soon)
        } catch { throw ConsoleRefusal("the audit cannot be written: \(error.line)") }
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(5) }
}
