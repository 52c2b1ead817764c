import HomeMSSP
import HomeStore
import KeyVault
import MSSCore
import MSSRuntime
import PostgreSQL

/// The vault's KEKs in the hands of people at the console: one act at a time among all homes of the database, wrong
/// secrets slow the next one down.
actor Custody {
    /// What somebody brings.
    enum Way: String, Sendable, CaseIterable {
        case pin, shares
    }

    /// KEKs that are open for one act, and what opened them where it was brought.
    struct Opened: Sendable {
        var keks: any KeyEncryptionKeys
        var secret: CustodySecret?
        fileprivate var hold: CustodyLock.Hold

        /// Asked right before anything is changed: no other home may have come in between.
        func confirm() async throws(ConsoleRefusal) {
            do throws(StoreError) { try await hold.confirm() } catch {
                throw ConsoleRefusal(
                    "the database's lock on the vault's keys was lost (\(error.line)): nothing was changed, start anew"
                )
            }
        }
    }

    let access: KEKAccess
    /// Files and tokens block, and what is done with them is done here, on no event loop.
    private let executor = ConsoleExecutor()
    private let lock: CustodyLock
    private let tally: any Tally
    private var attempts = Attempts()
    private var isBusy = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ access: KEKAccess, lock: CustodyLock, tally: any Tally) {
        self.access = access
        self.lock = lock
        self.tally = tally
    }

    /// Asks for what opens the KEKs, and lets nobody else do so until `work` is done with it.
    ///
    /// - Parameters:
    ///   - way: Which secret; `nil` for the one that this keeper usually wants.
    ///   - call: Whom to ask.
    ///   - work: Tries the secret; a `VaultError` says that it was wrong.
    /// - Returns: What `work` did.
    /// - Throws: Why nobody may try now, what was wrong with what was entered, or what `work` threw.
    func attempt<Value: Sendable>(
        _ way: Way?,
        _ call: ConsoleCall,
        _ work: @Sendable (CustodySecret) async throws -> Value
    ) async throws(ConsoleRefusal) -> Value {
        try begin()
        defer { isBusy = false }
        return try await tried(way, call, work)
    }

    /// The same for what changes KEKs or what opens them: no other home of the database does so meanwhile.
    ///
    /// Nobody is asked for a secret at a home that has what opens the KEKs.
    func act<Value: Sendable>(
        _ way: Way?,
        _ call: ConsoleCall,
        _ work: @Sendable (Opened) async throws -> Value
    ) async throws(ConsoleRefusal) -> Value {
        try begin()
        defer { isBusy = false }
        do {
            return try await lock.hold { hold in
                guard access.start == .sealed else {
                    return try await work(Opened(keks: try access.unattended(), secret: nil, hold: hold))
                }
                return try await tried(way, call) { [access] secret in
                    try await work(Opened(keks: try access.opened(by: secret), secret: secret, hold: hold))
                }
            }
        } catch { throw Self.refusal(error) }
    }

    private func tried<Value: Sendable>(
        _ way: Way?,
        _ call: ConsoleCall,
        _ work: @Sendable (CustodySecret) async throws -> Value
    ) async throws(ConsoleRefusal) -> Value {
        let secret = try await asked(way, call)
        do {
            let value = try await work(secret)
            attempts.succeeded()
            tally.count("vault_secrets_tried", [("outcome", "ok")])
            return value
        } catch let error as VaultError {
            throw failed(error.description)
        } catch Unsealing.Failure.refused(let reason) {
            throw failed(reason)
        } catch { throw Self.refusal(error) }
    }

    private static func refusal(_ error: any Error) -> ConsoleRefusal {
        switch error {
        case let error as ConsoleRefusal: error
        case let error as VaultError: ConsoleRefusal(error.description)
        case let error as Unsealing.Failure: ConsoleRefusal(error.reason)
        case let error as StoreError: ConsoleRefusal(error.line)
        case let error as PostgreSQLError: ConsoleRefusal("database: \(error.reason)")
        default: ConsoleRefusal("it was broken off")
        }
    }

    private func begin() throws(ConsoleRefusal) {
        guard !isBusy else { throw ConsoleRefusal("somebody else is at the vault's keys: wait until they are done") }
        if let wait = attempts.wait(at: .now) {
            let seconds = Int((wait / .seconds(1)).rounded(.up))
            throw ConsoleRefusal("wait \(seconds) s; wrong secrets in a row: \(attempts.failures)")
        }
        isBusy = true
    }

    private func failed(_ reason: String) -> ConsoleRefusal {
        attempts.failed(at: .now)
        tally.count("vault_secrets_tried", [("outcome", "refused")])
        return ConsoleRefusal(reason)
    }

    private func asked(_ way: Way?, _ call: ConsoleCall) async throws(ConsoleRefusal) -> CustodySecret {
        switch way ?? access.usualWay {
        case .pin:
            var typed = try await call.secret("PIN of the token")
            defer { typed.wipe() }
            do throws(VaultError) { return try .pin(typed) } catch { throw ConsoleRefusal(error.description) }
        case .shares: return try await gathered(call)
        }
    }

    /// Shares until there are enough; one that is mistyped may be typed again, twice.
    private func gathered(_ call: ConsoleCall) async throws(ConsoleRefusal) -> CustodySecret {
        var shares: [CustodianShare] = []
        var patience = 3
        while shares.count < max(1, shares.first.map { Int($0.need) } ?? 1) {
            let of = shares.first.map { " of \($0.need)" } ?? ""
            var typed = try await call.secret("share, the \(Self.ordinal(shares.count + 1))\(of)")
            defer { typed.wipe() }
            let reason: String
            do {
                let share = try CustodianShare(typed: typed)
                try Custodians.admit(share, to: shares)
                shares.append(share)
                continue
            } catch { reason = "the \(Self.ordinal(shares.count + 1)) share: \(error)" }
            patience -= 1
            guard patience > 0 else { throw ConsoleRefusal(reason) }
            try await call.report(reason)
        }
        do throws(Custodians.Refusal) { return try Custodians.combine(shares) } catch {
            throw failed(error.description)
        }
    }

    private static func ordinal(_ number: Int) -> String {
        switch number {
        case 1: "1st"
        case 2: "2nd"
        case 3: "3rd"
        default: "\(number)th"
        }
    }
}
