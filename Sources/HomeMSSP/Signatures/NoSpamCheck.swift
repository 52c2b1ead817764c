import Logging
import MSSCore

/// The person's code against requests of strangers, as a request must have it.
struct NoSpamCheck {
    let directory: any SubscriberDirectory
    let ledger: any TransactionLedger
    let exchange: CardExchange

    /// Compares a request's code with the person's; a wrong one is counted before it is told.
    ///
    /// - Returns: Whether the request had the person's code: it is no stranger's.
    /// - Throws: 101/1011 for another code, 101/1012 for none where the person has one, 406/4064 after too many wrong
    ///   ones.
    func isExpected(
        _ services: RequestedServices,
        of subscriber: Subscriber,
        by provider: ApplicationProvider,
        _ call: Call,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> Bool {
        // Who has no code is asked by everybody, and a provider that knows its user already vouches for that.
        guard subscriber.noSpamCode != nil, provider.services.contains(.noSpam),
            let given = services.noSpam.map({ $0.isVerified ? $0.code : nil }) ?? ""
        else { return false }
        guard !given.isEmpty else {
            throw MSSFault(
                .wrongParam,
                "The user has a no-spam code, and NoSpamCode is missing or empty: ask the user for it.",
                specifier: 1012
            )
        }
        do throws(StoreError) {
            if let code = NoSpamCode(given), try directory.isCode(code, of: subscriber) { return true }
            note(subscriber, provider, call)
            let hold = try await ledger.noteWrongCode(of: provider.id, for: subscriber.card.iccid, until: deadline)
            if let hold { throw .held(hold) }
        } catch {
            throw exchange.fault(error)
        }
        throw MSSFault(
            .wrongParam,
            "NoSpamCode is not the user's: ask the user for it again.",
            specifier: 1011
        )
    }

    private func note(_ subscriber: Subscriber, _ provider: ApplicationProvider, _ call: Call) {
        exchange.tally.count("home_no_spam_codes_wrong")
        exchange.logger.notice(
            "a request had a wrong no-spam code",
            metadata: [
                "ap_id": "\(provider.id, as: .applicationProvider)", "trace": "\(call.trace, as: .open)",
                "msisdn": "\(subscriber.card.msisdn, as: .mobileUser)",
            ]
        )
    }
}
