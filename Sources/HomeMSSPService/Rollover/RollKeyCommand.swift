import HomeMSSP
import MSSCore
import MSSRuntime

/// `roll-key` at the home's console: a card gets a new root key over the air.
struct RollKeyCommand: Sendable {
    let rollover: RootRollover

    var command: ConsoleCommand {
        ConsoleCommand("roll-key", usage: "MSISDN", words: 1...1) { [self] call throws(ConsoleRefusal) in
            try await run(call)
        }
    }

    private func run(_ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        guard let msisdn = MSISDN(call.words[0]) else { throw ConsoleRefusal(RollKeyCall.wanted) }
        do {
            let done = try await rollover.roll(msisdn, by: call.peer.description) { line in
                try await call.report(line)
            }
            return "KVN \(done.active) is in use, KVN \(done.retired) is dead on the card"
        } catch let refusal as RootRollover.Refusal {
            throw ConsoleRefusal(refusal.reason)
        } catch let refusal as ConsoleRefusal {
            throw refusal
        } catch { throw ConsoleRefusal("the rollover broke off; run it again") }
    }
}

/// The caller's side of `roll-key`.
struct RollKeyCall {
    static let usage = "roll-key --msisdn NUMBER"
    static let wanted = "roll-key wants --msisdn NUMBER, the card's in international form: +358…"

    /// What the home is asked.
    let words: [String]

    /// Reads the command line.
    ///
    /// - Throws: `StartError` that says what is wrong with it.
    init(_ invocation: Invocation) throws(StartError) {
        guard invocation.arguments.isEmpty, let number = invocation.options["msisdn"], MSISDN(number) != nil else {
            throw StartError(usage: Self.wanted)
        }
        words = ["roll-key", number]
    }
}
