import HomeMSSP
import HomeStore
import KeyVault
import MSSRuntime

/// What can be done at the home's console: its table of commands.
struct HomeConsole: Sendable {
    let vault: Vault
    let table: VaultKeyTable
    let cardImport: ImportCommand
    let evidence: EvidenceCommand

    var commands: [ConsoleCommand] {
        [
            ConsoleCommand("status", isAudited: false) { [self] call throws(ConsoleRefusal) in status() },
            cardImport.command, evidence.command,
        ]
    }

    /// Each audited command stands in `audit_log`, with the user and process at the console.
    func audit(_ act: ConsoleAct) async throws(ConsoleRefusal) {
        do throws(StoreError) {
            try await table.note("console " + act.command, act.phase.rawValue, act.outcome, by: act.peer.description)
        } catch { throw ConsoleRefusal("the audit cannot be written: \(error.line)") }
    }

    private func status() -> String { vault.isSealed ? "sealed" : "unsealed" }
}
