import Foundation
import MSSCore
import MSSRuntime

/// `evidence` at the home's console: one record goes to an auditor, sealed to their certificate.
struct EvidenceCommand: Sendable {
    /// Octets of an auditor's certificate at most.
    private static let mostOctets = 64 << 10

    let export: EvidenceExport

    var command: ConsoleCommand {
        ConsoleCommand("evidence", usage: "TRANSACTION", words: 1...1) { [self] call throws(ConsoleRefusal) in
            try await run(call)
        }
    }

    private func run(_ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        guard let id = TransactionID(call.words[0]) else {
            throw ConsoleRefusal("--transaction must be an MSSP_TransID, as the provider was told it")
        }
        var pem: [UInt8] = []
        while let part = try await call.octets() {
            pem += part
            guard pem.count <= Self.mostOctets else { throw ConsoleRefusal("--for: the file is too large") }
        }
        let made = try await export.make(id, for: pem, by: call.peer.description)
        if made.missing > 0 {
            try await call.report("\(made.missing) of its proofs are not stored any more: the record is without them")
        }
        try await call.hand(made.octets)
        return "\(made.octets.count) octets, for the certificate of SHA-256 \(made.auditor)"
    }
}

/// The caller's side of `evidence`: the certificate goes, the envelope comes and is written where nothing was.
struct EvidenceCall {
    private static let options = "--transaction ID --to FILE --for CERTIFICATE"
    static let usage = "evidence \(options) --config FILE"

    /// What the home is asked.
    let words: [String]
    private let path: String
    private let certificate: [UInt8]

    /// Reads the command line.
    ///
    /// - Throws: `StartError` that says what is wrong with it.
    init(_ invocation: Invocation) throws(StartError) {
        let options = invocation.options
        guard invocation.arguments.isEmpty, let id = options["transaction"], let path = options["to"],
            let auditor = options["for"]
        else { throw StartError(usage: "evidence wants \(Self.options)") }
        guard TransactionID(id) != nil else {
            throw StartError(usage: "--transaction must be an MSSP_TransID, as the provider was told it")
        }
        // Asked before the home is: an export that cannot be kept stands in the audit nevertheless.
        guard !NewFile.exists(path) else { throw StartError("\(path): is there already; nothing is overwritten") }
        certificate = try PublicFile.read(auditor, maximum: 64 << 10)
        self.path = path
        words = ["evidence", id]
    }

    /// The certificate in parts; empty after the last.
    func parts() -> (_ most: Int) -> [UInt8] {
        var rest = certificate[...]
        return { most in
            defer { rest = rest.dropFirst(most) }
            return Array(rest.prefix(most))
        }
    }

    /// Writes the envelope.
    func keep(_ octets: [UInt8]) throws(StartError) { try NewFile.write(octets, to: path) }
}
