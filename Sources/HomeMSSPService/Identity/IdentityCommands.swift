import Foundation
import KeyVault
import MSSCore
import MSSRuntime
import Signatures

/// `identity` at the home's console: the platform's signing key is made in the vault, certified, and replaced.
struct IdentityCommands: Sendable {
    /// Octets of a certificate and those above it at most.
    private static let mostOctets = 64 << 10

    let identity: PlatformIdentity

    var commands: [ConsoleCommand] {
        [
            ConsoleCommand("identity-show", isAudited: false) { [self] call throws(ConsoleRefusal) in
                try await show(call)
            },
            ConsoleCommand("identity-make") { [self] call throws(ConsoleRefusal) in
                let made = try await identity.make(by: call.peer.description)
                return "identity \(made.number) is made: ask a CA for its certificate with identity request"
            },
            ConsoleCommand("identity-request") { [self] call throws(ConsoleRefusal) in
                let (record, request) = try await identity.request()
                for line in PEM.lines("CERTIFICATE REQUEST", request) { try await call.report(line) }
                return "identity \(record.number) asks for a certificate of \(identity.name)"
            },
            ConsoleCommand("identity-install") { [self] call throws(ConsoleRefusal) in try await install(call) },
        ]
    }

    private func show(_ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        let all = try await identity.all()
        for record in all { try await call.report(Self.line(record)) }
        guard let active = all.last(where: { $0.state == .active }) else {
            return "no identity signs: identity make, request and install"
        }
        return "identity \(active.number) signs"
    }

    private func install(_ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        var pem: [UInt8] = []
        while let part = try await call.octets() {
            pem += part
            guard pem.count <= Self.mostOctets else { throw ConsoleRefusal("the file of certificates is too large") }
        }
        return Self.line(try await identity.install(pem, by: call.peer.description))
    }

    /// Number, state, and of the certificate its end and its SHA-256.
    private static func line(_ record: IdentityRecord) -> String {
        var line = "identity \(record.number) is \(record.state.rawValue)"
        if let der = record.chain.first, let certificate = try? UserCertificate(der: der) {
            let day = certificate.notAfter.formatted(.iso8601.year().month().day())
            line += ", certificate valid until \(day), SHA-256 \(PlatformIdentity.fingerprint(of: record))"
        }
        return line
    }
}

/// Octets in the text that openssl reads (RFC 7468).
enum PEM {
    static func lines(_ label: String, _ octets: [UInt8]) -> [String] {
        let text = Data(octets).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return ["-----BEGIN \(label)-----"] + text.split(separator: "\n").map { String($0) } + [
            "-----END \(label)-----"
        ]
    }
}

/// The caller's side of `identity` and `checkpoint`: which command it is, and the file that goes along.
struct IdentityCall {
    static let commands = ["identity", "checkpoint"]

    /// What the home is asked.
    let words: [String]
    /// Goes along.
    private let file: [UInt8]

    /// Reads the command line.
    ///
    /// - Throws: `StartError` that says what is wrong with it.
    init(_ invocation: Invocation) throws(StartError) {
        guard invocation.options.isEmpty else { throw StartError("an option of another command") }
        let arguments = invocation.arguments
        switch (invocation.command, arguments.first, arguments.count) {
        case ("identity", "show"?, 1), ("identity", "make"?, 1), ("identity", "request"?, 1):
            (words, file) = (["identity-" + arguments[0]], [])
        case ("identity", "install"?, 2):
            words = ["identity-install"]
            file = try PublicFile.read(arguments[1], maximum: 64 << 10)
        case ("checkpoint", nil, _): (words, file) = (["checkpoint-make"], [])
        case ("checkpoint", "verify"?, 1): (words, file) = (["checkpoint-verify"], [])
        case ("checkpoint", "show"?, 2) where Int64(arguments[1]).map { $0 > 0 } == true:
            (words, file) = (["checkpoint-show", arguments[1]], [])
        case ("identity", _, _): throw StartError("identity wants show, make, request or install FILE")
        default: throw StartError("checkpoint wants nothing, show NUMBER or verify")
        }
    }

    /// The file in parts; empty after the last.
    func parts() -> (_ most: Int) -> [UInt8] {
        var rest = file[...]
        return { most in
            defer { rest = rest.dropFirst(most) }
            return Array(rest.prefix(most))
        }
    }
}
