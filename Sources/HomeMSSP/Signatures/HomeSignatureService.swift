public import Foundation
public import Logging
public import MSSCore

/// The home's side of the conversation about signatures.
public struct HomeSignatureService: SignatureService {
    let identity: String
    private let networks: [String]
    private let roles: [MSISDN: [String]]
    let people: PersonAnswers?
    private let mostDocuments: Int
    let prefix: TransactionID.Prefix
    let providers: ProviderRegister
    private let directory: any SubscriberDirectory
    let ledger: any TransactionLedger
    private let evidence: any SignatureEvidence
    let exchange: CardExchange
    let sandbox: Sandbox
    private let logger: Logger
    let now: @Sendable () -> Date

    /// - Parameters:
    ///   - identity: This home's name, in answers.
    ///   - prefix: Of its transactions' ids.
    ///   - providers: Who may ask.
    ///   - directory: Finds persons.
    ///   - ledger: Keeps transactions.
    ///   - evidence: Makes and judges signatures.
    ///   - exchange: Speaks with cards.
    ///   - networks: MCC and MNC of the networks that subscriberInfo tells.
    ///   - sandbox: The test numbers.
    ///   - roles: What the role service tells, of those who have any.
    ///   - people: What personIdentity answers; nobody is offered it where there is none.
    ///   - mostDocuments: How many documents one request may have, its own counted.
    ///   - logger: For what a person must read.
    ///   - now: The clock.
    public init(
        identity: String,
        prefix: TransactionID.Prefix,
        providers: ProviderRegister,
        directory: any SubscriberDirectory,
        ledger: any TransactionLedger,
        evidence: any SignatureEvidence,
        exchange: CardExchange,
        networks: [String] = [],
        sandbox: Sandbox = Sandbox(),
        roles: [MSISDN: [String]] = [:],
        people: PersonAnswers? = nil,
        mostDocuments: Int = Self.usualDocuments,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.networks = networks
        self.roles = roles
        self.people = people
        self.mostDocuments = mostDocuments
        self.prefix = prefix
        self.providers = providers
        self.directory = directory
        self.ledger = ledger
        self.evidence = evidence
        self.exchange = exchange
        self.sandbox = sandbox
        self.logger = logger
        self.now = now
    }

    /// As many as one answer of a card has signatures of a key on P-256.
    public static let usualDocuments = 9

