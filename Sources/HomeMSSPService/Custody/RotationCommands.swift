import HomeMSSP
import HomeStore
import KeyVault
import MSSRuntime

/// `rotate-kek` and `destroy-kek` at the home's console, while homes serve.
///
/// The keys of the vault stay what they are, so nothing that runs is disturbed: what is unwrapped stays unwrapped, and
/// who starts unwraps with the KEK that the rows name.
struct RotationCommands: Sendable {
    let custody: Custody
    let unsealing: Unsealing

    var commands: [ConsoleCommand] {
        [
            ConsoleCommand("rotate-kek", usage: "[pin|shares]", words: 0...1) { [self] call throws(ConsoleRefusal) in
                guard !unsealing.vault.isSealed else { throw ConsoleRefusal("the vault is sealed: unseal it first") }
                return try await custody.act(try Custody.Way(call, at: 0), call) { try await rotate($0, call) }
            },
            ConsoleCommand("destroy-kek", usage: "VERSION [pin|shares]", words: 1...2) {
                [self] call throws(ConsoleRefusal) in
                guard let version = Int32(call.words[0]), version > 0 else {
                    throw ConsoleRefusal("a KEK's version is a number from 1")
                }
                return try await custody.act(try Custody.Way(call, at: 1), call) {
                    try await destroy(version, $0, call)
                }
            },
        ]
    }

    /// Killed anywhere it may be called again: a KEK that was made and wraps nothing yet is taken up.
    private func rotate(_ opened: Custody.Opened, _ call: ConsoleCall) async throws -> String {
        let keks = opened.keks
        let keys = try await unsealing.stored()
        guard let old = keys.map(\.kekVersion).max() else { throw ConsoleRefusal("the vault has no keys") }
        try Vault.check(keys, with: keks)
        let new = old + 1
        try await note("KEK rotation", "intent", "KEK \(old) to KEK \(new)", call)
        try await opened.confirm()
        // The secret was right: what fails from here on is nobody's guess.
        if try refusing({ () throws(VaultError) in try keks.holds(new) }) {
            try await call.report("KEK \(new) is there already, from a rotation that was broken off")
        } else {
            try refusing { () throws(VaultError) in try keks.create(new) }
        }
        let rewrapped = try refusing { () throws(VaultError) in
            try Vault.rewrapped(keys, under: new, of: keks)
        }
        guard try await keep(rewrapped, call) else {
            throw ConsoleRefusal("somebody else has rotated at the same time")
        }
        unsealing.note(newest: new)
        return
            "\(rewrapped.count) keys are wrapped under KEK \(new); KEK \(old) is there until destroy-kek --kek \(old)"
    }

    private func destroy(
        _ version: Int32,
        _ opened: Custody.Opened,
        _ call: ConsoleCall
    ) async throws -> String {
        let keks = opened.keks
        let keys = try await unsealing.stored()
        // Whatever still needs it, and whatever does not open without it.
        guard let oldest = keys.map(\.kekVersion).min(), version < oldest else {
            throw ConsoleRefusal("keys of the vault are wrapped under KEK \(version) or an older one: rotate first")
        }
        try Vault.check(keys, with: keks)
        guard try refusing({ () throws(VaultError) in try keks.holds(version) }) else {
            return "KEK \(version) is not there"
        }
        try await note("KEK destruction", "intent", "KEK \(version)", call)
        try await opened.confirm()
        try refusing { () throws(VaultError) in try keks.destroy(version) }
        try await note("KEK destruction", "result", "KEK \(version)", call)
        return "KEK \(version) is destroyed: backups that were made while it was in use open no more"
    }

    private func keep(_ keys: [WrappedKey], _ call: ConsoleCall) async throws(ConsoleRefusal) -> Bool {
        do throws(StoreError) {
            return try await unsealing.table.rotate(
                keys.map(\.row),
                by: call.peer.description,
                until: .now + .seconds(5)
            )
        } catch { throw ConsoleRefusal("database: \(error.line); ask status which KEK is in use") }
    }

    private func refusing<Value>(_ work: () throws(VaultError) -> Value) throws(ConsoleRefusal) -> Value {
        do throws(VaultError) { return try work() } catch { throw ConsoleRefusal(error.description) }
    }

    private func note(
        _ act: String,
        _ phase: String,
        _ what: String,
        _ call: ConsoleCall
    ) async throws(ConsoleRefusal) {
        do throws(StoreError) {
            try await unsealing.table.note(act, phase, what, by: call.peer.description)
        } catch { throw ConsoleRefusal("the audit cannot be written: \(error.line)") }
    }
}
