public import Alauda
import Foundation
public import HomeMSSP
public import MSSCore
import OTA
import Synchronization

/// The home with fakes on all sides, and one person on the phone.
public final class Stage: Sendable {
    /// What the person and the phone do with a command.
    public enum Phone: Sendable {
        case signs
        case answers(AppletStatus)
        case isSilent
        /// An answer that the card did not make, then the card's own.
        case forges
        /// The same answer twice.
        case repeats
        /// The command does not leave.
        case cannotBeReached
        /// Nobody knows whether the command left; it did.
        case isUncertain
        /// A signature that is not the key's.
        case signsWrongly
        case makesKey
    }

    public let chronicle = Chronicle()
    public let log = CapturedLog()
    public let tally = EventTally()
    public let home: MemoryHome
    public let vault: FakeVault
    public let channel: FakeChannel
    public let evidence = FakeEvidence()
    public let keeper = FakeKeeper()
    public let stamper = FakeStamper()
    public let persons = FakePersonSigner()
    public let exchange: CardExchange
    public let signatures: HomeSignatureService
    public let registrations: HomeRegistrationService
    public let card = Sample.card(1_234_567)

    /// - Parameters:
    ///   - judge: Who verifies and judges, if it is not the fake.
    ///   - provider: The one that asks.
    ///   - hasStamper: Whether there is a time stamp authority.
    ///   - roles: The person's roles; two unless said.
    public init(
        judge: (any SignatureEvidence)? = nil,
        provider: ApplicationProvider = Sample.provider,
        hasStamper: Bool = true,
        roles: [MSISDN: [String]]? = nil
    ) {
        let evidence = judge ?? evidence
        home = MemoryHome(chronicle: chronicle)
        vault = FakeVault(chronicle: chronicle)
        channel = FakeChannel(chronicle: chronicle)
        exchange = CardExchange(
            vault: vault,
            channel: channel,
            directory: home,
            ledger: home,
            evidence: evidence,
            keeper: keeper,
            stamper: hasStamper ? stamper : nil,
            keys: home,
            tally: tally,
            logger: log.logger
        )
        let people = PersonAnswers(
            identity: "http://home.test.mssp",
            signer: persons,
            evidence: evidence,
            tally: tally,
            logger: log.logger,
            now: { Date(timeIntervalSince1970: 1_767_225_600) }
        )
        signatures = HomeSignatureService(
            identity: "http://home.test.mssp",
            prefix: Sample.homePrefix,
            providers: ProviderRegister([provider, Self.otherProvider, Self.documents, Self.elsewhere]),
            directory: home,
            ledger: home,
            evidence: evidence,
            exchange: exchange,
            networks: ["24491", "228"],
            sandbox: Sandbox(prefix: Sandbox.Prefix("+41000092")),
            roles: roles ?? [card.msisdn: ["ra-user", "ra-admin"]],
            people: people,
            logger: log.logger
        )
        registrations = HomeRegistrationService(
            identity: "http://home.test.mssp",
            prefix: Sample.homePrefix,
            directory: home,
            store: home,
            vault: vault,
            evidence: evidence,
            exchange: exchange,
            logger: log.logger
        )
    }

    public static let otherAP = PeerIdentity(uri: "urn:mssp:test:other-ap")
    public static let otherProvider = ApplicationProvider(
        id: "http://other.test.mssp/ap",
        identities: [otherAP],
        acquiringEntities: [Sample.ae],
        displayName: "Other Bank"
    )

    public static let otherEntity = PeerIdentity(uri: "urn:mssp:test:other-ae")
    /// The same company's entry for another acquiring entity.
    public static let elsewhere = ApplicationProvider(
        id: "http://elsewhere.test.mssp/ap",
        identities: [otherAP],
        acquiringEntities: [otherEntity],
        displayName: "Elsewhere Bank"
    )

    public static let documentsAP = PeerIdentity(uri: "urn:mssp:test:documents-ap")
    /// A provider that may have signed what the phone does not show.
    public static let documents = ApplicationProvider(
        id: "http://documents.test.mssp/ap",
        identities: [documentsAP],
        acquiringEntities: [Sample.ae],
        displayName: "Documents",
        showsOtherwise: true,
        signsDigests: true
    )

