import HomeMSSP
import HomeStore
import KeyVault
import MSSRuntime

/// What can be done at the home's console: its table of commands.
struct HomeConsole: Sendable {
    let vault: Vault
    let table: VaultKeyTable
    let acts: [ConsoleCommand]

    var commands: [ConsoleCommand] {
        [
            ConsoleCommand("status", isAudited: false) { [self] call throws(ConsoleRefusal) in try await status() }
        ] + acts
    }

    /// Each audited command stands in `audit_log`, with the user and process at the console.
    func audit(_ act: ConsoleAct) async throws(ConsoleRefusal) {
        do throws(StoreError) {
            try await table.note("console " + act.command, act.phase.rawValue, act.outcome, by: act.peer.description)
        } catch { throw ConsoleRefusal("the audit cannot be written: \(error.line)") }
    }

    private func status() async throws(ConsoleRefusal) -> String {
        let state = vault.isSealed ? "sealed" : "unsealed"
        do throws(StoreError) {
            let newest = try await table.rows(until: .now + .seconds(5)).map(\.kekVersion).max()
            return newest.map { "\(state), KEK \($0)" } ?? "\(state), no keys yet"
        } catch { return "\(state), database: \(error.line)" }
    }
}
