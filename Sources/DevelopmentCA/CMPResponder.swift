import CLibCrypto
import Dispatch
import Logging

/// Answers CMP messages, one at a time, and keeps the revocation list.
actor CMPResponder {
    /// The largest message that is read, in octets.
    static let largestMessage = 65_536

    private let executor = QueueExecutor(label: "cmp")
    private let issuing: IssuingKey
    private let trust: RegistrationAuthorityTrust
    private let journal: Journal
    private let revocationListPath: String
    private let logger: Logger
    private var unconfirmed = UnconfirmedTransactions()

    // libcrypto and the journal block.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Reads all that the command line names and opens the journal.
    init(_ arguments: Arguments, logger: Logger) throws(AuthorityError) {
        issuing = try IssuingKey(
            certificate: try Files.read(arguments.certificate, option: "--ca-certificate"),
            key: try Files.read(arguments.key, option: "--ca-key", isSecret: true),
            days: arguments.certificateDays
        )
        trust = try RegistrationAuthorityTrust(
            root: try Files.read(arguments.registrationAuthorityRoot, option: "--registration-authority-ca"),
            uri: arguments.registrationAuthority
        )
        journal = try Journal(directory: arguments.state)
        revocationListPath = arguments.revocationList
        self.logger = logger
    }

    /// Answers a message; `nil` if it is none.
    func answer(_ octets: [UInt8]) -> [UInt8]? {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let message = Self.message(octets) else {
            logger.notice("a message was dropped: it is not CMP")
            return nil
        }
        defer { OSSL_CMP_MSG_free(message) }
        let identifier = LibCrypto.octets(OSSL_CMP_HDR_get0_transactionID(OSSL_CMP_MSG_get0_header(message)))
        guard let transaction = unconfirmed.take(identifier) ?? CMPTransaction(issuing, trust, journal) else {
            logger.error("libcrypto makes no transaction", metadata: ["reason": "\(LibCrypto.takeErrors())"])
            return nil
        }
        let answer = transaction.answer(message)
        note(transaction.outcome)
        if transaction.outcome == .issued, let answer, !Self.waivesConfirmation(answer) {
            unconfirmed.keep(transaction, identifier)
        }
        return answer
    }

    /// Writes the revocation list anew.
    func writeRevocationList() throws(AuthorityError) {
        defer { ERR_clear_error() }
        guard let list = issuing.revocationList(journal.revocations) else {
            throw AuthorityError("the revocation list cannot be made: \(LibCrypto.takeErrors())")
        }
        guard Files.replace(revocationListPath, with: list) else {
            throw AuthorityError("--crl \(revocationListPath) cannot be written: \(reason())")
        }
    }

    /// Writes the revocation list anew; that it cannot be written is not the end.
    func refreshRevocationList() {
        do throws(AuthorityError) {
            try writeRevocationList()
        } catch {
            logger.error("the revocation list grows old", metadata: ["reason": "\(error)"])
        }
    }

    private func note(_ outcome: CMPTransaction.Outcome) {
        switch outcome {
        case .refused(let reason): logger.notice("a request was refused", metadata: ["reason": "\(reason)"])
        case .issued: logger.info("a certificate was issued")
        case .confirmed: logger.info("a certificate was confirmed")
        case .revoked:
            logger.notice("a certificate was not accepted, and is revoked")
            refreshRevocationList()
        }
    }

    private static func message(_ octets: [UInt8]) -> OpaquePointer? {
        guard octets.count <= largestMessage else { return nil }
        return LibCrypto.read(octets) { bio in
            guard let message = d2i_OSSL_CMP_MSG_bio(bio, nil) else { return nil }
            // libcrypto reads more than DER; what it would write otherwise is refused.
            guard BIO_ctrl_pending(bio) == 0, LibCrypto.encoded({ i2d_OSSL_CMP_MSG(message, $0) }) == octets else {
                OSSL_CMP_MSG_free(message)
                return nil
            }
            return message
        }
    }

    /// Whether the answer's header grants that no confirmation follows (id-it-implicitConfirm, RFC 4210 §5.1.1.1).
    private static func waivesConfirmation(_ answer: [UInt8]) -> Bool {
        guard var fields = DERFields(sequence: answer), let header = fields.next() else { return false }
        let identifier: [UInt8] = [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x04, 0x0D]
        return header.content.indices.contains { header.content[$0...].starts(with: identifier) }
    }
}

/// Transactions whose confirmation is awaited: a few, for a minute.
private struct UnconfirmedTransactions {
    private var waiting: [(identifier: [UInt8], since: ContinuousClock.Instant, transaction: CMPTransaction)] = []

    mutating func keep(_ transaction: CMPTransaction, _ identifier: [UInt8]) {
        if waiting.count >= 64 { waiting.removeFirst() }
        waiting.append((identifier, .now, transaction))
    }

    /// The transaction that a message goes on with; it is not kept any more.
    mutating func take(_ identifier: [UInt8]) -> CMPTransaction? {
        waiting.removeAll { $0.since < .now - .seconds(60) }
        guard let index = waiting.firstIndex(where: { $0.identifier == identifier }) else { return nil }
        return waiting.remove(at: index).transaction
    }
}

/// Runs an actor's jobs on a queue of their own.
private final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