    /// With a person who can sign digests too.
    public static func withDigestKey(
        _ phone: Phone = .signs,
        _ use: KeyUse = .digests,
        provider: ApplicationProvider = Sample.provider
    ) async throws -> Stage {
        let stage = try await withSigner(phone, provider: provider)
        let generation = Sample.keyGeneration(stage.card, use)
        _ = try await stage.home.begin(generation, until: .now + .seconds(9))
        _ = try await stage.home.end(generation, with: .provenKey([3]), counter: 2, until: .now + .seconds(9))
        try await stage.home.installCertificate([4], for: stage.card.msisdn, use, provenKey: [3], by: Sample.act())
        return stage
    }

    /// With a person who can sign.
    public static func withSigner(
        _ phone: Phone = .signs,
        judge: (any SignatureEvidence)? = nil,
        provider: ApplicationProvider = Sample.provider,
        key: [UInt8] = [1],
        certificate: [UInt8] = [2],
        hasStamper: Bool = true,
        roles: [MSISDN: [String]]? = nil,
        algorithm: KeyAlgorithm = .p256
    ) async throws -> Stage {
        let stage = Stage(judge: judge, provider: provider, hasStamper: hasStamper, roles: roles)
        try await stage.home.insertCard(stage.card, imsi: Sample.imsi(1), by: Sample.act())
        try await stage.home.insertUser(Sample.person(stage.card), serialNumber: "MSSP1", by: Sample.act())
        let generation = Sample.keyGeneration(stage.card, .authentication, algorithm)
        _ = try await stage.home.begin(generation, until: .now + .seconds(9))
        _ = try await stage.home.end(generation, with: .provenKey(key), counter: 1, until: .now + .seconds(9))
        try await stage.home.installCertificate(
            certificate,
            for: stage.card.msisdn,
            .authentication,
            provenKey: key,
            algorithm: algorithm.onCard,
            by: Sample.act()
        )
        stage.setPhone(phone)
        return stage
    }

    public func setPhone(_ phone: Phone) {
        channel.whenSent { [unowned self] msisdn async throws(SIMChannelError) in
            try await self.play(phone, msisdn)
        }
    }

    private let lastCounter = Mutex<UInt32>(99)

    /// A card counts its answers.
    private func nextCounter() -> UInt32 {
        lastCounter.withLock { last in
            last += 1
            return last
        }
    }

    /// What the card was asked for last, one after the other.
    private var rightSignatures: [UInt8] {
        guard case .sign(let command) = vault.lastMessage, command.digests.count > 1 else {
            return FakeEvidence.rightSignature
        }
        return command.digests.flatMap { _ in FakeEvidence.oneOfSeveral }
    }

    private func play(_ phone: Phone, _ msisdn: MSISDN) async throws(SIMChannelError) {
        switch phone {
        case .signs: await receive(.ok, signature: rightSignatures, counter: nextCounter())
        case .signsWrongly: await receive(.ok, signature: [6, 6, 6])
        case .answers(let status): await receive(status, counter: nextCounter())
        case .isSilent: break
        case .forges:
            await receive(.ok, signature: FakeEvidence.rightSignature, isAuthentic: false)
            await receive(.userCancelled)
        case .repeats:
            await receive(.ok, signature: FakeEvidence.rightSignature)
            await receive(.ok, signature: FakeEvidence.rightSignature)
        case .cannotBeReached: throw .notSent("no message centre")
        case .isUncertain:
            await receive(.ok, signature: FakeEvidence.rightSignature)
            throw .unknownOutcome
        case .makesKey: await receive(.ok, publicKey: [4, 5, 6], proof: FakeEvidence.rightProof)
        }
    }

    /// Lets the card answer a command, or the one that was sealed last.
    @discardableResult
    public func receive(
        _ status: AppletStatus,
        signature: [UInt8]? = nil,
        publicKey: [UInt8]? = nil,
        proof: [UInt8]? = nil,
        counter: UInt32 = 100,
        isAuthentic: Bool = true,
        to command: DownMessage? = nil,
        at exchange: CardExchange? = nil
    ) async -> Bool {
        guard let command = command ?? vault.lastMessage else { return false }
        let kind = command.answer == .message ? UpMessage.Kind.message : .sign
        let message = UpMessage(
            kind: publicKey == nil ? kind : .generate,
            transaction: command.transaction,
            status: status,
            signature: signature,
            publicKey: publicKey,
            proof: proof
        )
        let packet = FakeVault.packet(message, counter: counter, isAuthentic: isAuthentic)
        return await (exchange ?? self.exchange).receive(packet, from: card.msisdn)
    }

