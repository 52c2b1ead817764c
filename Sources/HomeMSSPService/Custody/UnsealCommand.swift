import KeyVault
import MSSRuntime

/// `unseal` at the home's console: the token's PIN or K shares open a vault that was sealed at start.
struct UnsealCommand: Sendable {
    let custody: Custody
    let unsealing: Unsealing
    /// Whether the database is still the one that this home left.
    let checkDatabase: @Sendable () async throws(StartError) -> Void

    var command: ConsoleCommand {
        ConsoleCommand("unseal", usage: "[pin|shares]", words: 0...1) { [self] call throws(ConsoleRefusal) in
            guard unsealing.vault.isSealed else { throw ConsoleRefusal("the vault is unsealed already") }
            let way = try Custody.Way(call, at: 0) ?? custody.access.usualWay
            do throws(StartError) { try await checkDatabase() } catch { throw ConsoleRefusal(error.description) }
            try await custody.attempt(way, call) { [unsealing, access = custody.access] secret in
                try await unsealing.unseal("by \(way.rawValue)", by: call.peer.description) { () throws(VaultError) in
                    try access.opened(by: secret)
                }
            }
            return "unsealed"
        }
    }
}

extension Custody.Way {
    /// The word of a command that says which secret is brought; `nil` where there is none.
    init?(_ call: ConsoleCall, at index: Int) throws(ConsoleRefusal) {
        guard call.words.indices.contains(index) else { return nil }
        guard let way = Self(rawValue: call.words[index]) else { throw ConsoleRefusal("it must be pin or shares") }
        self = way
    }
}
