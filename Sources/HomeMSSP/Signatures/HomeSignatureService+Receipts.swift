import Alauda
import Foundation
public import MSSCore

extension HomeSignatureService {
    /// How long a receipt is of use to anybody, and a caller may wait for what the user does with it.
    private static var longestReceipt: Duration { .seconds(80) }

    public func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
        let provider = try providers.admit(request.header, call)
        try refuseInSandbox(provider, request.mobileUser)
        let reader = ResultReader(provider: provider.id, acquiringEntity: call.peer)
        let signed = try await signed(request.transactionID, by: reader, call)
        let subscriber = try await addressee(of: signed, request.mobileUser, call)
        let text = try ReceiptText.check(request.message, for: provider, subscriber.user.language)
        let time = try receiptTime(request, call)
        let task = ReceiptTask(of: signed.id, provider: provider.id, acquiringEntity: call.peer)
        var transaction = CardTransaction(
            id: .random(prefix: prefix),
            txn: .random(),
            msisdn: subscriber.card.msisdn,
            iccid: subscriber.card.iccid,
            deadline: now() + TimeInterval(time / .milliseconds(1)) / 1000,
            trace: call.trace,
            task: .receipt(task)
        )
        transaction.isAwaited = request.acknowledgement != nil
        let earlier = try await exchange.send(
            .message(transaction.txn, text),
            as: transaction,
            to: subscriber,
            until: .now + time
        )
        guard earlier == nil else {
            throw MSSFault(.wrongParam, "Only one receipt per transaction is allowed, and this one has had its own.")
        }
        let reaction = transaction.isAwaited ? try await reaction(to: transaction) : nil
        exchange.tally.count("home_mss_receipts", [("reaction", reaction?.rawValue ?? "not_asked")])
        return ReceiptResponse(header: request.header.answered(by: identity, at: now()), reaction: reaction)
    }

    /// A signature that its provider has had, through this acquiring entity.
    ///
    /// - Throws: 101 for any other transaction, and for one that still runs or ended without a signature.
    private func signed(
        _ text: String,
        by reader: ResultReader,
        _ call: Call
    ) async throws(MSSFault) -> CardTransaction {
        var found: LedgerEntry?
        if let id = TransactionID(text), id.prefix == prefix.description {
            do { found = try await ledger.entry(id, until: call.deadline) } catch { throw exchange.fault(error) }
        }
        guard let found, case .signature = found.transaction.task, found.transaction.reader == reader else {
            throw MSSFault.unknownTransaction
        }
        switch found.result {
        case .signature: return found.transaction
        case nil: throw MSSFault(.wrongParam, "The transaction still runs: its receipt comes after the signature.")
        case .fault, .provenKey, .cardAnswered:
            throw MSSFault(.wrongParam, "The transaction ended without a signature: there is no receipt of nothing.")
        }
    }

    /// The person who signed, if they still have the card and the number: nobody else reads what is theirs.
    private func addressee(
        of signed: CardTransaction,
        _ user: MobileUser,
        _ call: Call
    ) async throws(MSSFault) -> Subscriber {
        guard let subscriber = try await found(user, until: call.deadline), subscriber.user.state == .active,
            subscriber.card.iccid == signed.iccid
        else {
            throw MSSFault(
                .unknownClient,
                "MSISDN is not that of the user who signed, or they have it no more.",
                specifier: 1052
            )
        }
        return subscriber
    }

    private func receiptTime(_ request: ReceiptRequest, _ call: Call) throws(MSSFault) -> Duration {
        let asked = request.acknowledgement?.timeOut.map { Duration.seconds(min($0, 86_400)) }
        let time = min(asked ?? Self.longestReceipt, Self.longestReceipt, call.deadline - .now)
        guard time > .zero else {
            throw MSSFault(.expiredTransaction, "The request's time was over when it came.", specifier: 2081)
        }
        return time
    }

    /// - Throws: What kept the phone from showing it.
    private func reaction(to receipt: CardTransaction) async throws(MSSFault) -> ReceiptResponse.Reaction {
        switch try await exchange.result(of: receipt).result {
        case .cardAnswered: return .confirmed
        case .fault(let fault) where fault.code == .userCancel: return .cancelled
        case .fault(let fault) where fault.code == .expiredTransaction:
            return fault.specifier == 2082 ? .ignored : .unanswered
        case .fault(let fault): throw fault
        case .signature, .provenKey: throw MSSFault(.internalError, cause: "a receipt ended as something else")
        }
    }
}
