import Alauda
import MSSCore

/// From a request to its transaction, and from that to its answer.
extension HomeSignatureService {
    /// What an order becomes in the ledger.
    func transaction(
        for order: SignatureOrder,
        _ request: SignatureRequest,
        _ call: Call
    ) -> CardTransaction {
        let octets = RequestDigest.octets(of: request)
        var task = SignatureTask(
            provider: order.provider.id,
            providerTransaction: request.header.apInfo.transID,
            instant: request.header.apInfo.instant,
            body: RequestDigest.of(octets),
            acquiringEntity: call.peer,
            msisdnAsWritten: request.mobileUser.msisdn ?? "",
            profile: request.signatureProfile,
            content: order.content,
            validates: request.asksForValidation || order.provider.alwaysValidates,
            key: order.key.reference,
            manner: order.manner
        )
        task.request = octets
        task.documents = order.documents
        if request.messagingMode == .asynchServerServer { task.notifies = request.header.apInfo.url }
        task.isExpected = order.isExpected
        task.answered = order.answered
        task.person = order.person
        var transaction = CardTransaction(
            id: .random(prefix: prefix),
            txn: .random(),
            msisdn: order.subscriber.card.msisdn,
            iccid: order.subscriber.card.iccid,
            deadline: order.deadlineDate,
            trace: call.trace,
            task: .signature(task)
        )
        transaction.isAwaited = request.messagingMode == .synch
        return transaction
    }

    /// Answers with what a transaction ended with.
    func answer(
        _ request: SignatureRequest,
        _ transaction: CardTransaction,
        _ ended: RunningTransactions.Ended,
        _ subscriber: Subscriber
    ) async throws(MSSFault) -> SignatureResponse {
        guard case .signature(let task) = transaction.task else { throw MSSFault(.internalError) }
        let told = try Told(ended.result, task)
        var response = answer(request, transaction, told)
        response.serviceResponses = await services.responses(task, transaction.id, told, of: subscriber)
        response.simTime = ended.simTime
        return response
    }

    /// Answers with what its provider is told of a transaction.
    func answer(
        _ request: SignatureRequest,
        _ transaction: CardTransaction,
        _ told: Told
    ) -> SignatureResponse {
        SignatureResponse(
            header: request.header.answered(by: identity, at: now()),
            transactionID: transaction.id.description,
            mobileUser: request.mobileUser,
            signature: told.signature,
            certificate: told.certificate,
            signatureProfile: request.signatureProfile,
            status: told.verdict.status
        )
    }
}
