import Alauda
import MSSCore

/// What an authentic answer means for its transaction (WPKI profile, result codes to fault codes).
struct AnswerInterpreter {
    let evidence: any SignatureEvidence

    func result(of message: UpMessage, in current: RunningTransaction) -> TransactionResult {
        guard message.status == .ok else { return .fault(Self.fault(for: message.status, of: current.transaction)) }
        do throws(EvidenceError) {
            switch current.transaction.task {
            case .signature(let task): return try signature(message, task, current.subscriber)
            case .keyGeneration(let task): return try provenKey(message, task, current)
            case .recovery: return try plain(message, .status)
            case .rollover(let task): return try plain(message, task.step.answer)
            case .receipt: return try plain(message, .message)
            }
        } catch {
            return .fault(MSSFault(.internalError, specifier: 9003, cause: error.reason))
        }
    }

    /// An answer that says no more than that the card did it.
    private func plain(_ message: UpMessage, _ kind: UpMessage.Kind) throws(EvidenceError) -> TransactionResult {
        guard message.kind == kind else { throw EvidenceError(reason: "the answer is to another request") }
        return .cardAnswered
    }

    private func signature(
        _ message: UpMessage,
        _ task: SignatureTask,
        _ subscriber: Subscriber
    ) throws(EvidenceError) -> TransactionResult {
        guard message.kind == .sign else { throw EvidenceError(reason: "the answer is to another request") }
        guard let raw = message.signature, let key = subscriber.key(task.key), let certificate = key.certificate
        else {
            throw EvidenceError(reason: "the answer has no signature, or the user no certificate")
        }
        let signed = task.signed
        // One is compared by what verifies it, several are told apart by their length.
        let values = signed.count == 1 ? [raw] : message.signatures(key.algorithm, count: signed.count)
        guard let values else { throw EvidenceError(reason: "the answer has another number of signatures") }
        var finished: [[UInt8]] = []
        for (part, value) in zip(signed, values) {
            finished.append(try evidence.evidence(of: part.content, form: part.manner.form, raw: value, key: key))
        }
        let result = task.result(of: finished, by: certificate)
        return .signature(result, task.validates ? evidence.verdict(on: certificate) : .signature)
    }

    private func provenKey(
        _ message: UpMessage,
        _ task: KeyGenerationTask,
        _ current: RunningTransaction
    ) throws(EvidenceError) -> TransactionResult {
        guard message.kind == .generate else { throw EvidenceError(reason: "the answer is to another request") }
        guard let point = message.publicKey, let proof = message.proof,
            let keyVersion = current.subscriber.card.security.appletKeyVersion
        else { throw EvidenceError(reason: "the answer has no key or no proof of its possession") }
        let proven = SignedContent.proofOfPossession(
            transaction: current.transaction.txn,
            iccid: current.transaction.iccid.octets,
            key: task.reference,
            algorithm: task.algorithm,
            keyVersion: keyVersion,
            publicKey: point
        )
        return .provenKey(
            try evidence.provenKey(point, algorithm: task.algorithm, message: proven, proof: proof)
        )
    }

    /// A card that refuses a key is no fault of the home's; one that is busy has refused nothing.
    private static func fault(for status: AppletStatus, of transaction: CardTransaction) -> MSSFault {
        guard case .rollover = transaction.task, status != .busy else { return fault(for: status) }
        return .refusedKey(status)
    }

    static func fault(for status: AppletStatus) -> MSSFault {
        switch status {
        case .userCancelled: MSSFault(.userCancel, "The user cancelled the request.", specifier: 4011)
        case .notMe: .notMe
        case .noUserResponse: MSSFault(.expiredTransaction, "The user did not react on the phone.", specifier: 2082)
        case .pinBlocked: MSSFault(.pinBlocked, "The user's signing PIN is blocked.", specifier: 4021)
        case .keyNotFound: MSSFault(.noKeyFound, "The card has no such key.", specifier: 4041)
        case .keyUsageNotAllowed: MSSFault(.noKeyFound, "The key is not for this use.", specifier: 4042)
        case .algorithmUnsupported:
            MSSFault(.internalError, "The card does not know the algorithm.", specifier: 9008)
        case .textUnsupported: MSSFault(.wrongParam, "The card cannot show this text.", specifier: 1016)
        case .phoneBusy: MSSFault(.otaError, "The phone was busy or could not show the text.", specifier: 2093)
        case .phoneLacksCapability: MSSFault(.otaError, "The phone cannot show the text.", specifier: 2094)
        case .verifyCodeWrong: MSSFault(.userCancel, "The VerifyCode was wrong too often.", specifier: 4012)
        case .keyGenerationFailed:
            MSSFault(.registrationNotOK, "The card could not make a key.", specifier: 4073)
        case .pukBlocked: MSSFault(.cardBlocked, "The card's PUK is blocked.", specifier: 4031)
        case .busy: MSSFault(.signatureProcess, "The card is busy with another request.")
        case .notActive: MSSFault(.unknownClient, "The applet is not active.", specifier: 1053)
        default: MSSFault(.internalError, specifier: 9003, cause: "applet status \(status)")
        }
    }
}

extension RolloverTask.Step {
    /// What the card answers to it.
    fileprivate var answer: UpMessage.Kind {
        switch self {
        case .newRoot: .newRootKey
        case .status: .status
        case .retire: .retire
        }
    }
}

extension MSSFault {
    /// A card's authentic no to a step of a rollover.
    static func refusedKey(_ status: AppletStatus) -> MSSFault {
        MSSFault(.registrationNotOK, "The card answers \(status).", specifier: 4074)
    }

    /// Whether the card said no to a step of a rollover.
    var isRefusedKey: Bool { code == .registrationNotOK && specifier == 4074 }
}