    public func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        let provider = try providers.admit(request.header, call)
        try providers.meter.begin(provider)
        defer { providers.meter.end(provider) }
        return try await signature(request, of: provider, call)
    }

    private func signature(
        _ request: SignatureRequest,
        of provider: ApplicationProvider,
        _ call: Call
    ) async throws(MSSFault) -> SignatureResponse {
        let order: SignatureOrder
        do {
            order = try await admit(request, of: provider, call)
        } catch {
            guard !provider.isSandbox else { return try sandboxed(error, request) }
            // What was good when it was asked first is not refused for what has happened since.
            let later: Set<MSSFault.Code> = [
                .expiredTransaction, .noCertificateFound, .errorCertificate, .cardBlocked, .unknownClient, .noKeyFound,
            ]
            guard later.contains(error.code),
                let earlier = try await earlier(request)
            else { throw error }
            return try await answer(request, call, as: earlier, try await subscriber(of: earlier, call))
        }
        let transaction = transaction(for: order, request, call)
        let earlier = try await exchange.send(
            order.command(transaction.txn),
            as: transaction,
            to: order.subscriber,
            until: order.deadline
        )
        if let earlier { return try await answer(request, call, as: earlier, order.subscriber) }
        guard request.messagingMode == .synch else { return answer(request, transaction, .accepted) }
        let ended = try await exchange.result(of: transaction)
        return try await answer(request, transaction, ended, order.subscriber)
    }

    public func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        let provider = try providers.admit(request.header, call)
        try refuseInSandbox(provider, transaction: request.transactionID)
        guard let id = TransactionID(request.transactionID), id.prefix == prefix.description else {
            throw MSSFault.unknownTransaction
        }
        try await exchange.cancel(id, by: ResultReader(provider: provider.id, acquiringEntity: call.peer))
        return CancelResponse(header: request.header.answered(by: identity, at: now()))
    }

    public func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        let provider = try providers.admit(request.header, call)
        return FitResponse(
            header: request.header.answered(by: identity, at: now()),
            fit: try ShownText.answer(request.text, format: request.format, for: provider)
        )
    }

    private func delivered(
        _ text: String,
        to reader: ResultReader,
        _ call: Call
    ) async throws(MSSFault) -> LedgerEntry? {
        guard let id = TransactionID(text), id.prefix == prefix.description else { return nil }
        do { return try await ledger.deliver(id, to: reader, until: call.deadline) } catch {
            throw exchange.fault(error)
        }
    }

    public func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        let provider = try providers.admit(request.header, call)
        try provider.check(request.mobileUser)
        try refuseInSandbox(provider, request.mobileUser)
        let subscriber = try await found(request.mobileUser, until: call.deadline)
        let answer = ProfileAnswer(subscriber: subscriber, provider: provider, evidence: evidence)
        let (profiles, sim) = try answer.sim(for: request)
        return ProfileResponse(
            header: request.header.answered(by: identity, at: now()),
            signatureProfiles: profiles,
            sim: sim
        )
    }

    public func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        let provider = try providers.admit(request.header, call)
        try refuseInSandbox(provider, transaction: request.transactionID)
        let reader = ResultReader(provider: provider.id, acquiringEntity: call.peer)
        var entry = try await delivered(request.transactionID, to: reader, call)
        if let running = entry, running.result == nil, let seconds = request.wait {
            try await exchange.awaitEnd(
                of: running,
                try await subscriber(of: running, call),
                until: min(.now + .seconds(seconds), call.deadline)
            )
            entry = try await delivered(request.transactionID, to: reader, call)
        }
        // Another provider's transaction gets the answer of one that never was.
        guard let entry, case .signature(let task) = entry.transaction.task, task.provider == provider.id,
            task.acquiringEntity == call.peer
        else { throw MSSFault.unknownTransaction }
        let told = try Told(entry.result, task)
        let person = told.wantsPerson(task) ? try await subscriber(of: entry, call) : nil
        return await services.status(
            task,
            entry.transaction.id,
            told,
            of: person,
            request.header.answered(by: identity, at: now())
        )
    }
}

extension HomeSignatureService {
    var services: ServiceAnswers {
        ServiceAnswers(identity: identity, networks: networks, roles: roles, people: people)
    }

    private func earlier(_ request: SignatureRequest) async throws(MSSFault) -> LedgerEntry? {
        let apInfo = request.header.apInfo
        let name = RequestName(provider: apInfo.id, transaction: apInfo.transID, instant: apInfo.instant)
        do {
            return try await ledger.requested(name, until: .now + .seconds(5))
        } catch { throw exchange.fault(error) }
    }

    private func subscriber(of entry: LedgerEntry, _ call: Call) async throws(MSSFault) -> Subscriber {
        do {
            let found = try await directory.subscriber(entry.transaction.msisdn, until: call.deadline)
            guard let found else { throw StoreError.conflict("the person of a transaction is gone") }
            return found
        } catch let error as StoreError {
            throw exchange.fault(error)
        } catch { throw MSSFault(.internalError) }
    }

    /// Answers a repeated request with the transaction that it began before: nobody is asked a second time.
    private func answer(
        _ request: SignatureRequest,
        _ call: Call,
        as earlier: LedgerEntry,
        _ subscriber: Subscriber
    ) async throws(MSSFault) -> SignatureResponse {
        guard case .signature(let task) = earlier.transaction.task, task.acquiringEntity == call.peer,
            task.body == RequestDigest.of(request)
        else {
            throw MSSFault(
                .wrongParam,
                "AP_TransID and Instant were used for another request before: each request needs its own."
            )
        }
        guard request.messagingMode == .synch else { return answer(request, earlier.transaction, .accepted) }
        let ended = try await exchange.result(ofEarlier: earlier, subscriber, until: call.deadline)
        return try await answer(request, earlier.transaction, ended, subscriber)
    }

