import Foundation
public import Logging
public import MSSCore

/// What application providers call: finds out who asks, and passes on what is entitled.
///
/// It holds no keys of users, no database and nothing that a restart would lose.
public struct AcquiringEntity: SignatureService, HandshakeService {
    private let home: any SignatureService
    private let providers: ProviderCache
    private let identity: String
    private let logger: Logger

    /// - Parameters:
    ///   - identity: This service's name, in answers that it gives by itself.
    ///   - home: Where the users are.
    ///   - providers: Who may ask.
    ///   - logger: For what is refused.
    public init(identity: String, home: any SignatureService, providers: ProviderCache, logger: Logger) {
        self.identity = identity
        self.home = home
        self.providers = providers
        self.logger = logger
    }

    public func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        try admit(request.header.apInfo, call).checkEntitlement(to: request)
        return try await home.signature(request, call.onBehalfOfPeer())
    }

    public func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        _ = try admit(request.header.apInfo, call)
        return try await home.status(request, call.onBehalfOfPeer())
    }

    public func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        _ = try admit(request.header.apInfo, call)
        return try await home.profile(request, call.onBehalfOfPeer())
    }

    public func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        _ = try admit(request.header.apInfo, call)
        return try await home.cancel(request, call.onBehalfOfPeer())
    }

    public func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        _ = try admit(request.header.apInfo, call)
        return try await home.fit(request, call.onBehalfOfPeer())
    }

    public func handshake(_ request: HandshakeRequest, _ call: Call) async throws(MSSFault) -> HandshakeResponse {
        _ = try admit(request.header.apInfo, call)
        return HandshakeResponse(
            header: request.header.answered(by: identity, at: Date()),
            transactionID: "h" + TraceID.random().description
        )
    }

    /// The client certificate and AP_ID must name the same provider; AP_PWD is never looked at.
    private func admit(_ apInfo: APInfo, _ call: Call) throws(MSSFault) -> ApplicationProvider {
        guard let provider = try providers.provider(apInfo.id), provider.identities.contains(call.peer) else {
            logger.notice(
                "caller is not the provider it names",
                metadata: [
                    "ap_id": "\(apInfo.id, as: .applicationProvider)", "peer": "\(call.peer, as: .applicationProvider)",
                    "trace": "\(call.trace, as: .open)",
                ]
            )
            throw MSSFault(
                .unauthorizedAccess,
                "AP_ID and client certificate do not name one registered application provider."
            )
        }
        return provider
    }
}
