public import Foundation
public import Logging
public import MSSCore

/// What application providers call: finds out who asks, and passes on what is entitled.
///
/// It holds no keys of users, no database and nothing that a restart would lose.
public struct AcquiringEntity: SignatureService, HandshakeService {
    let homes: HomeRoutes
    private let identity: String
    private let notifies: Bool
    let meter: RequestMeter
    private let tally: any Tally
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - identity: This service's name, in answers that it gives by itself.
    ///   - homes: Where the users are, and who may ask there.
    ///   - notifies: Whether providers are told of ended transactions (asynchServerServer).
    ///   - meter: How much they ask.
    ///   - tally: Counts what each provider asks and gets.
    ///   - logger: For what is refused.
    ///   - now: The clock.
    public init(
        identity: String,
        homes: HomeRoutes,
        notifies: Bool = false,
        meter: RequestMeter,
        tally: any Tally,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.homes = homes
        self.notifies = notifies
        self.meter = meter
        self.tally = tally
        self.logger = logger
        self.now = now
    }

    /// Before one home, as it is wherever nothing else is configured.
    public init(
        identity: String,
        home: any SignatureService,
        relay: (any SignedMessageRelay)? = nil,
        providers: ProviderCache,
        notifies: Bool = false,
        meter: RequestMeter,
        tally: any Tally,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        let link = HomeLink(
            name: "home",
            identity: PeerIdentity(uri: ""),
            signatures: home,
            relay: relay,
            providers: providers
        )
        self.init(
            identity: identity,
            homes: HomeRoutes([link], tally: NoTally(), logger: logger),
            notifies: notifies,
            meter: meter,
            tally: tally,
            logger: logger,
            now: now
        )
    }

