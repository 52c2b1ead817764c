import KeyVault
import MSSCore
import MSSRuntime
import Signatures

/// `checkpoint` at the home's console: signs the audit as it stands, shows what was signed, and compares.
struct CheckpointCommands: Sendable {
    let checkpoints: AuditCheckpoints

    var commands: [ConsoleCommand] {
        [
            ConsoleCommand("checkpoint-make") { [self] call throws(ConsoleRefusal) in
                try await show(try await checkpoints.make(by: call.peer.description), call)
            },
            ConsoleCommand("checkpoint-show", usage: "NUMBER", words: 1...1, isAudited: false) {
                [self] call throws(ConsoleRefusal) in
                guard let number = Int64(call.words[0]), number > 0 else {
                    throw ConsoleRefusal("a checkpoint's number counts from 1")
                }
                return try await show(try await checkpoints.kept(number), call)
            },
            ConsoleCommand("checkpoint-verify") { [self] call throws(ConsoleRefusal) in
                try await checkpoints.verify { finding throws(ConsoleRefusal) in try await call.report(finding) }
            },
        ]
    }

    /// The statement for people, and below it the CMS that holds it, for `openssl cms -verify -inform PEM`.
    private func show(_ signed: AuditCheckpoints.Signed, _ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        for line in String(decoding: signed.signature.content, as: UTF8.self).split(separator: "\n") {
            try await call.report(String(line))
        }
        let message: [UInt8]
        do throws(SignatureError) { message = try signed.signature.message(by: signed.identity) } catch {
            throw ConsoleRefusal("checkpoint \(signed.statement.number) cannot be written: \(error)")
        }
        for line in PEM.lines("CMS", message) { try await call.report(line) }
        return "checkpoint \(signed.statement.number)"
    }
}