    /// Another process of the home, on the same storage and in front of the same cards.
    public func process(_ number: Int) -> CardExchange {
        let ledger = home.process(number)
        return CardExchange(
            vault: vault,
            channel: channel,
            directory: ledger,
            ledger: ledger,
            evidence: evidence,
            keeper: keeper,
            keys: ledger,
            tally: tally,
            logger: log.logger
        )
    }

    /// Asks for a signature; on demand the time of the request runs out once its command has left.
    public func sign(
        _ request: SignatureRequest? = nil,
        from origin: PeerIdentity = Sample.ap,
        timeRunsOut: Bool = false
    ) async throws(MSSFault) -> SignatureResponse {
        let request = request ?? Sample.signature(msisdn: card.msisdn.description)
        let call = Sample.call(through: Sample.ae, from: origin, for: .seconds(60))
        return try await running(timeRunsOut) { () async throws(MSSFault) in
            try await self.signatures.signature(request, call)
        }
    }

    public func register(
        _ operation: RegistrationOperation,
        timeRunsOut: Bool = false
    ) async throws(MSSFault) -> RegistrationResponse.Outcome {
        let call = Sample.call(through: Sample.me, from: Sample.ra, for: .seconds(60))
        let request = RegistrationRequest(header: Sample.header(), operation: operation)
        return try await running(timeRunsOut) { () async throws(MSSFault) in
            try await self.registrations.register(request, call).outcome
        }
    }

    public func status(_ id: String, from origin: PeerIdentity = Sample.ap, ap: String = Sample.apID)
        async throws(MSSFault)
        -> StatusResponse
    {
        let request = StatusRequest(header: Sample.header(ap: ap), transactionID: id)
        return try await signatures.status(request, Sample.call(through: Sample.ae, from: origin))
    }

    /// Asks for a receipt of a signature, the number being the signer's unless another is given.
    public func receipt(
        _ id: String,
        _ message: String? = "Paid",
        waits: Bool = true,
        msisdn: String? = nil,
        through entity: PeerIdentity = Sample.ae,
        from origin: PeerIdentity = Sample.ap,
        ap: String = Sample.apID
    ) async throws(MSSFault) -> ReceiptResponse {
        let request = ReceiptRequest(
            header: Sample.header(ap: ap),
            mobileUser: MobileUser(msisdn: msisdn ?? card.msisdn.description),
            transactionID: id,
            message: message.map { DataToBeSigned($0, mimeType: "text/plain", encoding: "UTF-8") },
            acknowledgement: waits ? ReceiptRequest.Acknowledgement(timeOut: 30) : nil
        )
        return try await signatures.receipt(request, Sample.call(through: entity, from: origin, for: .seconds(60)))
    }

    /// From now on the card answers so, its frames counted from there.
    public func answers(_ status: AppletStatus, from counter: UInt32) {
        let next = Mutex(counter)
        channel.whenSent { [unowned self] _ async throws(SIMChannelError) in
            let counter = next.withLock { next in
                next += 1
                return next
            }
            let isSignature = if case .sign = vault.lastMessage { status == .ok } else { false }
            await receive(status, signature: isSignature ? FakeEvidence.rightSignature : nil, counter: counter)
        }
    }

    private func running<Value: Sendable>(
        _ timeRunsOut: Bool,
        _ work: @escaping @Sendable () async throws(MSSFault) -> Value
    ) async throws(MSSFault) -> Value {
        let before = sent
        let outcome = await withTaskGroup(of: Result<Value, MSSFault>?.self) { group in
            group.addTask {
                do throws(MSSFault) { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                while timeRunsOut, self.sent == before, !Task.isCancelled { await Task.yield() }
                if timeRunsOut { self.exchange.sweep(.now + .seconds(3600)) }
                return nil
            }
            return await group.first { $0 != nil } ?? nil
        }
        guard let outcome else { throw MSSFault(.internalError, cause: "the work gave no outcome") }
        return try outcome.get()
    }

    private var sent: Int { chronicle.all.count { $0 == "sent" } }
}

/// The fault that `work` throws, as code and FiCom specifier; `nil` if it throws none.
public func fault(_ work: () async throws(MSSFault) -> Void) async -> String? {
    do throws(MSSFault) {
        try await work()
        return nil
    } catch {
        return ["\(error.code.rawValue)", error.specifier.map { "\($0)" }].compactMap { $0 }.joined(separator: "/")
    }
}
