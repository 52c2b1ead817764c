import Alauda
public import Foundation
public import Logging
public import MSSCore

/// The home's side of the conversation about registrations: records cards and people, has cards make keys.
public struct HomeRegistrationService: RegistrationService {
    private let identity: String
    private let prefix: TransactionID.Prefix
    private let directory: any SubscriberDirectory
    private let store: any RegistrationStore
    private let vault: any CardVault
    private let evidence: any SignatureEvidence
    private let exchange: CardExchange
    private let logger: Logger
    private let now: @Sendable () -> Date

    public init(
        identity: String,
        prefix: TransactionID.Prefix,
        directory: any SubscriberDirectory,
        store: any RegistrationStore,
        vault: any CardVault,
        evidence: any SignatureEvidence,
        exchange: CardExchange,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.prefix = prefix
        self.directory = directory
        self.store = store
        self.vault = vault
        self.evidence = evidence
        self.exchange = exchange
        self.logger = logger
        self.now = now
    }

    public func register(
        _ request: RegistrationRequest,
        _ call: Call
    ) async throws(MSSFault) -> RegistrationResponse {
        let act = RegistrationAct(call: call)
        let outcome: RegistrationResponse.Outcome
        do {
            outcome =
                switch request.operation {
                case .importSIMCard(let card): try await importCard(card, act)
                case .createMobileUser(let user): try await create(user, act)
                case .generateKey(let activation): try await generateKey(activation, call)
                case .installCertificate(let msisdn, let certificate, let use):
                    try await install(certificate, for: msisdn, use, act)
                case .getMobileUser(let msisdn): .mobileUser(try await known(msisdn, call).user)
                case .deactivateMobileUser(let msisdn): try await deactivate(msisdn, act)
                case .setNoSpamCode(let msisdn, let code): try await setNoSpamCode(code, of: msisdn, act)
                case .activateMobileUser:
                    throw MSSFault(.wrongParam, "ActivateMobileUser is an operation of the management entity.")
                }
        } catch let error as StoreError {
            throw fault(error)
        } catch let error as MSSFault {
            throw error
        } catch {
            throw MSSFault(.internalError, cause: "\(error)")
        }
        logger.info(
            "registration operation done",
            metadata: [
                "operation": "\(request.operation.name.rawValue, as: .open)", "trace": "\(call.trace, as: .open)",
            ]
        )
        return RegistrationResponse(header: request.header.answered(by: identity, at: now()), outcome: outcome)
    }
}

extension HomeRegistrationService {
    /// How long a person may take to type the code and invent a PIN.
    private static let activationTime: Duration = .seconds(180)

    private func importCard(_ card: SIMCardImport, _ act: RegistrationAct) async throws -> RegistrationResponse.Outcome
    {
        let security: CardSecurity
        do {
            security = try vault.importCard(card.envelopedKeys, iccid: card.iccid)
        } catch {
            throw MSSFault(
                .wrongParam,
                "EncryptedKeys must be CMS enveloped data for the home's import certificate and name this ICCID.",
                cause: error.reason
            )
        }
        let reference = CardReference(iccid: card.iccid, msisdn: card.msisdn, security: security)
        try await store.insertCard(reference, imsi: card.imsi, by: act)
        return .done
    }

    private func create(_ user: MobileUserCreation, _ act: RegistrationAct) async throws
        -> RegistrationResponse.Outcome
    {
        try await store.insertUser(user, serialNumber: Self.newSerialNumber(), by: act)
        return .done
    }

    /// Key generation over the air; one that was proven before a fault is taken up again, not made twice.
    private func generateKey(_ activation: MobileUserActivation, _ call: Call) async throws
        -> RegistrationResponse.Outcome
    {
        let subscriber = try await known(activation.msisdn, call)
        if try KeyMaking.isProven(activation, of: subscriber) {
            return try provenKey(of: subscriber, activation.keyUse)
        }
        let transaction = transaction(for: subscriber, activation, call)
        let deadline = min(call.deadline, .now + Self.activationTime)
        _ = try await exchange.send(
            .generate(KeyMaking.command(transaction.txn, activation)),
            as: transaction,
            to: subscriber,
            until: deadline
        )
        switch try await exchange.result(of: transaction).result {
        case .provenKey: return try provenKey(of: try await known(activation.msisdn, call), activation.keyUse)
        case .fault(let fault): throw fault
        case .signature, .cardAnswered:
            throw MSSFault(.internalError, cause: "a key generation ended with something else")
        }
    }