    public func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        var request = request
        let (home, provider) = try admit(&request.header.apInfo, call, about: .person(request.mobileUser))
        return try await counted(provider, .signature, request.header) { [request] () throws(MSSFault) in
            try await sign(request, of: provider, at: home, call)
        }
    }

    private func sign(
        _ request: SignatureRequest,
        of provider: ApplicationProvider,
        at home: HomeLink,
        _ call: Call
    ) async throws(MSSFault) -> SignatureResponse {
        try check(request, of: provider)
        try meter.begin(provider)
        defer { meter.end(provider) }
        var response = try await home.signatures.signature(request, call.onBehalfOfPeer())
        homes.check(response.transactionID, from: home)
        response.serviceResponses += traced(provider, call)
        return response
    }

    public func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        var request = request
        let (home, provider) = try admit(&request.header, call, ofTransaction: request.transactionID)
        return try await counted(provider, .status, request.header) { [request] () throws(MSSFault) in
            var response = try await home.signatures.status(request, call.onBehalfOfPeer())
            response.serviceResponses += traced(provider, call)
            return response
        }
    }

    public func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
        var request = request
        let (home, provider) = try admit(&request.header, call, ofTransaction: request.transactionID)
        return try await counted(provider, .receipt, request.header) { [request] () throws(MSSFault) in
            if let text = request.message { try provider.check(prefixOf: text.content) }
            return try await home.signatures.receipt(request, call.onBehalfOfPeer())
        }
    }

    public func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        var request = request
        let (home, provider) = try admit(&request.header.apInfo, call, about: .person(request.mobileUser))
        return try await counted(provider, .profile, request.header) { [request] () throws(MSSFault) in
            try provider.check(request.mobileUser)
            return try await home.signatures.profile(request, call.onBehalfOfPeer())
        }
    }

    public func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        var request = request
        let (home, provider) = try admit(&request.header, call, ofTransaction: request.transactionID)
        return try await counted(provider, .cancel, request.header) { [request] () throws(MSSFault) in
            try await home.signatures.cancel(request, call.onBehalfOfPeer())
        }
    }

    public func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        var request = request
        let subject = HomeRoutes.Subject.anybody(request.header.msspInfo.msspID)
        let (home, provider) = try admit(&request.header.apInfo, call, about: subject)
        return try await counted(provider, .fit, request.header) { [request] () throws(MSSFault) in
            try provider.check(prefixOf: request.text)
            return try await home.signatures.fit(request, call.onBehalfOfPeer())
        }
    }

    public func handshake(_ request: HandshakeRequest, _ call: Call) async throws(MSSFault) -> HandshakeResponse {
        var request = request
        // What is negotiated here is how messages are signed: this one is not.
        let subject = HomeRoutes.Subject.anybody(request.header.msspInfo.msspID)
        let (home, provider) = try admit(&request.header.apInfo, call, about: subject, isSigned: true)
        try provider.check(request.header)
        var response = HandshakeResponse(
            header: request.header.answered(by: identity, at: Date()),
            transactionID: "h" + TraceID.random().description
        )
        guard home.relay != nil, provider.signsMessages else { return response }
        response.isSecured = true
        response.certificates = request.certificates.filter(provider.messageCertificates.contains)
        response.algorithms = HandshakeResponse.signatureMethods.filter {
            request.algorithms.isEmpty || request.algorithms.contains($0)
        }
        return response
    }

    func check(_ request: SignatureRequest, of provider: ApplicationProvider) throws(MSSFault) {
        guard notifies || request.messagingMode != .asynchServerServer else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer is not offered here; use synch or asynchClientServer.",
                specifier: 1013
            )
        }
        try provider.checkEntitlement(to: request)
    }

    private func admit(
        _ header: inout MessageHeader,
        _ call: Call,
        ofTransaction id: String
    ) throws(MSSFault) -> (HomeLink, ApplicationProvider) {
        try admit(&header.apInfo, call, about: .transaction(id, header.msspInfo.msspID))
    }

    /// The client certificate and AP_ID must name the same provider of the home that the request goes to; AP_PWD is never
    /// looked at.
    func admit(
        _ apInfo: inout APInfo,
        _ call: Call,
        about subject: HomeRoutes.Subject,
        isSigned: Bool = false
    ) throws(MSSFault) -> (HomeLink, ApplicationProvider) {
        if apInfo.id.isEmpty { apInfo.id = try onlyProvider(apInfo, call) }
        if let only = homes.only { return (only, try admit(apInfo, call, at: only, isSigned)) }
        // A stranger learns of no route.
        guard homes.homes.contains(where: { [apInfo] in $0.providers.mayAdmit(apInfo.id, call.peer) }) else {
            throw notOne(apInfo, call)
        }
        let home = try homes.home(for: subject, of: apInfo.id, call)
        return (home, try admit(apInfo, call, at: home, isSigned))
    }

    /// Without AP_ID it is the one provider whose certificate it is, and from here on the request says so.
    private func onlyProvider(_ apInfo: APInfo, _ call: Call) throws(MSSFault) -> String {
        var own: Set<String> = []
        var unknown: MSSFault?
        for home in homes.homes {
            do throws(MSSFault) { own.formUnion(try home.providers.providers(of: call.peer).map(\.id)) } catch {
                unknown = error
            }
        }
        if own.isEmpty, let unknown { throw unknown }
        guard own.count == 1, let id = own.first else {
            note("caller names no provider and its certificate not one", apInfo, call)
            throw MSSFault(
                .unauthorizedAccess,
                own.isEmpty
                    ? "The client certificate names no registered application provider."
                    : "AP_ID is missing, and the client certificate is of several application providers."
            )
        }
        return id
    }

    private func notOne(_ apInfo: APInfo, _ call: Call) -> MSSFault {
        note("caller is not the provider it names", apInfo, call)
        return MSSFault(
            .unauthorizedAccess,
            "AP_ID and client certificate do not name one registered application provider."
        )
    }

    /// One home knows the provider, the one that the request goes to does not.
    private func elsewhere(_ apInfo: APInfo, _ call: Call) -> MSSFault {
        note("caller is no provider of the home that its request goes to", apInfo, call)
        return MSSFault(
            .unauthorizedAccess,
            "This application provider is not registered with the home of this user or transaction."
        )
    }

    private func admit(
        _ apInfo: APInfo,
        _ call: Call,
        at home: HomeLink,
        _ isSigned: Bool
    ) throws(MSSFault) -> ApplicationProvider {
        guard let provider = try home.providers.provider(apInfo.id), provider.identities.contains(call.peer) else {
            throw homes.only == nil ? elsewhere(apInfo, call) : notOne(apInfo, call)
        }
        do throws(MSSFault) {
            try provider.check(certificate: call.certificate, at: now())
            try meter.take(provider)
            guard isSigned || !provider.signsMessages else { throw MSSFault.unsignedMessage }
        } catch {
            note("a provider's certificate, rate or message is not what its entry allows", apInfo, call)
            throw error
        }
        return provider
    }

    /// The trace id of a request, for a provider that wants it in answers too: older clients stumble over what they did not
    /// ask for.
    private func traced(_ provider: ApplicationProvider, _ call: Call) -> [ServiceResponse] {
        guard provider.wantsTrace else { return [] }
        return [
            ServiceResponse(uri: ServiceResponse.traceURI, entity: MeshMember(uri: identity), .trace(call.trace))
        ]
    }

    /// Serves a message that begins as the provider's rules want it, counts what the provider of the directory gets, and
    /// measures how long it takes.
    func counted<Answer: Sendable>(
        _ provider: ApplicationProvider,
        _ operation: Operation,
        _ header: MessageHeader,
        _ work: () async throws(MSSFault) -> Answer
    ) async throws(MSSFault) -> Answer {
        let began = ContinuousClock.now
        defer {
            let labels = [("provider", provider.id), ("operation", operation.rawValue)]
            tally.measure("ae_provider_request", .now - began, labels)
        }
        do throws(MSSFault) {
            try provider.check(header)
            let answer = try await work()
            tally.count("ae_provider_requests", [("provider", provider.id), ("outcome", "ok")])
            return answer
        } catch {
            tally.count("ae_provider_requests", [("provider", provider.id), ("outcome", "\(error.code.rawValue)")])
            throw error
        }
    }

    /// What is asked, by the standard's and this platform's names.
    enum Operation: String {
        case signature = "MSS_Signature"
        case status = "MSS_StatusQuery"
        case receipt = "MSS_Receipt"
        case profile = "MSS_ProfileQuery"
        case cancel = "MSSP_Cancel"
        case fit = "MSSP_Fit"
    }

    private func note(_ message: Logger.Message, _ apInfo: APInfo, _ call: Call) {
        logger.notice(
            message,
            metadata: [
                "ap_id": "\(apInfo.id, as: .applicationProvider)", "peer": "\(call.peer, as: .applicationProvider)",
                "trace": "\(call.trace, as: .open)",
            ]
        )
    }
}
