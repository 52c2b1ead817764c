import KeyVault
import MSSRuntime

/// Where the KEKs are and who opens them, as `[vault]` says: by a credential on this host, or by people at the console.
struct KEKAccess: Sendable {
    enum Start: String, Sendable {
        /// The home unseals its vault itself; a token's PIN is in a file.
        case unattended
        /// Somebody brings the token's PIN, or custodians their shares, after each start.
        case sealed
    }

    private enum Place: Sendable {
        case file(String)
        /// A token's module and label; and its PIN, where a file holds it.
        case token(module: String, label: String, pin: String?)
    }

    let start: Start
    private let place: Place

    /// - Throws: One line for what is contradictory, missing or open to others.
    init(_ files: HomeConfiguration.VaultFiles, hasConsole: Bool) throws(StartError) {
        guard let start = Start(rawValue: files.start ?? Start.unattended.rawValue) else {
            throw StartError("vault.start must be unattended or sealed")
        }
        self.start = start
        switch (files.topKey, files.token) {
        case (let file?, nil): place = .file(file.path)
        case (nil, let token?):
            place = .token(module: token.module.path, label: token.label, pin: token.pin?.path)
        default: throw StartError("vault: either top_key or a table token must be there")
        }
        guard start == .unattended || hasConsole else {
            throw StartError("console.socket: a home that starts sealed is unsealed at its console, and has none")
        }
        try check()
    }

    var isFile: Bool { keeper == .file }

    var keeper: KEKKeeper {
        switch place {
        case .file: .file
        case .token: .token
        }
    }

    /// What is asked for where nobody says it: a file has no PIN.
    var usualWay: Custody.Way { isFile ? .shares : .pin }

    /// The KEKs, by what is on this host.
    func unattended() throws(VaultError) -> any KeyEncryptionKeys {
        switch place {
        case .file(let path): return FileKEK(path: path)
        case .token(let module, let label, _):
            return try TokenKEK(module: module, token: label, secret: try pin())
        }
    }

    /// The KEKs, by what somebody brought.
    func opened(by secret: CustodySecret) throws(VaultError) -> any KeyEncryptionKeys {
        switch place {
        case .file(let path):
            guard secret.kind == .unlockKey else {
                throw .keyEncryptionKey("the shares are of a token's PIN, not of a file")
            }
            return FileKEK(path: path, lock: secret)
        case .token(let module, let label, _): return try TokenKEK(module: module, token: label, secret: secret)
        }
    }

    /// The token's PIN, where a file holds it.
    func pin() throws(VaultError) -> CustodySecret {
        guard case .token(_, _, let file?) = place else { throw .keyFile("vault.token.pin is not configured") }
        do throws(StartError) {
            return try Self.pin(try SecretFile.read(file))
        } catch { throw .keyFile(error.description) }
    }

    private static func pin(_ octets: [UInt8]) throws(StartError) -> CustodySecret {
        do throws(VaultError) { return try .pin(octets.filter { $0 != UInt8(ascii: "\n") }) } catch {
            throw StartError("vault.token.pin: \(error)")
        }
    }

    /// What can be known of it before anything is opened.
    private func check() throws(StartError) {
        switch place {
        case .file(let path):
            let isLocked: Bool
            // Read here, so that one which others can read ends the start.
            do throws(VaultError) { isLocked = try FileKEK(path: path).isLocked(try Self.first(path)) } catch {
                throw StartError("vault.top_key: \(error)")
            }
            switch (start, isLocked) {
            case (.sealed, false):
                throw StartError(
                    "vault.start: \(path) opens without custodians: start unattended and run HomeMSSPService custodians"
                )
            case (.unattended, true):
                throw StartError("vault.top_key: custodians lock \(path): set vault.start = \"sealed\"")
            default: break
            }
        case .token(_, _, let pin):
            switch (start, pin) {
            case (.sealed, _?):
                throw StartError("vault.token.pin: a home that starts sealed keeps no PIN in a file: take it away")
            case (.unattended, nil):
                throw StartError("vault.token.pin: the PIN's file is missing, or set vault.start = \"sealed\"")
            default: break
            }
        }
    }

    /// The first KEK that there is: KEK-1 may have been destroyed after a rotation.
    private static func first(_ path: String) throws(VaultError) -> Int32 {
        let keks = FileKEK(path: path)
        var version: Int32 = 1
        while version < 64, try !keks.holds(version) { version += 1 }
        return version < 64 ? version : 1
    }
}