    /// Everything that must hold before a user is disturbed.
    private func admit(
        _ request: SignatureRequest,
        of registered: ApplicationProvider,
        _ call: Call
    ) async throws(MSSFault) -> SignatureOrder {
        try registered.checkEntitlement(to: request)
        let services = try RequestedServices(request, for: registered)
        let provider = try services.naming(registered)
        let kind = try RequestRules.kind(request, for: provider)
        let matter = try matter(of: request, for: provider, as: kind)
        if services.answered.contains(.timestamp) { try checkStamps(of: matter, as: kind) }
        let use = try KeyChoice.use(request.signatureProfile, isUnseen: matter.isUnseen)
        if request.signatureProfile == nil { try KeyChoice.checkDefault(use, of: provider) }
        let patience = call.deadline - .now
        let time = try RequestRules.time(request, now: now(), patience: patience)
        let deadline = ContinuousClock.now + time
        try refuseInSandbox(provider, request.mobileUser)
        let (subscriber, key) = try await signer(request.mobileUser, use, until: deadline)
        try RequestRules.check(formatsOf: request, for: key)
        let person = try await person(services.query, request, of: registered, key)
        let noSpam = NoSpamCheck(directory: directory, ledger: ledger, exchange: exchange)
        let isExpected = try await noSpam.isExpected(services, of: subscriber, by: provider, call, until: deadline)
        guard let heading = ShownText.heading(provider.displayName) else {
            throw MSSFault(.internalError, cause: "the provider's display name cannot be shown on a phone")
        }
        let written = try WrittenMatter(
            matter,
            as: kind,
            for: provider,
            services.language ?? subscriber.user.language,
            key,
            evidence,
            at: now()
        )
        if matter.isUnseen { exchange.tally.count("home_unseen_requests", [("kind", matter.word)]) }
        return SignatureOrder(
            subscriber: subscriber,
            key: key,
            provider: provider,
            text: written.text,
            heading: heading,
            content: written.content,
            manner: written.manner,
            digests: written.digests,
            documents: written.documents,
            deadline: deadline,
            deadlineDate: now() + TimeInterval(time / .milliseconds(1)) / 1000,
            answered: services.answered,
            person: person,
            isExpected: isExpected
        )
    }

    /// Whether what is asked for can be stamped.
    ///
    /// - Throws: 101/1014 where no authority is configured, 101/1017 for a signature that has no place for a token.
    private func checkStamps(of matter: SignedMatter, as kind: SignatureKind) throws(MSSFault) {
        guard exchange.stamper != nil else {
            throw MSSFault(
                .wrongParam,
                "AdditionalServices asks for timestamp, for which this platform has no authority.",
                specifier: 1014
            )
        }
        var kinds = [kind]
        if case .documents(let set) = matter { kinds = set.parts.map(\.kind) }
        guard kinds.allSatisfy({ $0.structure != .pkcs1 }) else {
            throw MSSFault(
                .wrongParam,
                "A time stamp stands in a CMS: MSS_Format must not ask for a signature value alone.",
                specifier: 1017
            )
        }
    }

    /// One thing, or with batchsign and docsign several.
    private func matter(
        of request: SignatureRequest,
        for provider: ApplicationProvider,
        as kind: SignatureKind
    ) throws(MSSFault) -> SignedMatter {
        guard request.additionalServices.contains(where: { $0.document != nil }) else {
            return try SignedMatter(request.document, for: provider, as: kind)
        }
        return .documents(try DocumentSet(request, for: provider, as: kind, most: mostDocuments))
    }

    /// The person behind the number, if they can sign, and their key for a use: who cannot sign at all is not told from
    /// who is not known.
    private func signer(
        _ mobileUser: MobileUser,
        _ use: KeyUse,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> (Subscriber, SubscriberKey) {
        guard let subscriber = try await found(mobileUser, until: deadline), subscriber.user.state == .active,
            subscriber.key(.authentication)?.certificate != nil
        else { throw MSSFault.unknownNumber }
        let (key, certificate) = try KeyChoice.key(for: use, of: subscriber)
        if let refusal = evidence.refusal(of: certificate) { throw refusal }
        return (subscriber, key)
    }

    /// The person behind a number.
    ///
    /// - Throws: 105/1051 without a number, 101 for one that is none.
    func found(
        _ mobileUser: MobileUser,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> Subscriber? {
        guard let msisdn = try mobileUser.number() else { throw MSSFault.noNumber }
        do { return try await directory.subscriber(msisdn, until: deadline) } catch { throw exchange.fault(error) }
    }
}
