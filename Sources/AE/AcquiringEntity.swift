public import Foundation
public import Logging
public import MSSCore

/// What application providers call: finds out who asks, and passes on what is entitled.
///
/// It holds no keys of users, no database and nothing that a restart would lose.
public struct AcquiringEntity: SignatureService, HandshakeService {
    private let home: any SignatureService
    private let providers: ProviderCache
    private let identity: String
    private let notifies: Bool
    private let meter: RequestMeter
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - identity: This service's name, in answers that it gives by itself.
    ///   - home: Where the users are.
    ///   - providers: Who may ask.
    ///   - notifies: Whether providers are told of ended transactions (asynchServerServer).
    ///   - meter: How much they ask.
    ///   - logger: For what is refused.
    ///   - now: The clock.
    public init(
        identity: String,
        home: any SignatureService,
        providers: ProviderCache,
        notifies: Bool = false,
        meter: RequestMeter,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.home = home
        self.providers = providers
        self.notifies = notifies
        self.meter = meter
        self.logger = logger
        self.now = now
    }

    public func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        var request = request
        let provider = try admit(&request.header.apInfo, call)
        guard notifies || request.messagingMode != .asynchServerServer else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer is not offered here; use synch or asynchClientServer.",
                specifier: 1013
            )
        }
        try provider.checkEntitlement(to: request)
        try meter.begin(provider)
        defer { meter.end(provider) }
        return try await home.signature(request, call.onBehalfOfPeer())
    }

    public func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        var request = request
        _ = try admit(&request.header.apInfo, call)
        return try await home.status(request, call.onBehalfOfPeer())
    }

    public func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
        var request = request
        _ = try admit(&request.header.apInfo, call)
        return try await home.receipt(request, call.onBehalfOfPeer())
    }

    public func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        var request = request
        try admit(&request.header.apInfo, call).check(request.mobileUser)
        return try await home.profile(request, call.onBehalfOfPeer())
    }

    public func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        var request = request
        _ = try admit(&request.header.apInfo, call)
        return try await home.cancel(request, call.onBehalfOfPeer())
    }

    public func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        var request = request
        _ = try admit(&request.header.apInfo, call)
        return try await home.fit(request, call.onBehalfOfPeer())
    }

    public func handshake(_ request: HandshakeRequest, _ call: Call) async throws(MSSFault) -> HandshakeResponse {
        var request = request
        _ = try admit(&request.header.apInfo, call)
        return HandshakeResponse(
            header: request.header.answered(by: identity, at: Date()),
            transactionID: "h" + TraceID.random().description
        )
    }

    /// The client certificate and AP_ID must name the same provider; AP_PWD is never looked at.
    ///
    /// Without AP_ID it is the one provider whose certificate it is, and from here on the request says so.
    private func admit(_ apInfo: inout APInfo, _ call: Call) throws(MSSFault) -> ApplicationProvider {
        if apInfo.id.isEmpty {
            let own = try providers.providers(of: call.peer)
            guard own.count == 1 else {
                note("caller names no provider and its certificate not one", apInfo, call)
                throw MSSFault(
                    .unauthorizedAccess,
                    own.isEmpty
                        ? "The client certificate names no registered application provider."
                        : "AP_ID is missing, and the client certificate is of several application providers."
                )
            }
            apInfo.id = own[0].id
        }
        guard let provider = try providers.provider(apInfo.id), provider.identities.contains(call.peer) else {
            note("caller is not the provider it names", apInfo, call)
            throw MSSFault(
                .unauthorizedAccess,
                "AP_ID and client certificate do not name one registered application provider."
            )
        }
        do throws(MSSFault) {
            try provider.check(certificate: call.certificate, at: now())
            try meter.take(provider)
        } catch {
            note("a provider's certificate or rate is not what its entry allows", apInfo, call)
            throw error
        }
        return provider
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