    private func install(
        _ certificate: [UInt8],
        for msisdn: MSISDN,
        _ use: KeyUse,
        _ act: RegistrationAct
    ) async throws -> RegistrationResponse.Outcome {
        let subscriber = try await known(msisdn, act.call)
        guard subscriber.user.state == (use == .authentication ? .proven : .active), let key = subscriber.key(use),
            key.certificate == nil
        else {
            throw MSSFault(
                .registrationNotOK,
                "The mobile user has no proven key without certificate.",
                specifier: 4071
            )
        }
        do {
            try evidence.check(certificate: certificate, key: key.publicKey, subject: subscriber.certificateSubject)
        } catch {
            throw MSSFault(
                .registrationNotOK,
                "The certificate is not for the key and name that the home proved.",
                specifier: 4072,
                cause: error.reason
            )
        }
        try await store.installCertificate(
            certificate,
            for: msisdn,
            use,
            provenKey: key.publicKey,
            algorithm: key.algorithm,
            by: act
        )
        return .done
    }

    private func deactivate(_ msisdn: MSISDN, _ act: RegistrationAct) async throws -> RegistrationResponse.Outcome {
        _ = try await known(msisdn, act.call)
        try await store.deactivateUser(msisdn, by: act)
        return .done
    }

    private func setNoSpamCode(
        _ code: NoSpamCode?,
        of msisdn: MSISDN,
        _ act: RegistrationAct
    ) async throws -> RegistrationResponse.Outcome {
        _ = try await known(msisdn, act.call)
        try await store.setNoSpamCode(code, for: msisdn, by: act)
        return .done
    }

    private func known(_ msisdn: MSISDN, _ call: Call) async throws -> Subscriber {
        guard let subscriber = try await directory.subscriber(msisdn, until: call.deadline) else {
            throw MSSFault(.unknownClient, "There is no mobile user with this MSISDN.", specifier: 1052)
        }
        return subscriber
    }

    private func provenKey(
        of subscriber: Subscriber,
        _ use: KeyUse
    ) throws(MSSFault) -> RegistrationResponse.Outcome {
        guard let key = subscriber.key(use) else {
            throw MSSFault(.internalError, cause: "a user has not the key that was proven")
        }
        return .provenKey(ProvenKey(publicKey: key.publicKey, subject: subscriber.certificateSubject))
    }

    private func transaction(
        for subscriber: Subscriber,
        _ activation: MobileUserActivation,
        _ call: Call
    ) -> CardTransaction {
        var transaction = CardTransaction(
            id: .random(prefix: prefix),
            txn: .random(),
            msisdn: subscriber.card.msisdn,
            iccid: subscriber.card.iccid,
            deadline: now() + TimeInterval(Self.activationTime.components.seconds),
            trace: call.trace,
            task: .keyGeneration(
                KeyGenerationTask(reference: activation.keyUse.reference, algorithm: activation.algorithm.onCard)
            )
        )
        transaction.isAwaited = true
        return transaction
    }

    private func fault(_ error: StoreError) -> MSSFault {
        switch error {
        case .exists(let what): MSSFault(.registrationNotOK, what, specifier: 4071)
        case .conflict(let what): MSSFault(.registrationNotOK, what, specifier: 4071)
        case .busy, .repeated, .held, .unavailable: exchange.fault(error)
        }
    }

    /// A pseudonym that stays with the person: 80 bits of randomness in hexadecimal digits.
    private static func newSerialNumber() -> String {
        "MSSP" + TraceID.random().description.prefix(20).uppercased()
    }
}

extension Subscriber {
    var certificateSubject: CertificateSubject {
        CertificateSubject(commonName: user.givenName + " " + user.surName, serialNumber: serialNumber)
    }
}
