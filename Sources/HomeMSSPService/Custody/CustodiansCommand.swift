import HomeMSSP
import HomeStore
import KeyVault
import MSSCore
import MSSRuntime

/// `custodians` at the home's console: shares what opens the KEKs between people.
///
/// A file of a KEK is locked under a new key that only the shares give; of a token the PIN is shared. Each share is shown
/// once and typed back by its custodian before anything changes.
struct CustodiansCommand: Sendable {
    let custody: Custody
    let unsealing: Unsealing

    private static let tries = 3

    var command: ConsoleCommand {
        ConsoleCommand("custodians", usage: "OF NEED [pin|shares]", words: 2...3) {
            [self] call throws(ConsoleRefusal) in
            guard !unsealing.vault.isSealed else { throw ConsoleRefusal("the vault is sealed: unseal it first") }
            guard let count = Int(call.words[0]), let need = Int(call.words[1]) else {
                throw ConsoleRefusal("usage: custodians \(command.usage)")
            }
            let way = try Custody.Way(call, at: 2)
            return try await custody.act(way, call) { opened in
                try await share(opened, count, need, call)
            }
        }
    }

    private func share(
        _ opened: Custody.Opened,
        _ count: Int,
        _ need: Int,
        _ call: ConsoleCall
    ) async throws -> String {
        let keys = try await unsealing.stored()
        // What is to be shared must open this vault.
        try Vault.check(keys, with: opened.keks)
        try checkFiles(opened.keks)
        let secret = try secret(opened)
        let shares: [CustodianShare]
        do { shares = try Custodians.share(secret, count: count, need: need) } catch {
            throw ConsoleRefusal("\(error)")
        }
        for share in shares { try await hand(share, of: count, call) }
        // People took their time: what was read before may be of the past.
        guard try await unsealing.stored() == keys else {
            throw ConsoleRefusal("the vault's keys have changed meanwhile: nothing was changed, start anew")
        }
        try checkFiles(opened.keks)
        let set = shares.first.map { Hexadecimal.text([UInt8($0.set >> 8), UInt8($0.set & 0xFF)]) } ?? ""
        let what = "set \(set): \(need) of \(count)"
        try await note("intent", what, call)
        try await opened.confirm()
        if let file = opened.keks as? FileKEK {
            for key in Set(keys.map(\.kekVersion)) {
                // The secret was right: what fails here is nobody's guess, and says whether the shares hold.
                do throws(VaultError) { try file.relock(key, under: secret) } catch {
                    throw ConsoleRefusal("\(what): \(error)")
                }
            }
        }
        do throws(ConsoleRefusal) { try await note("result", what, call) } catch {
            throw ConsoleRefusal("\(what) open the vault from now on, keep them; but \(error)")
        }
        return "\(what) open the vault from now on; \(access.isFile ? Self.fileAdvice : Self.tokenAdvice)"
    }

    private var access: KEKAccess { custody.access }

    /// One file alone can be locked as a whole or not at all, wherever the process is killed.
    private func checkFiles(_ keks: any KeyEncryptionKeys) throws {
        guard access.isFile else { return }
        let versions = try (Int32(1)...64).filter { try keks.holds($0) }
        guard versions.count == 1 else {
            throw ConsoleRefusal(
                "there are KEK \(versions.map(String.init).joined(separator: " and ")): destroy-kek first"
            )
        }
    }

    private func secret(_ opened: Custody.Opened) throws -> CustodySecret {
        if access.isFile { return .newUnlockKey() }
        return try opened.secret ?? access.pin()
    }

    /// Shows a share on a page of its own and has it typed back.
    private func hand(_ share: CustodianShare, of count: Int, _ call: ConsoleCall) async throws(ConsoleRefusal) {
        try await call.page("share \(share.number) of \(count), for its custodian alone: \(share.text)")
        for _ in 0..<Self.tries {
            var typed = try await call.secret("write it down, then type it")
            defer { typed.wipe() }
            guard let reason = Self.objection(to: typed, share) else { return }
            try await call.report(reason)
        }
        throw ConsoleRefusal("share \(share.number) was not typed as it was shown: nothing was changed")
    }

    private static func objection(to typed: [UInt8], _ share: CustodianShare) -> String? {
        do throws(CustodianShare.Refusal) {
            return try CustodianShare(typed: typed) == share ? nil : "it is another share"
        } catch { return error.description }
    }

    private func note(_ phase: String, _ what: String, _ call: ConsoleCall) async throws(ConsoleRefusal) {
        do throws(StoreError) {
            try await unsealing.table.note("custodians", phase, what, by: call.peer.description)
        } catch { throw ConsoleRefusal("the audit cannot be written: \(error.line)") }
    }

    private static let fileAdvice = "set vault.start = \"sealed\" before the next start"
    private static let tokenAdvice =
        "take vault.token.pin and its file away and set vault.start = \"sealed\" before the next start"
}
